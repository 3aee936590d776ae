"""A catalog as a merchant hands it over: checked values, before they meet a database.

None always means that the source does not say: a product that exists keeps what it has, and a new
one gets the plain default.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from plantly.domain.catalog import Facet, PublishState, StockPolicy
from plantly.domain.money import Currency


@dataclass(frozen=True, slots=True)
class CategoryDocument:
    """A shelf of the shop. A path of shelves is one name: `Clothing > Shirts`."""

    slug: str
    name: str


@dataclass(frozen=True, slots=True)
class MediaDocument:
    """A picture: a file below the shop's media address, or an http(s) address.

    Sizes are pixels. Without an `alt`, and with sizes of 0, the source does not say: a product
    keeps what it has of the same picture.
    """

    file: str
    alt: str = ""
    width: int = 0
    height: int = 0


@dataclass(frozen=True, slots=True)
class PriceDocument:
    """A price in one currency, in minor units.

    With dates, `amount_minor` holds from `starts_at` until before `ends_at`, and
    `compare_at_minor`, which must be there then, is the price before and after.
    """

    currency: Currency
    amount_minor: int
    compare_at_minor: int | None = None
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    of_the_moment: bool = field(default=False, compare=False)
    """The source knows no dates: a price with dates that is the same at this moment stays."""


@dataclass(frozen=True, slots=True)
class StockDocument:
    """Units, and what may be sold beyond them. `on_hand` None: the source gives no number.

    `policy` None: it says that there is some, and not what happens after. A variant that exists
    keeps its policy then, and a new one is sold while there is some: as many as the number, or
    without being counted.
    """

    on_hand: int | None = None
    policy: StockPolicy | None = StockPolicy.DENY
    backorder_limit: int = 0
    available_at: datetime | None = None
    """When pre- or backordered units are expected."""
    unsaid: tuple[str, ...] = field(default=(), compare=False)
    """Which of these fields the source cannot say: a variant that sells ahead keeps its own."""


@dataclass(frozen=True, slots=True)
class VariantDocument:
    """A variant. `options` are its values in the order of the product's option names.

    Without an `id` a new variant gets one made of the product's slug and its options; without a
    `title` it is called by its options, as it is when they change.
    """

    sku: str
    title: str | None
    options: tuple[str, ...]
    prices: tuple[PriceDocument, ...]
    id: str | None = None
    stock: StockDocument | None = None
    weight_g: int | None = None
    gtin: str | None = None
    default: bool = False


@dataclass(frozen=True, slots=True)
class ProductDocument:
    """A product with everything that belongs to it. Exactly one variant is the default.

    `facets` are values as text by the facet's key: names, "true" or "false", or numbers.
    `undeliverable` are the countries that it cannot be sent to (ISO 3166 alpha-2).
    """

    slug: str
    title: str
    variants: tuple[VariantDocument, ...]
    category: CategoryDocument | None = None
    description: str | None = None
    care: str | None = None
    brand: str | None = None
    tags: tuple[str, ...] | None = None
    collections: tuple[str, ...] | None = None
    facets: Mapping[str, tuple[str, ...]] | None = None
    media: tuple[MediaDocument, ...] | None = None
    options: tuple[str, ...] = ()
    """Names of up to three options, in the merchant's words: `Size`, `Color`."""
    state: PublishState | None = None
    undeliverable: tuple[str, ...] | None = None
    leads_with_default: bool = False
    """The source has no place for the default but the first row, which says nothing of the order
    then."""
    place: int | None = field(default=None, compare=False)
    """Where it stands among the products of a source that are not read in their order."""


@dataclass(frozen=True, slots=True)
class CatalogHead:
    """What a whole catalog says before its products: facets and shelves in their order."""

    currency: Currency
    facets: tuple[Facet, ...] = ()
    categories: tuple[CategoryDocument, ...] = ()


@dataclass(frozen=True, slots=True)
class CatalogDocument:
    """A whole catalog, in the order of the shop window."""

    head: CatalogHead
    products: tuple[ProductDocument, ...]


MAX_OPTIONS = 3
MAX_VARIANTS = 2048
MAX_TITLE = 300
MAX_VARIANT_TITLE = 120
MAX_DESCRIPTION = 50_000
MAX_TAGS = 250
MAX_MEDIA = 100
DEFAULT_CATEGORY = CategoryDocument("other", "Other")
"""Where a new product stands whose source names no category."""
