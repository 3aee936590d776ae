"""Fetch the pictures of an import's products, so that the shop serves them itself."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import anyio

from plantly.db import Database, UnitOfWork
from plantly.db.repositories.imports import FetchedPicture, RemotePicture
from plantly.domain.errors import FetchFailed
from plantly.outbound.fetch import Fetcher
from plantly.outbound.images import fetch_picture
from plantly.services.formats.reading import Problem
from plantly.services.workflows.import_report import ImportReport

_AT_ONCE = 4
_PAGE = 40


@dataclass(slots=True)
class _Page:
    """Some rows, by the address that they name, and what became of each address."""

    by_url: dict[str, list[RemotePicture]]
    known: dict[str, FetchedPicture]
    fetched: dict[str, FetchedPicture] = field(default_factory=dict)
    failed: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class PictureFetching:
    """Fetches pictures into a folder, a few at a time, and keeps each as soon as it can."""

    db: Database
    fetcher: Fetcher
    folder: Path
    report: ImportReport
    progress: Callable[[int, int], None]

    async def run(self, run_id: int) -> None:
        """Fetch every remote picture of an import; broken off, the next run has fewer to fetch."""
        total = await self.db.read(lambda uow: uow.imports.count_remote(run_id))
        done, after = 0, 0
        while rows := await self.db.read(partial(_next_rows, run_id=run_id, after=after)):
            after = rows[-1].media_id
            await self._take(rows)
            done += len(rows)
            self.progress(done, total)

    async def _take(self, rows: Sequence[RemotePicture]) -> None:
        by_url: dict[str, list[RemotePicture]] = {}
        for row in rows:
            by_url.setdefault(row.url, []).append(row)
        known = await self.db.read(lambda uow: uow.imports.fetched(list(by_url)))
        page = _Page(by_url, known)
        missing = [url for url in by_url if url not in known]
        async with anyio.create_task_group() as tasks:
            for _ in range(_AT_ONCE):
                tasks.start_soon(self._fetch, missing, page)
        await self.db.write(partial(_keep, page=page))
        self.report.pictures_fetched += len(page.fetched)
        self.report.pictures_failed += len(page.failed)
        for url, told in page.failed.items():
            slug = page.by_url[url][0].slug
            self.report.add(Problem(0, "image", f"{slug}: {told}", drops_row=False))

    async def _fetch(self, missing: list[str], page: _Page) -> None:
        while missing:
            url = missing.pop()
            try:
                own = await fetch_picture(self.fetcher, url, self.folder)
            except FetchFailed as error:
                page.failed[url] = str(error)
            else:
                page.fetched[url] = FetchedPicture(own.file, own.width, own.height)


def _next_rows(uow: UnitOfWork, *, run_id: int, after: int) -> list[RemotePicture]:
    return uow.imports.remote(run_id, after, _PAGE)


def _keep(uow: UnitOfWork, *, page: _Page) -> None:
    ours = {**page.known, **page.fetched}
    for url, picture in ours.items():
        uow.imports.keep_picture(page.by_url[url], picture, uow.now)
    if ours:
        uow.shop.catalog_changed(uow.ids.token("c_"))
