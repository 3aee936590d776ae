"""The merchant's own systems that want to be told, and what each of them is told."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from plantly.db.base import Id, Table


class WebhookEndpointRow(Table):
    """An address that outgoing webhooks go to."""

    __tablename__ = "webhook_endpoints"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    public_id: Mapped[str] = mapped_column(String(64), unique=True)
    url: Mapped[str] = mapped_column(String(2000), unique=True)
    events: Mapped[list[str]]
    """Which types it wants: by name, as `order.*`, or `*`."""
    secret: Mapped[str] = mapped_column(String(100))
    older_secret: Mapped[str | None] = mapped_column(String(100))
    older_until: Mapped[datetime | None]
    """Until when the older secret signs, too."""
    created_at: Mapped[datetime]
    failing_since: Mapped[datetime | None]
    """When the first delivery failed after the last one that arrived."""
    disabled_at: Mapped[datetime | None]
    disabled_reason: Mapped[str | None] = mapped_column(String(32))


class WebhookDeliveryRow(Table):
    """One event for one endpoint. It names no person."""

    __tablename__ = "webhook_deliveries"
    __table_args__ = (
        UniqueConstraint("endpoint_id", "event_id"),
        Index("ix_webhook_deliveries_due", "endpoint_id", "next_at"),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    endpoint_id: Mapped[int] = mapped_column(ForeignKey("webhook_endpoints.id", ondelete="CASCADE"))
    event_id: Mapped[str] = mapped_column(String(64), index=True)
    """The `webhook-id`: the same for every try, and for every endpoint."""
    type: Mapped[str] = mapped_column(String(64))
    body: Mapped[str] = mapped_column(Text)
    """The very text that is signed: JSON, without personal data."""
    created_at: Mapped[datetime] = mapped_column(index=True)
    attempts: Mapped[int]
    next_at: Mapped[datetime | None]
    """When it is sent next; nothing once it is done or given up on."""
    leased_until: Mapped[datetime | None]
    last_status: Mapped[int | None]
    last_failure: Mapped[str | None] = mapped_column(String(32))
    done_at: Mapped[datetime | None]
    dead_at: Mapped[datetime | None]
