"""How prices and numbers are spread over the catalog, as a few of its products tell.

It decides which way a question is answered, never what the answer is.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from sqlalchemy import Connection

from plantly.db.direct import Sql, fetch

PRICES = ""
"""Stands for prices where others are told by the key of their facet."""
_PRODUCTS = 256
_TELLING = 8
"""Products that must be in a range, for their share to say something."""
_COMMON = 0.3
"""The share that a common range is thought to have in a catalog of which little is known."""

_SPREAD = """
SELECT '', list_price_minor FROM products WHERE state = 'active' AND {0}
UNION ALL
SELECT facet_key, number FROM product_facets WHERE number IS NOT NULL AND {1}
"""
_EVENLY = "SELECT {0} * (SELECT max(id) FROM products) / :products"
# As an array, PostgreSQL knows that they are few.
_AMONG = {
    True: f"{{}} IN ({_EVENLY.format('value')} FROM json_each(:places))",
    False: f"{{}} = ANY (ARRAY({_EVENLY.format('n')} FROM unnest(CAST(:places AS bigint[])) AS n))",
}
_LOOK_UP = {
    sqlite: Sql(_SPREAD.format(among.format("id"), among.format("product_id")))
    for sqlite, among in _AMONG.items()
}


@dataclass(frozen=True, slots=True)
class Spread:
    """The prices of some products, and their numbers by facet."""

    products: int = 0
    values: Mapping[str, Sequence[int]] = field(default_factory=dict)
    """In their order."""

    def share(self, key: str, least: int | None, greatest: int | None) -> float | None:
        """Estimate the share of all products in a range; None if too few are in it to tell."""
        ordered = self.values.get(key, ())
        first = 0 if least is None else bisect_left(ordered, least)
        end = len(ordered) if greatest is None else bisect_right(ordered, greatest)
        found = end - first
        # Drafts have numbers, too.
        return min(1.0, found / max(1, self.products)) if found >= _TELLING else None

    @property
    def untold(self) -> float:
        """Return the share that a range may have and not be told."""
        return min(_COMMON, _TELLING / max(1, self.products))


def look_up_spread(connection: Connection) -> Spread:
    """Look at products that stand evenly among all."""
    values: dict[str, list[int]] = {PRICES: []}
    bound = {"places": [*range(1, _PRODUCTS + 1)], "products": _PRODUCTS}
    statement = _LOOK_UP[connection.dialect.name == "sqlite"]
    for key, number in fetch(connection, statement, bound):
        values.setdefault(key, []).append(number)
    return Spread(len(values[PRICES]), {key: sorted(found) for key, found in values.items()})
