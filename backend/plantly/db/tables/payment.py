"""Payments, what providers said about them, and the two queues that never lose a message."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from plantly.db.base import Id, Table, one_of
from plantly.domain.payment import FactKind, PaymentStatus

_FLAGGED = text("attention_reason IS NOT NULL")
_OF_A_CHARGE = text("charge_ref IS NOT NULL")


class PaymentRow(Table):
    """One attempt to pay a checkout session. Status and amounts are derived from its facts."""

    __tablename__ = "payments"
    __table_args__ = (
        UniqueConstraint("provider", "session_ref"),
        UniqueConstraint("provider", "payment_ref"),
        Index("ix_payments_poll", "next_poll_at"),
        Index(
            "ix_payments_attention",
            "id",
            sqlite_where=_FLAGGED,
            postgresql_where=_FLAGGED,
        ),
        CheckConstraint(
            "amount_minor > 0 OR (amount_minor = 0 AND provider = 'none')", name="amount"
        ),
        CheckConstraint("refunded_minor <= captured_minor", name="refunds"),
        CheckConstraint("refund_decided_minor <= captured_minor", name="refunds_decided"),
        CheckConstraint("disputed_minor <= captured_minor", name="disputes"),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    reference: Mapped[str] = mapped_column(String(64), unique=True)
    """Our name for it, which travels to the provider and links its webhooks."""
    checkout_id: Mapped[int] = mapped_column(ForeignKey("checkout_sessions.id"), index=True)
    provider: Mapped[str] = mapped_column(String(32))
    idempotency_key: Mapped[str] = mapped_column(String(64), unique=True)
    session_ref: Mapped[str | None] = mapped_column(String(200))
    payment_ref: Mapped[str | None] = mapped_column(String(200))
    """The provider's name for the money, where webhooks of refunds and disputes know no other."""
    redirect_url: Mapped[str | None] = mapped_column(String(2000))
    quote_hash: Mapped[str] = mapped_column(String(64))
    amount_minor: Mapped[int] = mapped_column(Id)
    currency: Mapped[str] = mapped_column(String(3))
    status: Mapped[PaymentStatus] = mapped_column(one_of(PaymentStatus, "status"))
    authorized_minor: Mapped[int] = mapped_column(Id, default=0)
    captured_minor: Mapped[int] = mapped_column(Id)
    refunded_minor: Mapped[int] = mapped_column(Id)
    refund_decided_minor: Mapped[int] = mapped_column(Id, default=0)
    """What went back or was decided to go back: whoever decides on more changes it first."""
    disputed_minor: Mapped[int] = mapped_column(Id, default=0)
    """What open and lost disputes have taken: it cannot be given back as well."""
    needs_attention: Mapped[bool]
    attention_reason: Mapped[str | None] = mapped_column(String(64))
    """Why a person has to look at it."""
    poll_count: Mapped[int]
    next_poll_at: Mapped[datetime | None]
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]

    facts: Mapped[list["PaymentFactRow"]] = relationship(lazy="raise", order_by="PaymentFactRow.id")


class PaymentFactRow(Table):
    """One verified statement of a provider. Rows are only ever added."""

    __tablename__ = "payment_facts"
    __table_args__ = (
        UniqueConstraint("payment_id", "fact_key"),
        Index(
            "ix_payment_facts_charge_ref",
            "charge_ref",
            sqlite_where=_OF_A_CHARGE,
            postgresql_where=_OF_A_CHARGE,
        ),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    payment_id: Mapped[int] = mapped_column(ForeignKey("payments.id"))
    fact_key: Mapped[str] = mapped_column(String(200))
    kind: Mapped[FactKind] = mapped_column(one_of(FactKind, "kind"))
    amount_minor: Mapped[int] = mapped_column(Id)
    currency: Mapped[str] = mapped_column(String(3))
    refund_ref: Mapped[str | None] = mapped_column(String(200))
    dispute_ref: Mapped[str | None] = mapped_column(String(200))
    charge_ref: Mapped[str | None] = mapped_column(String(200))
    """The charge that a capture is of, where one payment may have several."""
    source: Mapped[str] = mapped_column(String(16))
    """`webhook`, `read`, or `shop` for what is known without a provider."""
    recorded_at: Mapped[datetime]


class RefundRow(Table):
    """A refund that we decided on, kept before the provider is asked for it."""

    __tablename__ = "refunds"
    __table_args__ = (CheckConstraint("amount_minor > 0", name="amount"),)

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    payment_id: Mapped[int] = mapped_column(ForeignKey("payments.id"), index=True)
    idempotency_key: Mapped[str] = mapped_column(String(64), unique=True)
    amount_minor: Mapped[int] = mapped_column(Id)
    currency: Mapped[str] = mapped_column(String(3))
    reason: Mapped[str] = mapped_column(String(64))
    status: Mapped[str] = mapped_column(String(16))
    """`pending`, `succeeded` or `failed`."""
    refund_ref: Mapped[str | None] = mapped_column(String(200))
    created_at: Mapped[datetime]


class InboxRow(Table):
    """A webhook event that was verified, kept once however often it is delivered.

    The raw body is not kept: the normalized facts are what a replay needs.
    """

    __tablename__ = "webhook_inbox"
    __table_args__ = (UniqueConstraint("provider", "event_id"),)

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    provider: Mapped[str] = mapped_column(String(32))
    event_id: Mapped[str] = mapped_column(String(200))
    type: Mapped[str] = mapped_column(String(100))
    reference: Mapped[str | None] = mapped_column(String(64))
    session_ref: Mapped[str | None] = mapped_column(String(200))
    """The provider's name for the payment, which may be known here only later."""
    payment_ref: Mapped[str | None] = mapped_column(String(200))
    facts: Mapped[list[Any]]
    received_at: Mapped[datetime]
    handled_at: Mapped[datetime | None] = mapped_column(index=True)
    outcome: Mapped[str] = mapped_column(String(32))


class OutboxRow(Table):
    """Something that must happen after a change, written in the transaction of that change."""

    __tablename__ = "outbox"
    __table_args__ = (Index("ix_outbox_due", "done_at", "available_at"),)

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    topic: Mapped[str] = mapped_column(String(64))
    dedupe_key: Mapped[str] = mapped_column(String(128), unique=True)
    payload: Mapped[dict[str, Any]]
    created_at: Mapped[datetime]
    available_at: Mapped[datetime]
    attempts: Mapped[int]
    leased_until: Mapped[datetime | None]
    """Until when one worker has it for itself; afterwards that worker is taken for dead."""
    done_at: Mapped[datetime | None]
    dead_at: Mapped[datetime | None]
