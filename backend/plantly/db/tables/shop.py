"""The shop itself, the secrets it made for itself, and who leads its background work."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, String
from sqlalchemy.orm import Mapped, mapped_column

from plantly.db.base import Table


class ShopRow(Table):
    """The one row that says what `shop.toml` said, and which catalog the tools describe."""

    __tablename__ = "shop"
    __table_args__ = (CheckConstraint("id = 1", name="only_one"),)

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    version: Mapped[str] = mapped_column(String(64))
    """Another token each time `shop.toml` is applied; what was read stays good until then."""
    catalog_version: Mapped[str] = mapped_column(String(64))
    """Another token each time the catalog changes in anything but stock."""
    config: Mapped[dict[str, Any]]
    facets: Mapped[list[Any]]
    """The facet arguments of the tools: a snapshot, because hosts freeze tool lists."""
    applied_at: Mapped[datetime]


class SecretRow(Table):
    """A secret that this installation made for itself."""

    __tablename__ = "install_secrets"

    name: Mapped[str] = mapped_column(String(64), primary_key=True)
    value: Mapped[str] = mapped_column(String(200))


class LeaseRow(Table):
    """Who may do a piece of background work, and until when."""

    __tablename__ = "leases"

    name: Mapped[str] = mapped_column(String(64), primary_key=True)
    owner: Mapped[str] = mapped_column(String(64))
    expires_at: Mapped[datetime]
