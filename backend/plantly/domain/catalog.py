"""Products as shoppers see them: availability, facets, and what a listing asks and answers."""

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

FIXED_FILTERS = frozenset(
    {
        "search",
        "category",
        "min_price_minor",
        "max_price_minor",
        "in_stock",
        "sort",
        "cursor",
        "limit",
    }
)
"""Arguments that every listing has: no facet can have one of these names."""

RESERVED_KEYS = frozenset(
    {
        "id",
        "name",
        "price_minor",
        "price_from",
        "availability",
        "description",
        "care",
        "currency",
        "option",
        "variants",
        "media",
        "url",
    }
)
"""Keys of a product, listed or in full, that no facet may take."""


class Availability(StrEnum):
    """Whether and how a variant can be bought."""

    IN_STOCK = "in_stock"
    LOW_STOCK = "low_stock"
    OUT_OF_STOCK = "out_of_stock"
    BACKORDER = "backorder"
    PREORDER = "preorder"


class PublishState(StrEnum):
    """Whether shoppers see a product."""

    DRAFT = "draft"
    ACTIVE = "active"
    ARCHIVED = "archived"


class Sort(StrEnum):
    """The orders that a listing can have."""

    FEATURED = "featured"
    PRICE_ASC = "price_asc"
    PRICE_DESC = "price_desc"
    NEWEST = "newest"
    NAME = "name"


def availability(available_quantity: int, low_stock_threshold: int) -> Availability:
    """Name the availability of a number of sellable units."""
    if available_quantity <= 0:
        return Availability.OUT_OF_STOCK
    if available_quantity <= low_stock_threshold:
        return Availability.LOW_STOCK
    return Availability.IN_STOCK


def fold(text: str) -> str:
    """Reduce text to what a search compares: no accents, no case, single spaces."""
    decomposed = unicodedata.normalize("NFKD", text)
    plain = "".join(c for c in decomposed if not unicodedata.combining(c))
    return " ".join(plain.casefold().split())


@dataclass(frozen=True, slots=True)
class Facet:
    """A filter that the merchant defined, and the values that it can take, in their order."""

    key: str
    title: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CatalogQuery:
    """What a shopper is looking for. Facet values of one facet are alternatives."""

    search: str | None = None
    category: tuple[str, ...] = ()
    facets: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    min_price_minor: int | None = None
    max_price_minor: int | None = None
    in_stock: bool | None = None
    sort: Sort = Sort.FEATURED
    limit: int = 12
    after: int | None = None
    """The row id of the last product of the page before."""

    def key(self) -> tuple[object, ...]:
        """Return everything that the query asks, as something to look it up by."""
        return (
            self.search,
            self.category,
            tuple(self.facets.items()),
            self.min_price_minor,
            self.max_price_minor,
            self.in_stock,
            self.sort,
            self.limit,
            self.after,
        )


@dataclass(frozen=True, slots=True)
class Picture:
    """An image of a product; `path` is below the shop's media address."""

    path: str
    alt: str


@dataclass(frozen=True, slots=True)
class ProductCard:
    """One product of a listing, with the price of its default variant."""

    product_id: int
    slug: str
    title: str
    category: str
    price_minor: int
    price_from: bool
    """Other variants cost more, and none costs less."""
    facets: Mapping[str, tuple[str, ...]]
    picture: Picture | None


@dataclass(frozen=True, slots=True)
class Listing:
    """A page of products with the counts of every filter over all matches.

    `available` says for each card how many units of its variants can be sold at this moment.
    """

    cards: tuple[ProductCard, ...]
    available: tuple[int, ...]
    total: int
    counts: Mapping[str, Mapping[str, int]]
    next_after: int | None
