"""Make live feeds of the catalog: files that are made anew when the catalog has changed."""

import asyncio
import gzip
import hashlib
import os
import tempfile
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from io import BufferedIOBase
from pathlib import Path

from plantly.db import Database, UnitOfWork
from plantly.domain.catalog_document import ProductDocument
from plantly.domain.ids import Clock
from plantly.services.exports.documents import (
    ExportContext,
    Writer,
    export_context,
    first_page,
    next_for_sale,
)
from plantly.services.exports.google import GoogleXmlWriter
from plantly.services.exports.openai_feed import OpenAiLinesWriter, OpenAiTableWriter
from plantly.services.formats.seen import SeenNames

FEEDS: dict[str, Callable[[ExportContext], Writer]] = {
    "openai.jsonl.gz": OpenAiLinesWriter,
    "openai.csv": OpenAiTableWriter,
    "google.xml": GoogleXmlWriter,
}
"""The feeds by the last part of their address."""

FRESH_FOR = timedelta(minutes=15)
"""A feed is made anew after this long, because stock may have changed."""

REST = timedelta(minutes=1)
"""A feed is made anew at most this often, and rests five times as long as making it took."""

_REST_FACTOR = 5
_AT_ONCE = 20
"""Products read at a time: few enough that whoever asks for something else hardly waits."""

_STALE_PATIENCE_SECONDS = 1.0
_KEPT_FOR = timedelta(hours=1)
_LEFTOVERS_AFTER = timedelta(days=1)
_MAKING = ".making-"


@dataclass(frozen=True, slots=True)
class Edition:
    """A feed as it was made: a file that never changes, named by its content."""

    path: Path
    etag: str
    made_at: datetime
    """When this content was made first, in whole seconds."""
    token: tuple[str, str]
    """The versions of shop and catalog that it is of."""
    checked_at: datetime
    took: timedelta


class Stopped(Exception):
    """The server ends before the feed is made."""


class Feeds:
    """Keeps the newest edition of each feed. Whoever asks at the same time shares one making."""

    def __init__(self, db: Database, folder: Path, public_url: str, clock: Clock) -> None:
        self._db = db
        self._folder = folder
        self._public_url = public_url
        self._clock = clock
        self._kept: dict[str, Edition] = {}
        self._making: dict[str, asyncio.Task[Edition]] = {}
        # One at a time: the shop sells meanwhile.
        self._turn = asyncio.Semaphore(1)
        self._stopping = False

    async def current(self, name: str, patience: float) -> Edition | None:
        """Return the newest edition; None when the first one is not ready in that many seconds.

        While a newer one is made for longer than a moment, the one before is given.

        Raises:
            ShopNotReady: `shop.toml` was never applied.
        """
        token = await self._db.read(_token)
        kept = self._kept.get(name)
        if kept is not None and not kept.path.is_file():
            kept = None
        if kept is not None and not self._is_due(kept, token):
            return kept
        task = self._making.get(name)
        if task is None:
            task = self._making[name] = asyncio.create_task(self._make(name, token))
            task.add_done_callback(lambda _: self._making.pop(name, None))
        waits = patience if kept is None else min(patience, _STALE_PATIENCE_SECONDS)
        done, _ = await asyncio.wait({task}, timeout=waits)
        return task.result() if done else kept

    async def stop(self) -> None:
        """Give up what is being made, and wait until nothing is."""
        self._stopping = True
        await asyncio.gather(*self._making.values(), return_exceptions=True)

    def _is_due(self, kept: Edition, token: tuple[str, str]) -> bool:
        age = self._clock() - kept.checked_at
        if age < max(REST, kept.took * _REST_FACTOR):
            return False
        return token != kept.token or age >= FRESH_FOR

    async def _make(self, name: str, token: tuple[str, str]) -> Edition:
        loop = asyncio.get_running_loop()
        async with self._turn:
            now, began = self._clock(), loop.time()
            context = await self._db.read(partial(export_context, public_url=self._public_url))
            draft = await asyncio.to_thread(_Draft, self._folder, name, FEEDS[name](context))
            try:
                await self._fill(draft)
                path = await asyncio.to_thread(draft.publish, now)
            finally:
                await asyncio.to_thread(draft.discard)
            edition = Edition(
                path=path,
                etag=f'"{path.name.split("-")[1].partition(".")[0]}"',
                made_at=datetime.fromtimestamp(path.stat().st_mtime, UTC),
                token=token,
                checked_at=now,
                took=timedelta(seconds=loop.time() - began),
            )
            before, self._kept[name] = self._kept.get(name), edition
            spared = {path, before.path} if before else {path}
            await asyncio.to_thread(_tidy, self._folder, name, spared, now)
            return edition

    async def _fill(self, draft: "_Draft") -> None:
        """Read and write in turns, one short read after the other.

        A product that changes its place meanwhile may be missing; the catalog has another version
        then, and so the feed is made once more.
        """
        loop = asyncio.get_running_loop()
        after = first_page()
        while after is not None:
            if self._stopping:
                raise Stopped
            began = loop.time()
            batch = await self._db.read(partial(next_for_sale, after=after, limit=_AT_ONCE))
            await asyncio.to_thread(draft.add, batch.products)
            after = batch.after
            # Half of the time is for everybody else.
            await asyncio.sleep(loop.time() - began)


class _Draft:
    """A feed that is being written, under a name that nobody asks for."""

    def __init__(self, folder: Path, name: str, writer: Writer) -> None:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._folder, self._name, self._writer = folder, name, writer
        handle, path = tempfile.mkstemp(prefix=_MAKING, dir=folder)
        self._path = Path(path)
        self._raw: BufferedIOBase = os.fdopen(handle, "wb")
        # Without a time and a name in it, the same content gives the same file.
        self._file: BufferedIOBase = (
            gzip.GzipFile("", "wb", 6, self._raw, 0) if name.endswith(".gz") else self._raw
        )
        self._seen = SeenNames()
        self._write(writer.start())

    def add(self, products: Sequence[ProductDocument]) -> None:
        """Write some products, each once: one that moved meanwhile is read again."""
        fresh = [product for product in products if not self._seen.add(product.slug)]
        self._write("".join(map(self._writer.product, fresh)))

    def publish(self, now: datetime) -> Path:
        """Write the end, and give the file its name. The same content keeps its file."""
        self._write(self._writer.end())
        self._close()
        with self._path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()[:32]
        stem, _, suffix = self._name.partition(".")
        path = self._folder / f"{stem}-{digest}.{suffix}"
        if not path.is_file():
            seconds = int(now.timestamp())
            os.utime(self._path, (seconds, seconds))
            self._path.replace(path)
        return path

    def discard(self) -> None:
        """Remove what has not been published."""
        self._close()
        self._path.unlink(missing_ok=True)

    def _write(self, text: str) -> None:
        self._file.write(text.encode())

    def _close(self) -> None:
        self._file.close()
        self._raw.close()


def _token(uow: UnitOfWork) -> tuple[str, str]:
    shop = uow.shop.current()
    return shop.version, shop.catalog_version


def _tidy(folder: Path, name: str, spared: set[Path], now: datetime) -> None:
    """Remove editions that nobody gets any more, and what a crash has left."""
    stem, _, suffix = name.partition(".")
    for pattern, age in (
        (f"{stem}-*.{suffix}", _KEPT_FOR),
        (f"{_MAKING}*", _LEFTOVERS_AFTER),
    ):
        for path in set(folder.glob(pattern)) - spared:
            # Another process may be faster.
            with suppress(FileNotFoundError):
                if path.stat().st_mtime < (now - age).timestamp():
                    path.unlink()
