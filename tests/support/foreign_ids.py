"""Everything that somebody else could send in place of an id of their own."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from random import Random
from typing import Any, Final

from sqlalchemy import text

from plantly.db import Database
from tests.support.shop import Json, ToolShop, dump

_PREFIX: Final = re.compile(r"cart_|cs_|pay_|PL-", re.ASCII)
_MADE: Final = re.compile(r"(?:cart_|cs_|/checkout/)[A-Za-z0-9_-]{16,}|\b[A-Za-z0-9_-]{32}\b")
_BENT: Final = ("cart", "session", "number", "owned cart")
"""One of each shape: how the others bend says nothing more."""

_SEQUENTIAL: Final = ("0", "1", "2", "-1", "cart_1", "cs_1", "PL-1", "PL-0000-0000-0000-0001")
_ODD: Final = ("%", "_" * 37, "null", "*", "' OR 1=1 --", "../1", "cart_%", "cs_" + "_" * 32)


@dataclass(frozen=True)
class Sent:
    """A text to be sent as an id, and what it was made of."""

    kind: str
    text: str


def foreign_ids(things: Mapping[str, str], chance: Random) -> list[Sent]:
    """Give the ids of somebody, whole and bent in every way, and some that were never given."""
    whole = [Sent(f"whole {kind}", name) for kind, name in things.items()]
    bent = [sent for kind in _BENT for sent in _bent(kind, things[kind], chance)]
    guessed = [Sent(f"guessed {kind}", made_up(name, chance)) for kind, name in things.items()]
    odd = [Sent("sequential", name) for name in _SEQUENTIAL] + [Sent("odd", name) for name in _ODD]
    return [*whole, *bent, *guessed, *odd]


def made_up(name: str, chance: Random) -> str:
    """Give an id of the same shape that nobody was ever given: its characters in another order."""
    prefix = found[0] if (found := _PREFIX.match(name)) else ""
    rest = list(name.removeprefix(prefix))
    places = [i for i, character in enumerate(rest) if character not in "-_ "]
    mixed = [rest[i] for i in places]
    chance.shuffle(mixed)
    for i, character in zip(places, mixed, strict=True):
        rest[i] = character
    return prefix + "".join(rest)


def _bent(kind: str, name: str, chance: Random) -> Iterator[Sent]:
    prefix = found[0] if (found := _PREFIX.match(name)) else ""
    for way, text_ in (
        ("truncated", name[: chance.choice((-1, 20))]),
        ("extended", name + chance.choice("A0_")),
        ("extended in front", "A" + name),
        ("of one case", chance.choice((name.upper(), name.lower()))),
        ("swapped case", name.swapcase()),
        ("of another kind", ("cs_" if prefix == "cart_" else "cart_") + name.removeprefix(prefix)),
        ("bare", name.removeprefix(prefix)),
        ("a pattern", name[:-4] + "____"),
    ):
        if text_ != name:
            yield Sent(f"{way}: {kind}", text_)


def without_ids(answer: object, sent: str) -> str:
    """Write an answer down without the id that was sent and those that were made for it."""
    said = re.sub(re.escape(sent), "<sent>", repr(answer), flags=re.IGNORECASE)
    return _MADE.sub("<made>", said)


class Ledger:
    """Knows every row, and notices at once whether anybody has written since it looked last."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._mark: object = None
        self.rows: dict[str, list[tuple[Any, ...]]] = {}

    async def changes(self) -> dict[str, tuple[int, int]]:
        """Say how many rows came and went in each table since the last time."""
        mark = await self._db.read(_mark)
        if mark == self._mark:
            return {}
        before, self.rows = self.rows, await dump(self._db)
        self._mark = mark
        found = {name: _difference(before.get(name, []), rows) for name, rows in self.rows.items()}
        return {name: counts for name, counts in found.items() if counts != (0, 0)}


def _mark(uow: Any) -> object:
    """Tell one moment from another between which something was committed, without a look at it."""
    sqlite = uow.connection.dialect.name == "sqlite"
    asked = (
        "PRAGMA data_version" if sqlite else "SELECT txid_snapshot_xmax(txid_current_snapshot())"
    )
    return uow.connection.execute(text(asked)).scalar_one()


def _difference(before: list[Any], after: list[Any]) -> tuple[int, int]:
    old, new = {repr(row) for row in before}, {repr(row) for row in after}
    return len(new - old), len(old - new)


def places_for_text(schema: Json, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Name every place in a tool's arguments that takes a free text, however deep."""
    for branch in schema.get("anyOf", ()):
        yield from places_for_text(branch, path)
    if schema.get("type") == "string" and "enum" not in schema and "pattern" not in schema:
        yield path
    if schema.get("type") == "array":
        yield from places_for_text(schema["items"], (*path, "[]"))
    for name, inner in schema.get("properties", {}).items():
        yield from places_for_text(inner, (*path, name))


def placed(schema: Json, path: tuple[str, ...], value: object) -> Any:
    """Give the smallest arguments that have a value at that place."""
    if not path:
        return value
    if path[0] == "[]":
        item = next((b for b in schema.get("anyOf", ()) if b.get("type") == "array"), schema)
        return [placed(item["items"], path[1:], value)]
    needed = {name: 1 for name in schema.get("required", ()) if name != path[0]}
    return {**needed, path[0]: placed(schema["properties"][path[0]], path[1:], value)}


async def every_place(tools: ToolShop) -> list[tuple[str, tuple[str, ...], Json]]:
    """List every place for a text of every tool that there is now, with the tool's schema."""
    return [
        (name, path, tool.input_schema)
        for name, tool in (await tools.tools()).items()
        for path in dict.fromkeys(places_for_text(tool.input_schema))
    ]
