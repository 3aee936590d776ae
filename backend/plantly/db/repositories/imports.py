"""Imports of catalogs, the pictures that came with them, and the feeds that repeat."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, or_, select, update
from sqlalchemy.orm import Session

from plantly.db.tables import (
    CatalogImportRow,
    CatalogSyncRow,
    FetchedPictureRow,
    MediaRow,
    ProductRow,
)
from plantly.domain.catalog import PublishState
from plantly.domain.imports import ImportState, SyncState

_AT_ONCE = 500
_FEW_PAGES = 1000
"""Of the log, what SQLite itself thinks is enough."""
_PATIENCE_MS = 120_000
_HURRY = {"gin_pending_list_limit": 8192, "work_mem": 32768, "synchronous_commit": "off"}
"""What waits to be indexed and what it is sorted in, in KiB; and that COMMIT waits for no disk."""
_REMOTE = or_(MediaRow.path.like("http://%"), MediaRow.path.like("https://%"))


@dataclass(frozen=True, slots=True)
class FetchedPicture:
    """A picture of ours: its file below the media address, and its size in pixels."""

    path: str
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class RemotePicture:
    """A row of a product's pictures that names another server's file."""

    media_id: int
    product_id: int
    slug: str
    url: str


class ImportRepository:
    """Keeps how far each import came."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def add(self, row: CatalogImportRow) -> int:
        """Keep a new import; return its id."""
        self._session.add(row)
        self._session.flush()
        return row.id

    def get(self, run_id: int) -> CatalogImportRow:
        """Return one import."""
        return self._session.get_one(CatalogImportRow, run_id)

    def unfinished(self, digest: str, options: Mapping[str, Any]) -> CatalogImportRow | None:
        """Return the latest import of this file with these options, if it was broken off."""
        rows = self._session.scalars(
            select(CatalogImportRow)
            .where(CatalogImportRow.digest == digest)
            .order_by(CatalogImportRow.id.desc())
        )
        latest = next((row for row in rows if row.options == options), None)
        return latest if latest is not None and latest.state is ImportState.RUNNING else None

    def advance(self, run_id: int, owner: str, done: int, by: int) -> bool:
        """Count products as done; say no if somebody else has taken the import over."""
        changed = self._session.execute(
            update(CatalogImportRow)
            .where(
                CatalogImportRow.id == run_id,
                CatalogImportRow.owner == owner,
                CatalogImportRow.products_done == done,
                CatalogImportRow.state == ImportState.RUNNING,
            )
            .values(products_done=done + by)
            .execution_options(synchronize_session=False)
        )
        return bool(changed.rowcount)  # type: ignore[attr-defined] # of every UPDATE

    def copy_rarely(self) -> None:
        """Let SQLite bring what is committed into its main file once in many pages.

        Until then it stands in the log, as safe as there; but most pages are written many times.
        """
        self._copy_every(_FEW_PAGES * 64)

    def copy_as_usual(self) -> None:
        """Let it do so again when this transaction is committed."""
        self._copy_every(_FEW_PAGES)

    def _copy_every(self, pages: int) -> None:
        connection = self._session.connection()
        if connection.dialect.name == "sqlite":
            connection.exec_driver_sql(f"PRAGMA wal_autocheckpoint = {pages}")

    def wait_longer(self) -> None:
        """Let PostgreSQL take minutes for a statement of this transaction, not seconds.

        Nobody waits for an import, and a disk that is busy for a while is no reason to end one.
        """
        connection = self._session.connection()
        if connection.dialect.name == "postgresql":
            connection.exec_driver_sql(f"SET LOCAL statement_timeout = {_PATIENCE_MS}")

    def hurry(self) -> None:
        """Let PostgreSQL put off what it can of what this transaction writes.

        More of it waits to be indexed, and searches read through that: only where nobody searches
        yet. The disk has it a while later: only what is done again when power fails.
        """
        connection = self._session.connection()
        if connection.dialect.name == "postgresql":
            for name, value in _HURRY.items():
                connection.exec_driver_sql(f"SET LOCAL {name} = {value}")

    def count_active(self) -> int:
        """Return how many products shoppers see."""
        return self._session.scalars(
            select(func.count())
            .select_from(ProductRow)
            .where(ProductRow.state == PublishState.ACTIVE)
        ).one()

    def has_active(self) -> bool:
        """Say whether shoppers see any product."""
        active = select(ProductRow.id).where(ProductRow.state == PublishState.ACTIVE)
        return self._session.execute(active.limit(1)).first() is not None

    def fetched(self, urls: Sequence[str]) -> dict[str, FetchedPicture]:
        """Return what became of those addresses that were fetched."""
        by_digest = {digest_of(url): url for url in urls}
        digests = list(by_digest)
        found: dict[str, FetchedPicture] = {}
        for start in range(0, len(digests), _AT_ONCE):
            rows = self._session.execute(
                select(
                    FetchedPictureRow.url_digest,
                    FetchedPictureRow.path,
                    FetchedPictureRow.width,
                    FetchedPictureRow.height,
                ).where(FetchedPictureRow.url_digest.in_(digests[start : start + _AT_ONCE]))
            )
            found |= {by_digest[row[0]]: FetchedPicture(row[1], row[2], row[3]) for row in rows}
        return found

    def count_remote(self, run_id: int) -> int:
        """Return how many pictures of an import's products are on other servers."""
        return self._session.scalars(
            select(func.count())
            .select_from(MediaRow)
            .join(ProductRow, ProductRow.id == MediaRow.product_id)
            .where(ProductRow.seen_in == run_id, _REMOTE)
        ).one()

    def remote(self, run_id: int, after: int, limit: int) -> list[RemotePicture]:
        """Return pictures of an import's products that are on other servers, in row order."""
        rows = self._session.execute(
            select(MediaRow.id, ProductRow.id, ProductRow.slug, MediaRow.path)
            .join(ProductRow, ProductRow.id == MediaRow.product_id)
            .where(ProductRow.seen_in == run_id, MediaRow.id > after, _REMOTE)
            .order_by(MediaRow.id)
            .limit(limit)
        )
        return [RemotePicture(*row) for row in rows]

    def keep_picture(
        self, remote: Sequence[RemotePicture], picture: FetchedPicture, now: datetime
    ) -> None:
        """Show our copy wherever these rows name the address it came from, from now on."""
        self._session.merge(
            FetchedPictureRow(
                url_digest=digest_of(remote[0].url),
                path=picture.path,
                width=picture.width,
                height=picture.height,
                fetched_at=now,
            )
        )
        url = remote[0].url
        self._session.execute(
            update(MediaRow)
            .where(MediaRow.id.in_([row.media_id for row in remote]), MediaRow.path == url)
            .values(path=picture.path, width=picture.width, height=picture.height)
        )
        products = [row.product_id for row in remote]
        self._session.execute(
            update(ProductRow)
            .where(ProductRow.id.in_(products), ProductRow.picture_path == url)
            .values(picture_path=picture.path)
        )


