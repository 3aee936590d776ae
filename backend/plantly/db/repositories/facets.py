"""Facets: what the merchant defined, and the values that the catalog really has."""

from collections.abc import Sequence
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import Final

from sqlalchemy import bindparam, func, select, update
from sqlalchemy.orm import Session

from plantly.db.tables import FacetRow, ProductFacetRow, ProductRow
from plantly.domain.catalog import Facet, FacetKind, PublishState

MAX_LISTED: Final = 40
"""A facet with more values than this is asked for in free text."""
_EXAMPLES: Final = 20
"""So many of its most common values are counted and named."""
_MAX_NUMBER: Final = 10**12

_DEFINED = select(FacetRow).order_by(FacetRow.position, FacetRow.key)
# The product that had a value first decides between values that are equally common.
_COMMON = (
    select(ProductFacetRow.value)
    .join(ProductRow, ProductRow.id == ProductFacetRow.product_id)
    .where(
        ProductFacetRow.facet_key == bindparam("key"),
        ProductRow.state == PublishState.ACTIVE,
    )
    .group_by(ProductFacetRow.value)
    .order_by(func.count().desc(), func.min(ProductFacetRow.product_id), ProductFacetRow.value)
    .limit(bindparam("limit"))
)
_DISTINCT = (
    select(ProductFacetRow.value)
    .where(ProductFacetRow.facet_key == bindparam("key"))
    .group_by(ProductFacetRow.value)
)
_KNOWN = _DISTINCT.where(ProductFacetRow.value.in_(bindparam("values", expanding=True)))
_UNNUMBERED = _DISTINCT.where(ProductFacetRow.number.is_(None))


class FacetRepository:
    """Reads and defines the facets of the catalog."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def defined(self) -> tuple[Facet, ...]:
        """Return the facets as they were defined, in their order."""
        return tuple(_facet(row) for row in self._session.scalars(_DEFINED))

    def define(self, facets: Sequence[Facet]) -> None:
        """Put facets first, in this order; what else the catalog has stays after them."""
        rows = {row.key: row for row in self._session.scalars(_DEFINED)}
        for position, facet in enumerate(facets):
            row = rows.pop(facet.key, None) or FacetRow(key=facet.key)
            row.title, row.kind, row.unit = facet.title, facet.kind, facet.unit
            row.allowed_values, row.position = list(facet.values), position
            self._session.add(row)
        for position, row in enumerate(rows.values(), len(facets)):
            row.position = position
        self._session.flush()

    def snapshot(self) -> tuple[Facet, ...]:
        """Return the facets with the values that can be asked for at this moment."""
        return tuple(self._with_values(facet) for facet in self.defined())

    def common(self, key: str, limit: int) -> tuple[str, ...]:
        """Return the values of published products, the most common first."""
        return tuple(self._session.scalars(_COMMON, {"key": key, "limit": limit}))

    def unknown(self, key: str, values: Sequence[str]) -> list[str]:
        """Return those of the values that no product has."""
        found = set(self._session.scalars(_KNOWN, {"key": key, "values": list(values)}))
        return [value for value in values if value not in found]

    def misfit(self, facet: Facet) -> str | None:
        """Return a value in the catalog that the facet, defined like this, could not have."""
        statement = _UNNUMBERED if facet.kind is FacetKind.RANGE else _DISTINCT
        found = self._session.scalars(statement, {"key": facet.key})
        return next((value for value in found if not _fits(facet, value)), None)

    def give_numbers(self, key: str) -> None:
        """Let values that were written as text count as numbers, because the facet is a range."""
        for value in list(self._session.scalars(_UNNUMBERED, {"key": key})):
            number = number_of(value)
            if number is not None:
                self._session.execute(
                    update(ProductFacetRow)
                    .where(ProductFacetRow.facet_key == key, ProductFacetRow.value == value)
                    .values(number=number)
                )

    def _with_values(self, facet: Facet) -> Facet:
        if facet.kind is not FacetKind.ENUM:
            return Facet(facet.key, facet.title, (), facet.kind, facet.unit)
        # A closed list keeps the merchant's order; an open one is what the catalog has.
        values = facet.values
        if not values or len(values) > MAX_LISTED:
            common = self.common(facet.key, MAX_LISTED + 1)
            if values or len(common) > MAX_LISTED:
                shown = common[:_EXAMPLES] or values[:_EXAMPLES]
                return Facet(facet.key, facet.title, (), facet.kind, facet.unit, shown)
            values = common
        return Facet(facet.key, facet.title, values, facet.kind, facet.unit)


@lru_cache(4096)
def number_of(value: str) -> int | None:
    """Return a number as thousandths, or None when it is none or has more than three decimals."""
    try:
        number = Decimal(value)
    except InvalidOperation:
        return None
    if not number.is_finite() or abs(number) > _MAX_NUMBER:
        return None
    thousandths = number * 1000
    return int(thousandths) if thousandths == int(thousandths) else None


def _fits(facet: Facet, value: str) -> bool:
    if facet.kind is FacetKind.BOOL:
        return value in {"true", "false"}
    if facet.kind is FacetKind.RANGE:
        return number_of(value) is not None
    return not facet.values or value in facet.values


def _facet(row: FacetRow) -> Facet:
    return Facet(row.key, row.title, tuple(row.allowed_values), row.kind, row.unit)
