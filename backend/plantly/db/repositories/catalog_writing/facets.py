"""The facets of the shop, and whether a product's values fit them."""

from collections.abc import Iterator, Mapping
from decimal import Decimal

from sqlalchemy import Connection, select

from plantly.db.repositories.catalog_writing.bulk import Bulk
from plantly.db.repositories.facets import number_of
from plantly.db.tables import FacetRow
from plantly.domain.catalog import COLLECTION, Facet, FacetKind
from plantly.domain.catalog_checks import MAX_NAME, Found, is_storable
from plantly.domain.catalog_document import ProductDocument
from plantly.domain.groundwork import COLLECTIONS

FacetValues = dict[str, list[str]]

_FACETS = select(
    FacetRow.key, FacetRow.title, FacetRow.allowed_values, FacetRow.kind, FacetRow.unit
)
_SHOWN = 64
_KEPT = 10_000
_COLUMNS = ("key", "title", "kind", "unit", "allowed_values", "position")


class Facets:
    """The facets as they are now; the one of collections is made when a product has the first."""

    def __init__(self, connection: Connection, bulk: Bulk) -> None:
        self._bulk = bulk
        rows = connection.execute(_FACETS).all()
        self.by_key = {row[0]: Facet(row[0], row[1], tuple(row[2]), *row[3:]) for row in rows}
        self._known: dict[tuple[str, tuple[str, ...]], tuple[list[str], list[Found]]] = {}
        self._allowed = {key: frozenset(facet.values) for key, facet in self.by_key.items()}

    def read(
        self, product: ProductDocument, kept: FacetValues | None
    ) -> tuple[FacetValues, list[Found]]:
        """Return the values that a product shall have, and what is wrong with them."""
        values: FacetValues = {}
        problems: list[Found] = []
        if product.facets is not None:
            for key, given in product.facets.items():
                if given:
                    values[key], wrong = self._fitting(key, given)
                    problems += wrong
        elif kept:
            values = {key: chosen for key, chosen in kept.items() if key != COLLECTION}
        if product.collections:
            values[COLLECTION] = list(dict.fromkeys(product.collections))
            if not all(value and is_storable(value, MAX_NAME) for value in values[COLLECTION]):
                told = f"The name of a collection must have 1 to {MAX_NAME} plain characters."
                problems.append(("collections", told))
        elif product.collections is None and kept and COLLECTION in kept:
            values.setdefault(COLLECTION, kept[COLLECTION])
        return values, problems

    def number(self, key: str, value: str) -> int | None:
        """Return the value of a range in thousandths; None of any other facet."""
        return number_of(value) if self.by_key[key].kind is FacetKind.RANGE else None

    def make_collection(self) -> None:
        """Make the facet of collections, behind the others."""
        if COLLECTION in self.by_key:
            return
        facet = COLLECTIONS
        self._bulk.insert(
            FacetRow, _COLUMNS, [(facet.key, facet.title, "enum", "", [], len(self.by_key))]
        )
        self.by_key[COLLECTION] = facet

    def _fitting(self, key: str, given: tuple[str, ...]) -> tuple[list[str], list[Found]]:
        """Return values as they are kept; many products have the same ones."""
        known = self._known.get((key, given))
        if known is None:
            if len(self._known) >= _KEPT:
                self._known.clear()
            values = list(dict.fromkeys(given))
            known = self._known[key, given] = values, list(self._misfits(key, values))
        return known

    def _misfits(self, key: str, values: list[str]) -> Iterator[Found]:
        field = f"facets.{key[:_SHOWN]}"
        facet = self.by_key.get(key)
        if facet is None:
            yield (
                field,
                f"The shop has no facet {key[:_SHOWN]!r}: define it, or leave its values out.",
            )
            return
        if facet.kind is FacetKind.RANGE:
            values[:] = list(dict.fromkeys(_plain_number(value) for value in values))
            if any(number_of(value) is None for value in values):
                yield field, "The value must be a number with at most three decimals."
        elif facet.kind is FacetKind.BOOL:
            if values not in (["true"], ["false"]):
                yield field, "The value must be true or false."
        elif not all(value and is_storable(value, MAX_NAME) for value in values):
            yield field, f"A value must have 1 to {MAX_NAME} plain characters."
        elif facet.values and not self._allowed[key].issuperset(values):
            wrong = next(value for value in values if value not in self._allowed[key])
            yield field, f"{wrong!r} is not one of the values of this facet."


def _plain_number(value: str) -> str:
    """Return a number as it is kept: `12.50` and ` 12.5` are `12.5`."""
    number = number_of(value)
    return value if number is None else f"{Decimal(number).scaleb(-3).normalize():f}"


def pairs_of(values: Mapping[str, list[str]]) -> Iterator[tuple[str, str]]:
    """Give key and value of each value."""
    return ((key, value) for key, chosen in values.items() for value in chosen)
