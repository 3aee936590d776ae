"""What can be sold of the products of a page, at this moment."""

from collections.abc import Mapping, Sequence

from sqlalchemy import Connection

from plantly.db.direct import Sql, fetch
from plantly.domain.catalog import Supply

# The same arithmetic as `domain.catalog.supply_of`, added up over the variants of a product.
_SUPPLY = """
SELECT v.product_id,
    sum(CASE WHEN s.on_hand > s.reserved THEN s.on_hand - s.reserved ELSE 0 END),
    sum(CASE WHEN s.policy = 'backorder' THEN {beyond} ELSE 0 END),
    sum(CASE WHEN s.policy = 'preorder' THEN {beyond} ELSE 0 END),
    max(CASE WHEN s.policy = 'untracked' THEN 1 ELSE 0 END)
FROM variants AS v JOIN stock AS s ON s.variant_id = v.id
WHERE v.product_id IN ({ids}) AND v.state = 'active'
GROUP BY v.product_id
"""
_BEYOND = (
    "CASE WHEN s.on_hand >= s.reserved THEN s.backorder_limit"
    " ELSE s.on_hand - s.reserved + s.backorder_limit END"
)
_SQLITE = Sql(_SUPPLY.format(beyond=_BEYOND, ids="SELECT value FROM json_each(:ids)"))
_POSTGRES = Sql(_SUPPLY.format(beyond=_BEYOND, ids="SELECT unnest(CAST(:ids AS bigint[]))"))


def supply_of_products(connection: Connection, product_ids: Sequence[int]) -> Mapping[int, Supply]:
    """Return the supply of products by id, all their variants together."""
    if not product_ids:
        return {}
    statement = _SQLITE if connection.dialect.name == "sqlite" else _POSTGRES
    rows = fetch(connection, statement, {"ids": list(product_ids)})
    return {
        product_id: Supply(int(units), int(backorder), int(preorder), bool(untracked))
        for product_id, units, backorder, preorder, untracked in rows
    }
