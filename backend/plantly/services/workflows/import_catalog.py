"""Import a catalog: read it off the loop, write it in short transactions, continue after a kill."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from dataclasses import dataclass, replace
from functools import partial
from typing import TypeVar

import anyio
import anyio.to_thread

from plantly.db import Database, UnitOfWork
from plantly.domain.catalog_document import CatalogHead
from plantly.domain.errors import InvalidInput
from plantly.domain.imports import ImportState
from plantly.services.formats.portions import HowToRead, Portion
from plantly.services.formats.reading import FORMATS, detect
from plantly.services.imports import (
    Batch,
    Run,
    RunOptions,
    StockRule,
    TakenOver,
    begin,
    finish,
    is_empty,
    is_unfinished,
    known_to_readers,
    new_filters,
    prune,
    take_batch,
    write_batch,
)
from plantly.services.workflows.import_garbage import LeftBehind
from plantly.services.workflows.import_images import PictureFetching
from plantly.services.workflows.import_place import ImportPlace
from plantly.services.workflows.import_reading import read_ahead, reading
from plantly.services.workflows.import_report import ImportReport, ProblemFile, counted
from plantly.services.workflows.import_source import ImportSource, currency_in

T = TypeVar("T")

_OWN_FORMAT = "plantly-json"
_NOT_PRUNED = (
    "Nothing was archived, because {} rows were skipped and may be products that are still there: "
    "mend them, then import again with --prune."
)
_NOTHING_TO_PRUNE_BY = "Nothing would be archived, because the file has no product."


@dataclass(frozen=True, slots=True)
class ImportWishes:
    """What the merchant wants of an import."""

    format: str | None = None
    stock: StockRule = "new"
    prune: bool = False
    strict: bool = False
    dry_run: bool = False
    images: bool = False
    restart: bool = False
    by: str = ""
    """Who wishes it: a person at a keyboard, or a feed that is due."""


class _Rehearsed(Exception):
    """Ends a transaction that must not be committed."""


async def import_catalog(
    source: ImportSource, wishes: ImportWishes, place: ImportPlace
) -> ImportReport:
    """Import a file, or continue the import of it that was broken off.

    Raises:
        InvalidInput: It is no catalog, or none for this shop.
    """
    began = anyio.current_time()
    importing = _Importing(source, wishes, place, await _drafted(source, wishes, place))
    report = await importing.run()
    report.seconds = anyio.current_time() - began
    return report


async def rolled_back(db: Database, work: Callable[[UnitOfWork], T]) -> T:
    """Run `work` in a transaction that writes, and keep nothing of it but what it returns."""
    found: list[T] = []

    def unit(uow: UnitOfWork) -> None:
        found.append(work(uow))
        uow.finish()
        raise _Rehearsed

    (ended,) = await asyncio.gather(db.write(unit), return_exceptions=True)
    if isinstance(ended, BaseException) and not isinstance(ended, _Rehearsed):
        raise ended
    return found[-1]


async def _drafted(source: ImportSource, wishes: ImportWishes, place: ImportPlace) -> Run:
    """Find out what the file is, and what its readers have to know of the shop."""
    if wishes.format is not None and wishes.format not in FORMATS:
        told = f"The format {wishes.format!r} is not known: use {', '.join(FORMATS)}."
        raise InvalidInput("format", told)
    head = await anyio.to_thread.run_sync(source.head)
    chosen = wishes.format or detect(head, source.name.removesuffix("?..."))
    options = RunOptions(chosen, wishes.stock, wishes.prune)
    said = currency_in(head) if chosen == _OWN_FORMAT else None

    def draft(uow: UnitOfWork) -> Run:
        context = known_to_readers(uow, place.media_url, said)
        return Run(0, uow.ids.token("i_"), options, context, by=wishes.by)

    return await place.db.read(draft)


class _Importing:
    """One import of one file."""

    def __init__(
        self, source: ImportSource, wishes: ImportWishes, place: ImportPlace, draft: Run
    ) -> None:
        self._source = source
        self._wishes = wishes
        self._place = place
        self._db = place.db
        self._draft = draft
        self._head: CatalogHead | None = None
        self._report = self._new_report(place.problems)

    async def run(self) -> ImportReport:
        """Do what the merchant wants."""
        wishes = self._wishes
        if wishes.dry_run or (wishes.strict and not await self._goes_on()):
            await self._rehearse()
            if wishes.dry_run or self._report.skipped:
                return await self._only_rehearsed()
            # The report's file has been told the notes.
            self._report = self._new_report(None)
        source = (self._source.name, self._source.digest)
        run, continued = await self._db.write(
            partial(begin, source=source, draft=self._draft, restart=wishes.restart)
        )
        if continued:
            self._tell_continued(run)
        try:
            run = await self._prune(await self._write(run))
        except InvalidInput as error:
            if not isinstance(error, TakenOver):
                await self._db.write(partial(finish, run=run, state=ImportState.FAILED))
            raise
        await self._db.write(partial(finish, run=run, state=ImportState.DONE))
        await self._pictures(run)
        await self._tell_filters()
        return self._report

    async def _goes_on(self) -> bool:
        """Say whether this continues what was looked through and begun already."""
        if self._wishes.restart:
            return False
        digest, options = self._source.digest, self._draft.options
        return await self._db.read(partial(is_unfinished, digest=digest, options=options))

    async def _rehearse(self) -> None:
        """Read everything, and write all of it in transactions that are never committed."""
        run = self._draft
        async with aclosing(self._portions(run)) as portions:
            async for portion in portions:
                batch = Batch(portion.products, self._head)
                work = partial(write_batch, run=run, batch=batch)
                counts, refusals = await rolled_back(self._db, work)
                self._report.add_all(refusals)
                read = run.done + len(portion.products)
                run = replace(run, done=read, counts=run.counts.plus(counts))
                self._report.counts = run.counts

    async def _write(self, run: Run) -> Run:
        async with aclosing(self._portions(run)) as portions:
            async for portion in portions:
                began = anyio.current_time()
                if portion.products or portion.head:
                    batch = Batch(portion.products, portion.head, portion.groundwork)
                    run, refusals = await self._db.write(partial(take_batch, run=run, batch=batch))
                    self._report.add_all(refusals)
                    self._report.counts = run.counts
                await anyio.sleep((anyio.current_time() - began) * self._place.leisure)
        return run

    async def _portions(self, run: Run) -> AsyncGenerator[Portion]:
        """Read what is left to do. What is done is read again, but not given."""
        place, report, done = self._place, self._report, run.done
        is_new, left = await place.db.read(is_empty), LeftBehind()
        how = HowToRead(run.options.format, run.context, place.at_once, is_new=is_new)
        with reading(self._source, how, place.apart_from) as read:
            async with aclosing(read_ahead(read)) as portions:
                async for portion in portions:
                    self._head = portion.head or self._head
                    report.read += len(portion.products)
                    report.add_all(portion.problems)
                    if done:
                        again = min(done, len(portion.products))
                        done -= again
                        portion.head = None
                        del portion.products[:again]
                        portion.groundwork = None
                    place.progress(portion.position, self._source.size)
                    yield portion
                    left.let_go(portion)

    async def _prune(self, run: Run) -> Run:
        if not run.options.prune:
            return run
        if self._report.skipped:
            self._report.messages.append(_NOT_PRUNED.format(self._report.skipped))
            return run
        run = await self._db.write(partial(prune, run=run))
        self._report.counts = run.counts
        return run

    async def _only_rehearsed(self) -> ImportReport:
        report, wishes = self._report, self._wishes
        report.written = False
        counts = report.counts
        if wishes.prune and report.skipped:
            report.messages.append(_NOT_PRUNED.format(report.skipped))
        elif wishes.prune and not report.read:
            report.messages.append(_NOTHING_TO_PRUNE_BY)
        elif wishes.prune:
            active = await self._db.read(lambda uow: uow.imports.count_active())
            report.prunable = max(0, active - counts.updated - counts.unchanged)
        return report

    async def _pictures(self, run: Run) -> None:
        report, place = self._report, self._place
        if self._wishes.images:
            fetching = PictureFetching(
                self._db, place.fetcher, place.media_folder, report, place.progress
            )
            await fetching.run(run.id)
        left = report.pictures_remote = await self._db.read(
            lambda uow: uow.imports.count_remote(run.id)
        )
        if left and not self._wishes.images:
            report.messages.append(
                f"{counted(left, 'picture')} on other servers: import with --images, so that your "
                "shop serves them."
            )

    async def _tell_filters(self) -> None:
        head = self._head
        if head is None:
            return
        new = await self._db.read(partial(new_filters, head=head))
        if new:
            self._report.messages.append(
                f"The file defines filters ({', '.join(new)}): `plantly shop apply shop.toml` "
                "puts them into the tools."
            )

    def _tell_continued(self, run: Run) -> None:
        """Say that an import goes on; what it refused before is part of the report."""
        report = self._report
        report.continued_at, report.counts = run.done, run.counts
        report.add_all(run.refusals)
        report.skipped += run.counts.refused - len(run.refusals)
        report.messages.append(
            f"An import of this file was broken off after {run.done} products: it was continued "
            "(--restart begins anew)."
        )

    def _new_report(self, file: ProblemFile | None) -> ImportReport:
        return ImportReport(
            source=self._source.name,
            format=self._draft.options.format,
            dry_run=self._wishes.dry_run,
            file=file,
        )
