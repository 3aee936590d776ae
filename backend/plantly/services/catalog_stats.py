"""How much there is of what in the catalog, for its merchant."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from plantly.db import UnitOfWork
from plantly.db.repositories.catalog_overview import Overview, Wanted
from plantly.domain.catalog import Availability, Supply
from plantly.domain.errors import InvalidInput
from plantly.services.items import together


@dataclass(frozen=True, slots=True)
class Listed:
    """A product in a merchant's list."""

    id: str
    name: str
    category: str
    state: str
    price_minor: int
    available_quantity: int
    availability: Availability


@dataclass(frozen=True, slots=True)
class Page:
    """Some products of a list, and the one that the next page comes after; None at its end."""

    currency: str
    products: Sequence[Listed]
    after: int | None


@dataclass(frozen=True, slots=True)
class FacetCount:
    """A facet, and how many different values it has."""

    key: str
    title: str
    kind: str
    values: int


@dataclass(frozen=True, slots=True)
class Stats:
    """The catalog in numbers. What is not a state is of what shoppers see."""

    currency: str
    products: dict[str, int]
    """By publish state."""
    variants: int
    variants_without_price: int
    categories: int
    facets: tuple[FacetCount, ...]
    lowest_price_minor: int | None
    highest_price_minor: int | None
    out_of_stock: int
    low_stock: int
    without_picture: int
    without_description: int
    search_index_is_behind: bool

    def document(self) -> dict[str, Any]:
        """Return it as scripts read it."""
        return asdict(self)


def list_page(uow: UnitOfWork, wanted: Wanted, after: int, limit: int) -> Page:
    """Return products of any state in the order in which they were made.

    Raises:
        InvalidInput: There is no such category.
    """
    if wanted.category is not None and not uow.catalog_overview.has_category(wanted.category):
        raise InvalidInput("category", f"There is no category {wanted.category}.")
    shop = uow.shop.current().config
    rows = uow.catalog_overview.page(wanted, after, limit + 1)
    shown = rows[:limit]
    return Page(
        currency=shop.currency,
        products=[_listed(row, shop.low_stock_threshold) for row in shown],
        after=shown[-1].product_id if len(rows) > limit else None,
    )


def read_stats(uow: UnitOfWork) -> Stats:
    """Count the catalog; this looks at all of it."""
    shop = uow.shop.current().config
    overview = uow.catalog_overview
    variants, unpriced = overview.variants(shop.currency)
    low, high = overview.prices() or (None, None)
    sold_out, few = overview.short(shop.low_stock_threshold)
    pictureless, wordless = overview.lacking()
    return Stats(
        currency=shop.currency,
        products=dict(overview.states()),
        variants=variants,
        variants_without_price=unpriced,
        categories=overview.categories(),
        facets=tuple(FacetCount(*facet) for facet in overview.facets()),
        lowest_price_minor=low,
        highest_price_minor=high,
        out_of_stock=sold_out,
        low_stock=few,
        without_picture=pictureless,
        without_description=wordless,
        search_index_is_behind=uow.search_index.is_behind(),
    )


def _listed(row: Overview, low_stock_threshold: int) -> Listed:
    left: Supply = together(row.supplies)
    return Listed(
        id=row.slug,
        name=row.title,
        category=row.category,
        state=row.state.value,
        price_minor=row.list_price_minor,
        available_quantity=left.units,
        availability=left.availability(low_stock_threshold),
    )
