"""The catalog as its merchant handles it: single things by any of their names, whatever state."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import or_, select, update
from sqlalchemy.orm import Session, joinedload, selectinload

from plantly.db.tables import PriceRow, ProductRow, StockRow, VariantRow
from plantly.domain.catalog import PublishState

_PARTS = (
    joinedload(ProductRow.category),
    selectinload(ProductRow.media),
    selectinload(ProductRow.variants).options(
        selectinload(VariantRow.prices), joinedload(VariantRow.stock)
    ),
)
MAX_UNITS = 1_000_000_000
"""More units of a variant are not counted."""


@dataclass(frozen=True, slots=True)
class Named:
    """What a merchant's word stands for: a product, or one of its variants."""

    product_id: int
    slug: str
    variant_id: int | None


class CatalogDesk:
    """Finds and changes single prices, stocks and states; services decide what is written."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def named(self, ref: str) -> Named | None:
        """Return what has that slug, else that variant id, else that SKU."""
        product_id = self._session.scalars(
            select(ProductRow.id).where(ProductRow.slug == ref)
        ).one_or_none()
        if product_id is not None:
            return Named(product_id, ref, None)
        rows = self._session.execute(
            select(VariantRow.id, VariantRow.handle, ProductRow.id, ProductRow.slug)
            .join(ProductRow, ProductRow.id == VariantRow.product_id)
            .where(or_(VariantRow.handle == ref, VariantRow.sku == ref))
        ).all()
        found = sorted(rows, key=lambda row: row[1] != ref)
        return Named(found[0][2], found[0][3], found[0][0]) if found else None

    def product(self, product_id: int) -> ProductRow:
        """Return a product with everything that belongs to it."""
        statement = select(ProductRow).where(ProductRow.id == product_id).options(*_PARTS)
        return self._session.scalars(statement).one()

    def lock_price(self, variant_id: int, currency: str) -> PriceRow | None:
        """Return a price that nobody else changes until the end of this transaction."""
        return self._session.scalars(
            select(PriceRow)
            .where(PriceRow.variant_id == variant_id, PriceRow.currency == currency)
            .with_for_update()
            .execution_options(populate_existing=True)
        ).one_or_none()

    def keep_price(self, row: PriceRow) -> None:
        """Write a price, a new one too."""
        self._session.add(row)
        self._session.flush()

    def lock_stock(self, variant_id: int) -> StockRow:
        """Return a stock that nobody else changes until the end of this transaction."""
        return self._session.scalars(
            select(StockRow)
            .where(StockRow.variant_id == variant_id)
            .with_for_update()
            .execution_options(populate_existing=True)
        ).one()

    def change_stock(self, variant_id: int, values: Mapping[str, Any], *, more: int = 0) -> bool:
        """Set columns of a stock and add units to it, unless that takes what is held.

        It is one conditional UPDATE; the answer says whether it did anything.
        """
        on_hand = values.get("on_hand", StockRow.on_hand) + more
        limit = values.get("backorder_limit", StockRow.backorder_limit)
        changed = self._session.execute(
            update(StockRow)
            .where(StockRow.variant_id == variant_id, StockRow.reserved <= on_hand + limit)
            .values({**values, "on_hand": on_hand})
            .execution_options(synchronize_session=False)
        )
        return bool(changed.rowcount == 1)  # type: ignore[attr-defined]

    def lock_products(self, product_ids: Iterable[int]) -> Sequence[ProductRow]:
        """Return products with their variants and prices, locked, in the order of their ids."""
        return self._session.scalars(
            select(ProductRow)
            .where(ProductRow.id.in_(list(product_ids)))
            .order_by(ProductRow.id)
            .options(selectinload(ProductRow.variants).selectinload(VariantRow.prices))
            .with_for_update(of=ProductRow)
            .execution_options(populate_existing=True)
        ).all()

    def set_state(self, rows: Iterable[ProductRow], state: PublishState) -> None:
        """Publish, archive or draft products."""
        for row in rows:
            row.state = state
        self._session.flush()

    def touch(self, product_ids: Sequence[int], now: datetime) -> None:
        """Note when products were changed."""
        self._session.execute(
            update(ProductRow).where(ProductRow.id.in_(product_ids)).values(updated_at=now)
        )

    def ids_after(self, product_id: int, limit: int) -> list[int]:
        """Return the next product ids, in ascending order."""
        statement = select(ProductRow.id).where(ProductRow.id > product_id)
        return list(self._session.scalars(statement.order_by(ProductRow.id).limit(limit)))
