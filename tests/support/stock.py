"""Hold units of the small shop, and count them."""

from collections.abc import Mapping

from plantly.db import UnitOfWork
from plantly.db.tables import StockRow, VariantRow
from tests.support.orders import empty_checkout, payment_of

FEW = "snake-plant-12cm"
MANY = "jade-9cm"


class SoldOutError(Exception):
    """Too few are left: the unit is rolled back."""


def variant_ids(uow: UnitOfWork, *handles: str) -> list[int]:
    rows = uow.catalog.variants(handles)
    return [rows[handle].id for handle in handles]


def hold(uow: UnitOfWork, wanted: Mapping[str, int]) -> int:
    """Hold units for a new payment; give its id."""
    ids = variant_ids(uow, *wanted)
    payment = payment_of(uow, empty_checkout(uow), 1000)
    if uow.stock.hold(payment.id, dict(zip(ids, wanted.values(), strict=True))) is not None:
        raise SoldOutError
    return payment.id


def units(uow: UnitOfWork, handle: str) -> tuple[int, int]:
    row = (
        uow.session.query(StockRow)
        .join(VariantRow, VariantRow.id == StockRow.variant_id)
        .filter(VariantRow.handle == handle)
        .one()
    )
    return row.on_hand, row.reserved
