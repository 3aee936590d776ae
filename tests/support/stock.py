"""Hold units of the small shop, and count them."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import update

from plantly.db import UnitOfWork
from plantly.db.tables import PriceRow, ProductRow, StockRow, VariantRow
from plantly.domain.catalog import UNTRACKED_LIMIT, StockPolicy
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


def stock(uow: UnitOfWork, handle: str, **columns: Any) -> None:
    """Set what the merchant decides about the stock of a variant."""
    (variant_id,) = variant_ids(uow, handle)
    if "policy" in columns:
        columns.setdefault("backorder_limit", _LIMITS.get(columns["policy"], 0))
    statement = update(StockRow).where(StockRow.variant_id == variant_id).values(**columns)
    uow.session.execute(statement)


def dated_price(uow: UnitOfWork, handle: str, **columns: Any) -> None:
    """Give a variant another price in US dollars for a time."""
    (variant_id,) = variant_ids(uow, handle)
    statement = update(PriceRow).where(
        PriceRow.variant_id == variant_id, PriceRow.currency == "USD"
    )
    uow.session.execute(statement.values(**columns))


def keep_at_home(uow: UnitOfWork, slug: str, *countries: str) -> None:
    """Decide where a product cannot be sent to."""
    statement = update(ProductRow).where(ProductRow.slug == slug)
    uow.session.execute(statement.values(undeliverable=list(countries)))


def history(uow: UnitOfWork, sku: str) -> list[tuple[str, object, object]]:
    """Give actor, before and after of every change of a SKU, the oldest first."""
    rows = uow.catalog_changes.latest(slug=None, sku=sku, limit=100)
    return [(row.actor, row.before, row.after) for row in reversed(rows)]


_LIMITS = {StockPolicy.UNTRACKED: UNTRACKED_LIMIT}
