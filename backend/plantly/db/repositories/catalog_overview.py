"""The catalog as a merchant looks over it: lists of any state, and how much there is of what."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, case, exists, func, or_, select
from sqlalchemy.sql.elements import ColumnElement

from plantly.db.tables import (
    CategoryRow,
    FacetRow,
    PriceRow,
    ProductFacetRow,
    ProductRow,
    StockRow,
    VariantRow,
)
from plantly.domain.catalog import PublishState, StockPolicy, Supply, supply_of
from plantly.domain.words import fold

_ESCAPE = "\\"
_ACTIVE = ProductRow.state == PublishState.ACTIVE
_SOLD = VariantRow.state == PublishState.ACTIVE


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which products a merchant wants to see; None is every one."""

    words: tuple[str, ...] = ()
    """Each somewhere in the title, the brand, the slug or a SKU."""
    category: str | None = None
    """Slug or name."""
    state: PublishState | None = None


@dataclass(frozen=True, slots=True)
class Overview:
    """One product in a list, with what can be sold of each of its variants."""

    product_id: int
    slug: str
    title: str
    category: str
    state: PublishState
    list_price_minor: int
    supplies: tuple[Supply, ...]


class CatalogOverview:
    """Reads what a merchant looks over; pages come in the order of the products' ids."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def page(self, wanted: Wanted, after: int, limit: int) -> Sequence[Overview]:
        """Return the products that come after the one with that id."""
        rows = self._connection.execute(
            select(
                ProductRow.id,
                ProductRow.slug,
                ProductRow.title,
                CategoryRow.name,
                ProductRow.state,
                ProductRow.list_price_minor,
            )
            .join(CategoryRow, CategoryRow.id == ProductRow.category_id)
            .where(ProductRow.id > after, *_conditions(wanted))
            .order_by(ProductRow.id)
            .limit(limit)
        ).all()
        supplies = self._supplies([row[0] for row in rows])
        return [Overview(*row, supplies=tuple(supplies[row[0]])) for row in rows]

    def has_category(self, name: str) -> bool:
        """Say whether there is a category with that slug or name."""
        found = select(CategoryRow.id).where(_category(name)).limit(1)
        return self._connection.execute(found).first() is not None

    def states(self) -> Mapping[str, int]:
        """Return the number of products by state."""
        counted = select(ProductRow.state, func.count()).group_by(ProductRow.state)
        found = {state: count for state, count in self._connection.execute(counted)}  # noqa: C416 - rows are no pairs for mypy
        return {state.value: found.get(state, 0) for state in PublishState}

    def variants(self, currency: str) -> tuple[int, int]:
        """Return how many variants are on sale, and how many of them have no price."""
        priced = exists().where(PriceRow.variant_id == VariantRow.id, PriceRow.currency == currency)
        row = self._connection.execute(
            select(func.count(), func.count(case((~priced, 1))))
            .select_from(VariantRow)
            .join(ProductRow, ProductRow.id == VariantRow.product_id)
            .where(_SOLD, _ACTIVE)
        ).one()
        return row[0], row[1]

    def categories(self) -> int:
        """Return the number of categories."""
        return self._connection.execute(select(func.count(CategoryRow.id))).scalar_one()

    def facets(self) -> Sequence[tuple[str, str, str, int]]:
        """Return key, title, kind and the number of different values of every facet."""
        counted = (
            select(
                ProductFacetRow.facet_key,
                func.count(ProductFacetRow.value.distinct()).label("n"),
            )
            .group_by(ProductFacetRow.facet_key)
            .subquery()
        )
        rows = self._connection.execute(
            select(FacetRow.key, FacetRow.title, FacetRow.kind, func.coalesce(counted.c.n, 0))
            .outerjoin(counted, counted.c.facet_key == FacetRow.key)
            .order_by(FacetRow.position, FacetRow.key)
        )
        return [(key, title, kind.value, count) for key, title, kind, count in rows]

    def prices(self) -> tuple[int, int] | None:
        """Return the lowest and the highest price that is listed, in the shop's currency."""
        found: Any = self._connection.execute(
            select(
                func.min(ProductRow.list_price_minor), func.max(ProductRow.list_price_minor)
            ).where(_ACTIVE)
        ).one()
        return None if found[0] is None else (found[0], found[1])

    def lacking(self) -> tuple[int, int]:
        """Return how many products that shoppers see have no picture, and no description.

        A picture that is still on another server is shown to nobody.
        """
        path = ProductRow.picture_path
        row = self._connection.execute(
            select(
                func.count(case((path.is_(None) | path.contains("://"), 1))),
                func.count(case((ProductRow.description == "", 1))),
            ).where(_ACTIVE)
        ).one()
        return row[0], row[1]

    def short(self, low_stock_threshold: int) -> tuple[int, int]:
        """Return how many products that shoppers see are sold out, and how many are low."""
        free = StockRow.on_hand - StockRow.reserved
        per_product = (
            select(
                func.max(free + StockRow.backorder_limit).label("sellable"),
                func.sum(case((free > 0, free), else_=0)).label("units"),
                func.max(case((StockRow.policy == StockPolicy.UNTRACKED, 1), else_=0)).label(
                    "untracked"
                ),
            )
            .select_from(VariantRow)
            .join(StockRow, StockRow.variant_id == VariantRow.id)
            .join(ProductRow, ProductRow.id == VariantRow.product_id)
            .where(_SOLD, _ACTIVE)
            .group_by(VariantRow.product_id)
            .subquery()
        )
        low = per_product.c.units.between(1, low_stock_threshold) & (per_product.c.untracked == 0)
        row = self._connection.execute(
            select(
                func.count(case((per_product.c.sellable <= 0, 1))), func.count(case((low, 1)))
            ).select_from(per_product)
        ).one()
        return row[0], row[1]

    def _supplies(self, product_ids: Sequence[int]) -> Mapping[int, list[Supply]]:
        found: defaultdict[int, list[Supply]] = defaultdict(list)
        if product_ids:
            rows = self._connection.execute(
                select(
                    VariantRow.product_id,
                    StockRow.on_hand,
                    StockRow.reserved,
                    StockRow.policy,
                    StockRow.backorder_limit,
                )
                .join(StockRow, StockRow.variant_id == VariantRow.id)
                .where(VariantRow.product_id.in_(product_ids), _SOLD)
            )
            for product_id, on_hand, reserved, policy, limit in rows:
                found[product_id].append(supply_of(on_hand, reserved, policy, limit))
        return found


def _conditions(wanted: Wanted) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = [_holds(word) for word in wanted.words]
    if wanted.category is not None:
        found.append(_category(wanted.category))
    if wanted.state is not None:
        found.append(ProductRow.state == wanted.state)
    return found


def _category(name: str) -> ColumnElement[bool]:
    return or_(CategoryRow.slug == name, func.lower(CategoryRow.name) == name.lower())


def _holds(word: str) -> ColumnElement[bool]:
    sku = exists().where(
        VariantRow.product_id == ProductRow.id, _like(func.lower(VariantRow.sku), word.lower())
    )
    return or_(
        _like(ProductRow.sort_title, fold(word)),
        _like(func.lower(ProductRow.brand), word.lower()),
        _like(ProductRow.slug, word.lower()),
        sku,
    )


def _like(column: Any, part: str) -> ColumnElement[bool]:
    escaped = "".join(_ESCAPE + c if c in {"%", "_", _ESCAPE} else c for c in part)
    found: ColumnElement[bool] = column.like(f"%{escaped}%", escape=_ESCAPE)
    return found
