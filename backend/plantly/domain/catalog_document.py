"""A catalog as a merchant hands it over: checked values, before they meet a database."""

from collections.abc import Mapping
from dataclasses import dataclass

from plantly.domain.catalog import Facet
from plantly.domain.money import Currency


@dataclass(frozen=True, slots=True)
class MediaDocument:
    """A picture, named by its file below the shop's media address. Sizes are pixels."""

    file: str
    alt: str
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class VariantDocument:
    """A variant, with the stock that a new one starts with."""

    sku: str
    id: str
    title: str
    option: str
    price_minor: int
    stock: int
    weight_g: int
    default: bool = False
    compare_at_minor: int | None = None


@dataclass(frozen=True, slots=True)
class ProductDocument:
    """A product with everything that belongs to it. Exactly one variant is the default."""

    slug: str
    title: str
    category: str
    description: str
    care: str
    brand: str
    tags: tuple[str, ...]
    facets: Mapping[str, tuple[str, ...]]
    media: tuple[MediaDocument, ...]
    option: str
    variants: tuple[VariantDocument, ...]


@dataclass(frozen=True, slots=True)
class CatalogDocument:
    """A whole catalog, in the order of the shop window."""

    currency: Currency
    facets: tuple[Facet, ...]
    categories: tuple[tuple[str, str], ...]
    products: tuple[ProductDocument, ...]