class SyncRepository:
    """Keeps the feeds that repeat."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def add(self, row: CatalogSyncRow) -> CatalogSyncRow:
        """Keep a new feed."""
        self._session.add(row)
        self._session.flush()
        return row

    def all(self) -> Sequence[CatalogSyncRow]:
        """Return every feed, oldest first."""
        return self._session.scalars(select(CatalogSyncRow).order_by(CatalogSyncRow.id)).all()

    def find(self, sync_id: int) -> CatalogSyncRow | None:
        """Return one feed."""
        return self._session.get(CatalogSyncRow, sync_id)

    def remove(self, row: CatalogSyncRow) -> None:
        """Forget a feed; what it brought stays."""
        self._session.delete(row)

    def due(self, now: datetime) -> int | None:
        """Return the feed that has been due for the longest time."""
        return self._session.scalars(
            select(CatalogSyncRow.id)
            .where(CatalogSyncRow.next_at <= now)
            .order_by(CatalogSyncRow.next_at, CatalogSyncRow.id)
            .limit(1)
        ).one_or_none()

    def claim(self, sync_id: int, seen_at: datetime, until: datetime) -> bool:
        """Put the next fetch off while one is going on; say no if somebody was quicker."""
        changed = self._session.execute(
            update(CatalogSyncRow)
            .where(CatalogSyncRow.id == sync_id, CatalogSyncRow.next_at == seen_at)
            .values(next_at=until, state=SyncState.RUNNING)
            .execution_options(synchronize_session=False)
        )
        return bool(changed.rowcount)  # type: ignore[attr-defined] # of every UPDATE


def digest_of(url: str) -> str:
    """Return what an address is remembered by."""
    return hashlib.sha256(url.encode("utf-8", "surrogatepass")).hexdigest()
