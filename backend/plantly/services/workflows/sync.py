"""Import feeds when they are due, beside everything else that the worker does."""

import asyncio
import contextlib
import logging
from dataclasses import replace
from functools import partial

import anyio

from plantly.domain.errors import ShopError
from plantly.domain.imports import SyncState
from plantly.services.syncs import DueSync, SyncOutcome, claim, conclude, keep_claim
from plantly.services.workflows.import_catalog import ImportWishes, import_catalog
from plantly.services.workflows.import_place import ImportPlace
from plantly.services.workflows.import_source import fetch_into, spool

log = logging.getLogger("plantly.worker")

_LEISURE = 1.0
_RENEW_SECONDS = 60


async def run_sync(place: ImportPlace, due: DueSync) -> SyncOutcome:
    """Fetch a feed and import it, unless it is what was imported last; note what came of it."""
    try:
        outcome = await _outcome(place, due)
    except (ShopError, OSError) as error:
        told = str(error) if isinstance(error, ShopError) else type(error).__name__
        outcome = SyncOutcome(SyncState.FAILED, told)
    await place.db.write(partial(conclude, sync_id=due.id, outcome=outcome))
    return outcome


async def _outcome(place: ImportPlace, due: DueSync) -> SyncOutcome:
    with spool(place.spool_folder) as into:
        source, fetched = await fetch_into(into, place.fetcher, due.url, due.known)
        if fetched.unchanged or source.digest == due.digest:
            return SyncOutcome(SyncState.UNCHANGED, "The feed has not changed since.")
        claiming = asyncio.create_task(_keep_claiming(place, due.id))
        try:
            wishes = ImportWishes(**due.options, by=f"feed {due.id}")
            report = await import_catalog(source, wishes, place)
        finally:
            claiming.cancel()
    said = " ".join(report.sentences())
    if report.is_refused(strict=False):
        return SyncOutcome(SyncState.FAILED, said)
    return SyncOutcome(SyncState.DONE, said, fetched.validators, source.digest)


async def _keep_claiming(place: ImportPlace, sync_id: int) -> None:
    """Keep others from beginning the same, however long it takes."""
    while True:
        await anyio.sleep(_RENEW_SECONDS)
        await place.db.write(partial(keep_claim, sync_id=sync_id))


class FeedDesk:
    """Imports one feed at a time, in the background: the worker only looks whether one is due."""

    def __init__(self, place: ImportPlace) -> None:
        self._place = replace(place, leisure=_LEISURE)
        self._running: asyncio.Task[None] | None = None

    async def look(self) -> None:
        """Begin with the feed that is due, unless one is being imported."""
        if self._running is not None and not self._running.done():
            return
        if await self._place.db.read(lambda uow: uow.syncs.due(uow.now)) is None:
            return
        due = await self._place.db.write(claim)
        if due is not None:
            self._running = asyncio.create_task(self._run(due))

    async def settled(self) -> None:
        """Wait until nothing is being imported."""
        if self._running is not None:
            await asyncio.wait([self._running])

    async def close(self) -> None:
        """Break off what is going on; whoever comes next continues it."""
        if self._running is not None:
            self._running.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._running

    async def _run(self, due: DueSync) -> None:
        try:
            outcome = await run_sync(self._place, due)
        except Exception as error:  # noqa: BLE001 - the next look finds it due again
            log.warning("feed %d failed: %s", due.id, type(error).__name__)
        else:
            log.info("feed %d: %s", due.id, outcome.state.value)
