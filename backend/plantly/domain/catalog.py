"""Products as shoppers see them: availability, facets, and what a listing asks and answers."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from typing import NamedTuple

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
        "brand",
        "tags",
        "currency",
        "option",
        "options",
        "variants",
        "media",
        "url",
        "asked_for",
        "collections",
        "not_sent_to",
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


COLLECTION = "collection"
"""The facet that holds the collections of a product; the catalog's writer makes it."""


class PublishState(StrEnum):
    """Whether shoppers see a product."""

    DRAFT = "draft"
    ACTIVE = "active"
    ARCHIVED = "archived"


class StockPolicy(StrEnum):
    """What may be sold beyond the units at hand.

    `deny` nothing; `backorder` and `preorder` as many more as the limit says; `untracked` is sold
    without being counted.
    """

    DENY = "deny"
    BACKORDER = "backorder"
    PREORDER = "preorder"
    UNTRACKED = "untracked"


class ChangeKind(StrEnum):
    """What the history of the catalog records."""

    PRICE = "price"
    STOCK = "stock"
    STATE = "state"


class FacetKind(StrEnum):
    """What kind of values a facet has.

    `enum` names from a list; `bool` yes or no (kept as "true", "false"); `range` exact numbers
    with at most three decimals (kept as text such as "12.5").
    """

    ENUM = "enum"
    BOOL = "bool"
    RANGE = "range"


class Sort(StrEnum):
    """The orders that a listing can have. Relevance needs words; without any it is featured."""

    RELEVANCE = "relevance"
    FEATURED = "featured"
    PRICE_ASC = "price_asc"
    PRICE_DESC = "price_desc"
    NEWEST = "newest"
    NAME = "name"
    BEST_SELLING = "best_selling"


class Supply(NamedTuple):
    """What can be sold: units at hand that nobody holds, and units beyond them by policy."""

    units: int
    """At hand and free; never below zero."""
    backorder: int = 0
    """How many more are taken as backorders at this moment."""
    preorder: int = 0
    """How many more are taken as preorders at this moment."""
    untracked: bool = False

    def availability(self, low_stock_threshold: int) -> Availability:
        """Name it as shoppers read it. What is at hand comes first, then pre- and backorders."""
        if self.untracked or self.units > low_stock_threshold:
            return Availability.IN_STOCK
        if self.units > 0:
            return Availability.LOW_STOCK
        if self.preorder > 0:
            return Availability.PREORDER
        return Availability.BACKORDER if self.backorder > 0 else Availability.OUT_OF_STOCK


UNTRACKED_LIMIT = 1_000_000_000
"""The backorder limit of a variant that is not counted."""


def supply_of(on_hand: int, reserved: int, policy: StockPolicy, backorder_limit: int) -> Supply:
    """Return what can be sold of one variant.

    `on_hand` falls below zero by what is owed; `on_hand + backorder_limit >= reserved` always.
    """
    free = on_hand - reserved
    beyond = max(0, min(backorder_limit, free + backorder_limit))
    return Supply(
        units=max(0, free),
        backorder=beyond if policy is StockPolicy.BACKORDER else 0,
        preorder=beyond if policy is StockPolicy.PREORDER else 0,
        untracked=policy is StockPolicy.UNTRACKED,
    )


def availability(available_quantity: int, low_stock_threshold: int) -> Availability:
    """Name the availability of a number of sellable units."""
    return Supply(max(0, available_quantity)).availability(low_stock_threshold)


@dataclass(frozen=True, slots=True)
class Facet:
    """A filter that the merchant defined, and the values that it can take, in their order.

    Booleans and ranges list no values, nor does an enumeration with too many to be listed.
    """

    key: str
    title: str
    values: tuple[str, ...]
    kind: FacetKind = FacetKind.ENUM
    unit: str = ""
    """Of a range: such as `cm`."""
    examples: tuple[str, ...] = ()
    """Of an enumeration with too many values to be listed: its most common ones."""

    @property
    def is_free(self) -> bool:
        """Say whether values are typed freely, because they are not listed."""
        return self.kind is FacetKind.ENUM and not self.values

    @property
    def arguments(self) -> tuple[str, ...]:
        """Return the names of its arguments in a listing: two for a range, else its key."""
        if self.kind is FacetKind.RANGE:
            return f"min_{self.key}", f"max_{self.key}"
        return (self.key,)


@dataclass(frozen=True, slots=True)
class Position:
    """Where in an order a page ended: the value that the last product was sorted by, and its id.

    `key` is the tier of relevance, the position, the price in minor units, the sorted title or the
    units sold; None for newest. A product that is repriced meanwhile does not move the position.
    """

    key: int | str | None
    product_id: int


@dataclass(frozen=True, slots=True)
class CatalogQuery:
    """What a shopper is looking for. Facet values of one facet are alternatives."""

    search: str | None = None
    category: tuple[str, ...] = ()
    """Names or slugs; alternatives."""
    facets: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Values of enumerations and booleans ("true", "false")."""
    ranges: Mapping[str, tuple[Decimal | None, Decimal | None]] = field(default_factory=dict)
    """Least and greatest value of ranges, both included."""
    min_price_minor: int | None = None
    max_price_minor: int | None = None
    in_stock: bool | None = None
    sort: Sort = Sort.FEATURED
    limit: int = 12
    after: Position | None = None
    """Where the page before ended."""

    def key(self) -> tuple[object, ...]:
        """Return everything that the query asks, as something to look it up by."""
        return (*self.conditions(), self.sort, self.limit, self.after)

    def conditions(self) -> tuple[object, ...]:
        """Return what decides which products match, on whatever page and in whatever order."""
        return (
            self.search,
            self.category,
            tuple(self.facets.items()),
            tuple(self.ranges.items()),
            self.min_price_minor,
            self.max_price_minor,
            self.in_stock,
        )


class Picture(NamedTuple):
    """An image of a product; `path` is below the shop's media address."""

    path: str
    alt: str

    @property
    def is_ours(self) -> bool:
        """Say whether we serve it; what lies at another address is not shown until fetched."""
        return "://" not in self.path


class ProductCard(NamedTuple):
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
    """A page of products with the counts of every filter over its matches.

    `supply` says for each card what can be sold of its variants at this moment.
    """

    cards: tuple[ProductCard, ...]
    supply: tuple[Supply, ...]
    total: int
    counts: Mapping[str, Mapping[str, int]]
    next_after: Position | None
    total_capped: bool = False
    """There are more: counting stopped at `total`."""
    counts_capped: bool = False
    """The counts are of the first matches only: each is a lower bound."""
