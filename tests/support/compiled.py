"""One memory of compiled statements for all the databases that tests open."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

import pytest
from sqlalchemy import Engine, create_engine
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.util import LRUCache

_MOST: Final = 2000


@contextmanager
def compiled_statements_are_shared() -> Iterator[None]:
    """Let every engine that is made use what the first one of its kind has compiled.

    A shop compiles a statement once and runs it for weeks. A test opens a database of its own, and
    would compile each again, which is a quarter of its work.
    """
    kept: dict[str, Engine] = {}

    def shared(*given: Any, **options: Any) -> Engine:
        made = create_engine(*given, **options)
        _share(kept, made)
        return made

    def shared_async(*given: Any, **options: Any) -> AsyncEngine:
        made = create_async_engine(*given, **options)
        _share(kept, made.sync_engine)
        return made

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("plantly.db.engine.create_engine", shared)
        patch.setattr("plantly.db.engine.create_async_engine", shared_async)
        yield


def _share(kept: dict[str, Engine], made: Engine) -> None:
    first = kept.get(made.name)
    # What is compiled belongs to a dialect, and one that never connected knows no server yet.
    if first is None or first.dialect.server_version_info is None:
        made._compiled_cache = LRUCache(_MOST)
        kept[made.name] = made
    else:
        made.dialect, made._compiled_cache = first.dialect, first._compiled_cache
