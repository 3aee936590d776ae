"""Imports of catalogs: how far each came, the feeds that repeat, and the pictures fetched."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from plantly.db.base import Id, Table, one_of
from plantly.domain.imports import ImportState, SyncState


class CatalogImportRow(Table):
    """One import of one file. How far it came is committed with what was written."""

    __tablename__ = "catalog_imports"
    __table_args__ = (Index("ix_catalog_imports_digest", "digest", "id"),)

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    source: Mapped[str] = mapped_column(String(500))
    """A file's name, or an address without user, password and query."""
    digest: Mapped[str] = mapped_column(String(64))
    """SHA-256 of the file: what is continued is the same file."""
    options: Mapped[dict[str, Any]]
    context: Mapped[dict[str, Any]]
    """What the readers knew of the shop at the start, so that a second reading finds the same."""
    state: Mapped[ImportState] = mapped_column(one_of(ImportState, "state"))
    owner: Mapped[str] = mapped_column(String(64))
    """The process that works on it; another one that takes over puts its own name here."""
    products_done: Mapped[int]
    counts: Mapped[dict[str, Any]]
    refusals: Mapped[list[Any]]
    """The first rows that the database refused: line, field, text."""
    started_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]


class FetchedPictureRow(Table):
    """A remote picture that was fetched: which file below the shop's media address it became."""

    __tablename__ = "fetched_pictures"

    url_digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    """SHA-256 of the address, which may hold a signature."""
    path: Mapped[str] = mapped_column(String(200))
    width: Mapped[int]
    height: Mapped[int]
    fetched_at: Mapped[datetime]


class CatalogSyncRow(Table):
    """A feed that is imported again and again."""

    __tablename__ = "catalog_syncs"
    __table_args__ = (
        CheckConstraint("every_seconds > 0", name="every"),
        Index("ix_catalog_syncs_due", "next_at"),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    url: Mapped[str] = mapped_column(String(2000))
    """Whole, so it may hold a secret: it is only ever shown without its query."""
    options: Mapped[dict[str, Any]]
    every_seconds: Mapped[int]
    next_at: Mapped[datetime]
    """When it is due. Whoever works on it puts this off, so that nobody else begins."""
    state: Mapped[SyncState] = mapped_column(one_of(SyncState, "state"))
    last_run_at: Mapped[datetime | None]
    last_said: Mapped[str] = mapped_column(String(500))
    """What came of it, in one sentence."""
    failures: Mapped[int]
    """In a row."""
    etag: Mapped[str] = mapped_column(String(500))
    last_modified: Mapped[str] = mapped_column(String(100))
    digest: Mapped[str] = mapped_column(String(64))
    """Of the file that was imported last, for servers that tell no ETag."""
