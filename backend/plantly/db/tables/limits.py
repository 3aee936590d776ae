"""How often something was done, by whom: counted under keyed hashes, and soon forgotten."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from plantly.db.base import Table


class RateLimitRow(Table):
    """One caller of one limit. Moments are microseconds since 1970, as `domain.limits` has them."""

    __tablename__ = "rate_limits"

    key: Mapped[str] = mapped_column(String(32), primary_key=True)
    """A keyed hash of the limit's name and the caller; only this installation can make it."""
    spent_until: Mapped[int] = mapped_column(BigInteger)
    expires_at: Mapped[int] = mapped_column(BigInteger, index=True)
    """From then on the row says nothing that no row does not say."""


class PaymentOriginRow(Table):
    """What a decline of a payment will cost, and whom: its answer comes from the provider."""

    __tablename__ = "payment_origins"

    payment_id: Mapped[int] = mapped_column(
        ForeignKey("payments.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    costs: Mapped[list[Any]]
    expires_at: Mapped[datetime] = mapped_column(index=True)
