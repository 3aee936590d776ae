"""Carts: the only truth about what a shopper wants to buy."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from plantly.db.base import Id, Table
from plantly.db.tables.catalog import VariantRow

_GUEST = text("closed_at IS NULL AND owner_hash IS NULL")
_OPEN = text("closed_at IS NULL")


class CartRow(Table):
    """A cart. `hint_hash` is the hashed conversation that it was made in, when there was one.

    `owner_hash` is the hashed account that it belongs to; a conversation alone never opens it.
    """

    __tablename__ = "carts"
    __table_args__ = (
        Index(
            "uq_carts_open_hint",
            "hint_hash",
            unique=True,
            sqlite_where=_GUEST,
            postgresql_where=_GUEST,
        ),
        Index(
            "uq_carts_open_owner",
            "owner_hash",
            unique=True,
            sqlite_where=_OPEN,
            postgresql_where=_OPEN,
        ),
        Index("ix_carts_updated_at", "updated_at"),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    public_id: Mapped[str] = mapped_column(String(64), unique=True)
    hint_hash: Mapped[str | None] = mapped_column(String(64))
    version: Mapped[int]
    discount_codes: Mapped[list[str]]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]
    """When its checkout was paid, or its lines went to another cart: it takes no more changes."""
    owner_hash: Mapped[str | None] = mapped_column(String(64))
    merged_into: Mapped[str | None] = mapped_column(String(64))
    """The id of the account's cart that took over what was in this one."""

    lines: Mapped[list["CartLineRow"]] = relationship(
        lazy="raise",
        order_by="CartLineRow.position",
        cascade="all, delete-orphan",
    )
    saved: Mapped[list["SavedLineRow"]] = relationship(
        lazy="raise",
        order_by="SavedLineRow.position",
        cascade="all, delete-orphan",
    )


class CartLineRow(Table):
    """A quantity of a variant, with the price that the shopper saw when it was last written."""

    __tablename__ = "cart_lines"
    __table_args__ = (CheckConstraint("quantity >= 1", name="quantity"),)

    cart_id: Mapped[int] = mapped_column(
        ForeignKey("carts.id", ondelete="CASCADE"), primary_key=True
    )
    variant_id: Mapped[int] = mapped_column(ForeignKey("variants.id"), primary_key=True)
    quantity: Mapped[int]
    seen_amount_minor: Mapped[int] = mapped_column(Id)
    seen_currency: Mapped[str] = mapped_column(String(3))
    position: Mapped[int]

    variant: Mapped[VariantRow] = relationship(lazy="raise")


class SavedLineRow(Table):
    """What a shopper put aside: no part of totals and checkout, and never also in the cart."""

    __tablename__ = "saved_lines"
    __table_args__ = (CheckConstraint("quantity >= 1", name="quantity"),)

    cart_id: Mapped[int] = mapped_column(
        ForeignKey("carts.id", ondelete="CASCADE"), primary_key=True
    )
    variant_id: Mapped[int] = mapped_column(ForeignKey("variants.id"), primary_key=True)
    quantity: Mapped[int]
    seen_amount_minor: Mapped[int] = mapped_column(Id)
    seen_currency: Mapped[str] = mapped_column(String(3))
    position: Mapped[int]


class IdempotencyRow(Table):
    """The first answer to a request that may be repeated."""

    __tablename__ = "idempotency_records"

    scope: Mapped[str] = mapped_column(String(32), primary_key=True)
    key: Mapped[str] = mapped_column(String(128), primary_key=True)
    request_hash: Mapped[str] = mapped_column(String(64))
    response: Mapped[dict[str, Any]]
    expires_at: Mapped[datetime] = mapped_column(index=True)
