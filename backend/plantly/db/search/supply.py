"""What can be sold of the products of a page, at this moment."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection

from plantly.db.direct import Sql, fetch
from plantly.domain.catalog import Supply

# The same arithmetic as `domain.catalog.supply_of`, added up over the variants of a product. What
# has no such variant adds up to nothing.
_SUMS = """
    sum({more}(s.on_hand - s.reserved, 0)) AS units,
    sum({less}(s.on_hand - s.reserved, 0) + s.backorder_limit)
        FILTER (WHERE s.policy = 'backorder') AS backorder,
    sum({less}(s.on_hand - s.reserved, 0) + s.backorder_limit)
        FILTER (WHERE s.policy = 'preorder') AS preorder,
    count(*) FILTER (WHERE s.policy = 'untracked') AS untracked
"""
_SUMS_ON_SQLITE = _SUMS.format(more="max", less="min")
_SUMS_ON_POSTGRES = _SUMS.format(more="greatest", less="least")
_FROM = "FROM variants AS v JOIN stock AS s ON s.variant_id = v.id WHERE v.state = 'active' AND"
_SUPPLY = f"SELECT v.product_id, {{sums}} {_FROM} v.product_id IN ({{ids}}) GROUP BY v.product_id"
_SQLITE = Sql(_SUPPLY.format(sums=_SUMS_ON_SQLITE, ids="SELECT value FROM json_each(:ids)"))
_POSTGRES = Sql(_SUPPLY.format(sums=_SUMS_ON_POSTGRES, ids="SELECT unnest(CAST(:ids AS bigint[]))"))

SUPPLY_COLUMNS = "s.units, s.backorder, s.preorder, s.untracked"
SUPPLY_OF_P = (
    f" LEFT JOIN LATERAL (SELECT {_SUMS_ON_POSTGRES} {_FROM} v.product_id = p.id) AS s ON true"
)
"""Gives these columns of a product `p` on PostgreSQL, where another statement is another trip."""


def supply_of_products(connection: Connection, product_ids: Sequence[int]) -> Mapping[int, Supply]:
    """Return the supply of products by id, all their variants together."""
    if not product_ids:
        return {}
    statement = _SQLITE if connection.dialect.name == "sqlite" else _POSTGRES
    rows = fetch(connection, statement, {"ids": list(product_ids)})
    return {row[0]: supply_from(row[1:]) for row in rows}


def supply_from(sums: Sequence[Any]) -> Supply:
    """Return the supply that four sums say; a product without variants has none."""
    units, backorder, preorder, untracked = sums
    if units is None:
        return Supply(0)
    return Supply(int(units), int(backorder or 0), int(preorder or 0), bool(untracked))
