"""Checkout sessions and orders, and the buyer apart from both so that a person can be erased."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from plantly.db.base import Id, Table, one_of
from plantly.domain.checkout import CheckoutStatus
from plantly.domain.order import OrderStatus

_UNFINISHED = text("status NOT IN ('completed', 'canceled', 'expired')")


class CheckoutRow(Table):
    """A checkout session. `start_key` names what was started, so that a repeat finds it."""

    __tablename__ = "checkout_sessions"
    __table_args__ = (
        Index(
            "uq_checkout_sessions_start",
            "start_key",
            unique=True,
            sqlite_where=_UNFINISHED,
            postgresql_where=_UNFINISHED,
        ),
        Index("ix_checkout_sessions_expiry", "status", "expires_at"),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    public_id: Mapped[str] = mapped_column(String(64), unique=True)
    page_token: Mapped[str] = mapped_column(String(64), unique=True)
    cart_id: Mapped[int | None] = mapped_column(ForeignKey("carts.id"), index=True)
    start_key: Mapped[str | None] = mapped_column(String(64))
    hint_hash: Mapped[str | None] = mapped_column(String(64))
    browser_hash: Mapped[str | None] = mapped_column(String(64))
    """The hashed cookie of the browser that typed the personal data: only it sees them."""
    status: Mapped[CheckoutStatus] = mapped_column(one_of(CheckoutStatus, "status"))
    currency: Mapped[str] = mapped_column(String(3))
    discount_codes: Mapped[list[str]]
    option_id: Mapped[str | None] = mapped_column(String(64))
    country: Mapped[str | None] = mapped_column(String(2))
    region: Mapped[str | None] = mapped_column(String(64))
    totals: Mapped[list[Any] | None]
    """The rows the buyer agreed to by pressing Pay; before that they are computed each time."""
    total_minor: Mapped[int | None] = mapped_column(Id)
    breakdown: Mapped[dict[str, Any] | None]
    """How the agreed totals are made of their parts, for the page to explain."""
    terms_version: Mapped[str | None] = mapped_column(String(16))
    """The version of the shop's terms that the buyer accepted last."""
    terms_accepted_at: Mapped[datetime | None]
    notice: Mapped[str | None] = mapped_column(String(64))
    """The code of what last went wrong with paying, for the page to explain."""
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    completed_at: Mapped[datetime | None]

    lines: Mapped[list["CheckoutLineRow"]] = relationship(
        lazy="raise", order_by="CheckoutLineRow.position", cascade="all, delete-orphan"
    )
    buyer: Mapped["BuyerRow | None"] = relationship(lazy="raise", cascade="all, delete-orphan")


class CheckoutLineRow(Table):
    """A line of a checkout session; the agreed amounts stand in it from Pay on."""

    __tablename__ = "checkout_lines"
    __table_args__ = (CheckConstraint("quantity >= 1", name="quantity"),)

    checkout_id: Mapped[int] = mapped_column(
        ForeignKey("checkout_sessions.id", ondelete="CASCADE"), primary_key=True
    )
    variant_id: Mapped[int] = mapped_column(ForeignKey("variants.id"), primary_key=True)
    position: Mapped[int]
    quantity: Mapped[int]
    seen_amount_minor: Mapped[int | None] = mapped_column(Id)
    """What the shopper was told elsewhere, to say `price_changed`; it decides nothing."""
    unit_amount_minor: Mapped[int | None] = mapped_column(Id)


class BuyerRow(Table):
    """The person who buys. The only table with personal data."""

    __tablename__ = "buyers"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    checkout_id: Mapped[int] = mapped_column(
        ForeignKey("checkout_sessions.id", ondelete="CASCADE"), unique=True
    )
    email: Mapped[str] = mapped_column(String(254))
    name: Mapped[str] = mapped_column(String(120))
    line1: Mapped[str] = mapped_column(String(120))
    line2: Mapped[str] = mapped_column(String(120))
    city: Mapped[str] = mapped_column(String(120))
    region: Mapped[str] = mapped_column(String(120))
    postal_code: Mapped[str] = mapped_column(String(120))
    country: Mapped[str] = mapped_column(String(2))
    phone: Mapped[str] = mapped_column(String(120))
    district: Mapped[str] = mapped_column(String(120), default="")
    """A part of the city, where addresses have one."""
    gift_note: Mapped[str] = mapped_column(String(300), default="")
    return_notes: Mapped[dict[str, Any]] = mapped_column(default=dict)
    """What was written to each return, by its number within the order."""


class StockHoldRow(Table):
    """Units set aside for a checkout session that is being paid: claimed or released, once."""

    __tablename__ = "stock_holds"
    __table_args__ = (
        UniqueConstraint("payment_id", "variant_id"),
        CheckConstraint("quantity >= 1", name="quantity"),
        CheckConstraint("state IN ('active', 'claimed', 'released')", name="state"),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    payment_id: Mapped[int] = mapped_column(ForeignKey("payments.id"))
    variant_id: Mapped[int] = mapped_column(ForeignKey("variants.id"), index=True)
    quantity: Mapped[int]
    state: Mapped[str] = mapped_column(String(16))


class OrderRow(Table):
    """A finished purchase: one for each checkout session at most."""

    __tablename__ = "orders"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    order_number: Mapped[str] = mapped_column(String(40), unique=True)
    checkout_id: Mapped[int] = mapped_column(ForeignKey("checkout_sessions.id"), unique=True)
    payment_id: Mapped[int] = mapped_column(ForeignKey("payments.id"), unique=True)
    status: Mapped[OrderStatus] = mapped_column(one_of(OrderStatus, "status"))
    currency: Mapped[str] = mapped_column(String(3))
    total_minor: Mapped[int] = mapped_column(Id)
    totals: Mapped[list[Any]]
    breakdown: Mapped[dict[str, Any] | None]
    terms_version: Mapped[str | None] = mapped_column(String(16))
    terms_accepted_at: Mapped[datetime | None]
    fulfillment_title: Mapped[str] = mapped_column(String(120))
    fulfillment_status: Mapped[str] = mapped_column(String(32))
    placed_at: Mapped[datetime] = mapped_column(index=True)

    lines: Mapped[list["OrderLineRow"]] = relationship(
        lazy="raise", order_by="OrderLineRow.position"
    )


class OrderLineRow(Table):
    """What was bought, in the words and at the price of that moment."""

    __tablename__ = "order_lines"

    order_id: Mapped[int] = mapped_column(ForeignKey("orders.id"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    variant_id: Mapped[int] = mapped_column(ForeignKey("variants.id"))
    product_slug: Mapped[str] = mapped_column(String(100))
    variant_handle: Mapped[str] = mapped_column(String(120))
    sku: Mapped[str] = mapped_column(String(64))
    title: Mapped[str] = mapped_column(String(300))
    variant_title: Mapped[str] = mapped_column(String(300))
    quantity: Mapped[int]
    unit_amount_minor: Mapped[int] = mapped_column(Id)
