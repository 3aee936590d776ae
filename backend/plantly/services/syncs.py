"""Feeds that are imported again and again: what each transaction about them does."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from plantly.db import UnitOfWork
from plantly.db.tables import CatalogSyncRow
from plantly.domain.errors import InvalidInput, NotFound
from plantly.domain.imports import LONGEST_INTERVAL, SHORTEST_INTERVAL, SyncState, pause_after
from plantly.outbound.fetch import Validators, checked_url, masked

CLAIMED_FOR = timedelta(minutes=15)
"""How long a fetch may be silent before somebody else begins it again."""
_LONGEST_SENTENCE = 500


@dataclass(frozen=True, slots=True)
class SyncView:
    """A feed as it may be shown."""

    id: int
    url: str
    """Without user, password and query."""
    options: Mapping[str, Any]
    every: timedelta
    next_at: datetime
    last_run_at: datetime | None
    state: SyncState
    said: str


@dataclass(frozen=True, slots=True)
class DueSync:
    """A feed that is ours to import now."""

    id: int
    url: str
    options: Mapping[str, Any]
    known: Validators
    digest: str


@dataclass(frozen=True, slots=True)
class SyncOutcome:
    """What came of a fetch."""

    state: SyncState
    said: str
    validators: Validators = field(default_factory=Validators)
    digest: str = ""


def add_sync(uow: UnitOfWork, url: str, every: timedelta, options: Mapping[str, Any]) -> SyncView:
    """Keep a feed; it is due at once.

    Raises:
        FetchFailed: This is no http(s) address.
        InvalidInput: It is fetched already, or too often.
    """
    checked_url(url)
    if not SHORTEST_INTERVAL <= every <= LONGEST_INTERVAL:
        raise InvalidInput("every", "A feed is fetched every 5 minutes to every 30 days.")
    if any(row.url == url for row in uow.syncs.all()):
        raise InvalidInput("url", "This feed is there already: remove it first.")
    row = CatalogSyncRow(
        url=url,
        options=dict(options),
        every_seconds=int(every.total_seconds()),
        next_at=uow.now,
        state=SyncState.WAITING,
        last_said="",
        failures=0,
        etag="",
        last_modified="",
        digest="",
    )
    return _view(uow.syncs.add(row))


def list_syncs(uow: UnitOfWork) -> list[SyncView]:
    """Return every feed."""
    return [_view(row) for row in uow.syncs.all()]


def remove_sync(uow: UnitOfWork, sync_id: int) -> SyncView:
    """Forget a feed. The products that it brought stay.

    Raises:
        NotFound: There is no such feed.
    """
    row = _found(uow, sync_id)
    view = _view(row)
    uow.syncs.remove(row)
    return view


def claim(uow: UnitOfWork, sync_id: int | None = None) -> DueSync | None:
    """Return the feed that is due, or the one that is asked for, as ours to import.

    Raises:
        NotFound: There is no such feed.
    """
    wanted = uow.syncs.due(uow.now) if sync_id is None else sync_id
    if wanted is None:
        return None
    row = _found(uow, wanted)
    if not uow.syncs.claim(row.id, row.next_at, uow.now + CLAIMED_FOR):
        return None
    done = row.state in {SyncState.DONE, SyncState.UNCHANGED}
    known = Validators(row.etag, row.last_modified) if done else Validators()
    return DueSync(row.id, row.url, row.options, known, row.digest if done else "")


def keep_claim(uow: UnitOfWork, sync_id: int) -> None:
    """Say that the fetch goes on."""
    row = uow.syncs.find(sync_id)
    if row is not None:
        row.next_at = uow.now + CLAIMED_FOR


def conclude(uow: UnitOfWork, sync_id: int, outcome: SyncOutcome) -> None:
    """Note what came of a fetch, and when the next one is due."""
    row = uow.syncs.find(sync_id)
    if row is None:
        return
    failed = outcome.state is SyncState.FAILED
    row.failures = row.failures + 1 if failed else 0
    row.state, row.last_said = outcome.state, outcome.said[:_LONGEST_SENTENCE]
    row.last_run_at = uow.now
    row.next_at = uow.now + pause_after(timedelta(seconds=row.every_seconds), row.failures)
    if outcome.state is SyncState.DONE:
        row.etag, row.last_modified = outcome.validators.etag, outcome.validators.last_modified
        row.digest = outcome.digest


def _found(uow: UnitOfWork, sync_id: int) -> CatalogSyncRow:
    row = uow.syncs.find(sync_id)
    if row is None:
        told = f"There is no feed {sync_id}: `plantly catalog sync list` shows those that are."
        raise NotFound("sync", told)
    return row


def _view(row: CatalogSyncRow) -> SyncView:
    return SyncView(
        id=row.id,
        url=masked(row.url),
        options=row.options,
        every=timedelta(seconds=row.every_seconds),
        next_at=row.next_at,
        last_run_at=row.last_run_at,
        state=row.state,
        said=row.last_said,
    )
