"""Values that can be found again wherever they went, and everything that could give them away."""

import io
import json
import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote, quote_plus, urlsplit

from opentelemetry import trace

from plantly.db import Database, UnitOfWork
from plantly.db.base import Table

PERSON: Final[Mapping[str, str]] = {
    "email": "canary.wren@birds-of-a-feather.example",
    "name": "Canaria Nightingale",
    "line1": "4711 Canarywharf Crescent",
    "line2": "Canarybox Penthouse",
    "city": "Canaryfield",
    "region": "CA",
    "postal_code": "94188-7733",
    "country": "US",
    "phone": "+1 415 555 0193",
    "district": "Canaryborough",
    "gift_note": "Sing like a canarybird, dear Philomela",
}
SAID: Final = {
    name: value for name, value in PERSON.items() if name not in {"region", "country", "district"}
}
"""What is looked for, and each column of the buyers that it may stand in."""

CARD: Final = "4111111111111111"
CARDS: Final = (
    CARD,
    "4111 1111 1111 1111",
    "4111-1111-1111-1111",
    "4111.1111.1111.1111",
    "4111 1111 1111 1111",
    "378282246310005",
    "card 5555-5555-5555-4444, 12/29",
)


@dataclass
class Ears:
    """Hears every log at every level, and every span that would be exported."""

    text: io.StringIO = field(default_factory=io.StringIO)
    spans: list[object] = field(default_factory=list)

    def heard(self) -> str:
        """Give all that was said until now."""
        return self.text.getvalue() + repr(self.spans)


class _Ear(logging.Handler):
    def __init__(self, ears: Ears) -> None:
        super().__init__(logging.DEBUG)
        self._ears = ears
        self.setFormatter(logging.Formatter("%(name)s %(levelname)s %(message)s"))

    def emit(self, record: logging.LogRecord) -> None:
        if not _is_of_the_tests_own_client(record):
            self._ears.text.write(self.format(record) + "\n")


def _is_of_the_tests_own_client(record: logging.LogRecord) -> bool:
    """Say whether the browser of a test says where it went: it runs in the same process.

    The shop itself asks its provider, and the provider delivers webhooks, nothing else.
    """
    if record.name != "httpx":
        return False
    asked = record.args[1] if isinstance(record.args, tuple) and len(record.args) > 1 else ""
    path = urlsplit(str(asked)).path
    return not path.startswith("/sandbox/v1/") and path != "/webhooks/sandbox"


@contextmanager
def listening() -> Iterator[Ears]:
    """Listen with every logger at DEBUG, those of every library included."""
    ears = Ears()
    handler = _Ear(ears)
    named = [logging.getLogger(name) for name in list(logging.root.manager.loggerDict)]
    loggers = [logging.root, *named, logging.getLogger("sqlalchemy"), logging.getLogger("httpx")]
    before = [(logger, logger.level, logger.propagate, logger.disabled) for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.DEBUG)
        logger.propagate, logger.disabled = True, False
    logging.root.addHandler(handler)
    try:
        yield ears
    finally:
        logging.root.removeHandler(handler)
        for logger, level, propagate, disabled in reversed(before):
            logger.setLevel(level)
            logger.propagate, logger.disabled = propagate, disabled


class CollectingTracer(trace.NoOpTracer):
    """Collects what an exporter of traces would send on."""

    def __init__(self, ears: Ears) -> None:
        self._ears = ears

    @contextmanager
    def start_as_current_span(  # type: ignore[override]
        self, name: str, *_: Any, **kwargs: Any
    ) -> Iterator[trace.Span]:
        self._ears.spans.append((name, kwargs.get("attributes")))
        yield _Span(self._ears)


class _Span(trace.NonRecordingSpan):
    def __init__(self, ears: Ears) -> None:
        super().__init__(trace.INVALID_SPAN_CONTEXT)
        self._ears = ears

    def is_recording(self) -> bool:
        return True

    def set_attribute(self, key: str, value: Any) -> None:
        self._ears.spans.append((key, value))

    def set_attributes(self, attributes: Any) -> None:
        self._ears.spans.append(attributes)

    def add_event(self, *args: Any, **kwargs: Any) -> None:
        self._ears.spans.append((args, kwargs))

    def record_exception(self, exception: BaseException, *args: Any, **kwargs: Any) -> None:
        self._ears.spans.append((repr(exception), args, kwargs))

    def set_status(self, status: Any, description: str | None = None) -> None:
        self._ears.spans.append((status, description))


@cache
def spellings(value: str) -> frozenset[str]:
    """Give a value as it could be written in a log, a page, an address or a JSON text."""
    plain = {value, value.lower(), value.casefold(), value.upper()}
    return frozenset(
        plain | {quote(value), quote_plus(value), json.dumps(value)[1:-1], repr(value)[1:-1]}
    )


def found_in(text: str, values: Mapping[str, str]) -> list[str]:
    """Name the values that stand in a text, however they are spelled."""
    return [name for name, value in values.items() if any(way in text for way in spellings(value))]


def lines_with(text: str, values: Mapping[str, str]) -> list[str]:
    """Give the lines in which a value stands, however it is spelled."""
    # A long log without any is looked through once, not line by line.
    lines = text.splitlines() if found_in(text, values) else []
    return [line for line in lines if found_in(line, values)]


async def columns_with(db: Database, value: str) -> set[str]:
    """Name every column of every table in which a value stands, alone or in anything else."""
    return (await columns_by_name(db, {"value": value}))["value"]


async def columns_by_name(db: Database, values: Mapping[str, str]) -> dict[str, set[str]]:
    """Name the same for each of many values, with one look at the tables."""
    columns = await db.read(_columns)
    return {
        name: {column for column, text in columns.items() if found_in(text, {name: value})}
        for name, value in values.items()
    }


def _columns(uow: UnitOfWork) -> dict[str, str]:
    """Give all that stands in each column, a line for each row."""
    found = {}
    for table in Table.metadata.sorted_tables:
        rows = uow.connection.execute(table.select()).all()
        for number, column in enumerate(table.columns):
            found[f"{table.name}.{column.name}"] = "\n".join(str(row[number]) for row in rows)
    return found


def bytes_of(url: str) -> bytes:
    """Read all that SQLite has written, its log and its freed pages included."""
    file = Path(url.removeprefix("sqlite:///"))
    return b"".join(path.read_bytes() for path in sorted(file.parent.glob(f"{file.name}*")))
