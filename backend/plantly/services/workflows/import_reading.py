"""Read a catalog a portion ahead of whoever writes: in a thread, or in a process of its own."""

import asyncio
from collections.abc import AsyncGenerator, Iterator
from contextlib import contextmanager

import anyio.to_thread

from plantly.services.formats.portions import HowToRead, Portion, portions_of
from plantly.services.workflows.import_process import started
from plantly.services.workflows.import_source import ImportSource


@contextmanager
def reading(
    source: ImportSource, how: HowToRead, apart_from: int | None
) -> Iterator[Iterator[Portion]]:
    """Give the portions of a source, which must not be read by others meanwhile.

    One of `apart_from` bytes or more is read by a process of its own, if that can be started.
    """
    process = None
    if apart_from is not None and source.size >= apart_from:
        process = started(source.file)
    if process is None:
        yield portions_of(source.file, how)
        return
    with process:
        yield process.portions(how)


async def read_ahead(portions: Iterator[Portion]) -> AsyncGenerator[Portion]:
    """Read off the loop, a portion ahead of whoever writes: both wait for others half the time."""
    coming = _next(portions)
    try:
        ended = False
        while not ended:
            portion = await coming
            ended = portion.ended
            if not ended:
                coming = _next(portions)
            yield portion
    finally:
        # The thread cannot be broken off; nobody else reads the file before it is done.
        await asyncio.gather(coming, return_exceptions=True)


def _next(portions: Iterator[Portion]) -> asyncio.Future[Portion]:
    return asyncio.ensure_future(anyio.to_thread.run_sync(next, portions))
