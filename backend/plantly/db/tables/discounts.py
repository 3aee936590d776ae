"""Uses of discounts: who holds one, and how many there are."""

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from plantly.db.base import Id, Table, one_of
from plantly.domain.discount import DiscountUseState


class DiscountUseRow(Table):
    """One use of a limited discount, held when payment starts and claimed by the order."""

    __tablename__ = "discount_uses"
    __table_args__ = (
        UniqueConstraint("payment_id", "discount_key"),
        Index("ix_discount_uses_discount_key", "discount_key", "state"),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    payment_id: Mapped[int] = mapped_column(ForeignKey("payments.id"))
    discount_key: Mapped[str] = mapped_column(String(200))
    buyer_key: Mapped[str | None] = mapped_column(String(64))
    """A keyed hash of who uses it, when its uses are limited for each buyer."""
    state: Mapped[DiscountUseState] = mapped_column(one_of(DiscountUseState, "state"))


class DiscountCountRow(Table):
    """How many uses are held or claimed. Only one conditional UPDATE at a time changes it."""

    __tablename__ = "discount_counts"
    __table_args__ = (CheckConstraint("used >= 0", name="used"),)

    discount_key: Mapped[str] = mapped_column(String(200), primary_key=True)
    buyer_key: Mapped[str] = mapped_column(String(64), primary_key=True)
    """Empty for all buyers together."""
    used: Mapped[int]
