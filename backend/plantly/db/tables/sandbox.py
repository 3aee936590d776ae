"""The ledger of the sandbox provider: what a real provider would keep on its own side.

Nothing of the shop reads these tables; it asks the sandbox over HTTP, as it would ask any provider.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from plantly.db.base import Id, Table


class SandboxPaymentRow(Table):
    """A payment at the sandbox."""

    __tablename__ = "sandbox_payments"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    public_id: Mapped[str] = mapped_column(String(64), unique=True)
    page_token: Mapped[str] = mapped_column(String(64), unique=True)
    idempotency_key: Mapped[str] = mapped_column(String(64), unique=True)
    request_hash: Mapped[str] = mapped_column(String(64))
    reference: Mapped[str] = mapped_column(String(64))
    amount_minor: Mapped[int] = mapped_column(Id)
    currency: Mapped[str] = mapped_column(String(3))
    status: Mapped[str] = mapped_column(String(32))
    captured_minor: Mapped[int] = mapped_column(Id)
    captured_currency: Mapped[str | None] = mapped_column(String(3))
    """Differs from the currency asked for when chaos says so."""
    capture_key: Mapped[str | None] = mapped_column(String(64))
    """The Idempotency-Key with which an authorization was captured, and what was asked for."""
    capture_asked_minor: Mapped[int | None] = mapped_column(Id)
    refunds: Mapped[list[Any]]
    description: Mapped[str] = mapped_column(String(200))
    return_url: Mapped[str] = mapped_column(String(2000))
    webhook_url: Mapped[str | None] = mapped_column(String(2000))
    """Where its webhooks go; nowhere named means to the shop of the same server."""
    created_at: Mapped[datetime]
    capture_at: Mapped[datetime | None]
    """When a payment that was put off is captured, or one that was over is captured after all."""
    expires_at: Mapped[datetime]
    authorized_until: Mapped[datetime | None]
    due_at: Mapped[datetime | None] = mapped_column(index=True)
    """When time alone changes this payment the next time."""


class SandboxEventRow(Table):
    """A webhook that the sandbox has to deliver until it is accepted."""

    __tablename__ = "sandbox_events"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    payment_id: Mapped[int] = mapped_column(ForeignKey("sandbox_payments.id"))
    public_id: Mapped[str] = mapped_column(String(64), unique=True)
    body: Mapped[str]
    attempts: Mapped[int]
    next_at: Mapped[datetime]
    repeats: Mapped[int]
    """How often it is still delivered again after it was accepted."""
    held: Mapped[bool]
    """Whether it waits for a later event of its payment to overtake it."""
    delivered_at: Mapped[datetime | None] = mapped_column(index=True)


class SandboxCallRow(Table):
    """How often the API was called in the same way: chaos lets the first fail, not the second."""

    __tablename__ = "sandbox_calls"

    name: Mapped[str] = mapped_column(String(64), primary_key=True)
    count: Mapped[int]
