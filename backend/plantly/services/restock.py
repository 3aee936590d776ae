"""Put units of an order back on the shelf, and write into the catalog's history that it is so."""

from collections.abc import Mapping

from plantly.db import UnitOfWork
from plantly.db.repositories.catalog_changes import CatalogChange
from plantly.db.tables import OrderRow
from plantly.domain.catalog import ChangeKind


def put_back(uow: UnitOfWork, order: OrderRow, quantities: Mapping[int, int]) -> None:
    """Put units back, by the position of their line. What nobody counts stays what it is."""
    back = [line for line in order.lines if quantities.get(line.position)]
    changes = []
    # In the order in which everybody locks variants.
    for line in sorted(back, key=lambda line: line.variant_id):
        returned = uow.stock.put_back(line.variant_id, quantities[line.position])
        if returned.before != returned.after:
            changes.append(
                CatalogChange(
                    at=uow.now,
                    actor=f"back from {order.order_number}",
                    kind=ChangeKind.STOCK,
                    slug=line.product_slug,
                    sku=line.sku,
                    before={"on_hand": returned.before},
                    after={"on_hand": returned.after},
                )
            )
    uow.catalog_changes.add(changes)
