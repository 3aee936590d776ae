"""Keep what products are found by: in FTS5 on SQLite, in a `tsvector` on PostgreSQL."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any, Protocol

from sqlalchemy import Connection

from plantly.db.search.entries import fragments
from plantly.db.search.postgres_index import PostgresIndex
from plantly.db.search.signs import sign
from plantly.db.search.sqlite_index import SqliteIndex
from plantly.domain.groundwork import Groundwork
from plantly.domain.word_counts import Columns, Indexed, Tally, columns, own_filters
from plantly.domain.words import SearchEntry


class _Engine(Protocol):
    """What the index of an engine can do. How an entry is kept is its own affair."""

    def pack(self, entry: Columns) -> Any:
        """Return an entry as it is kept."""

    def unpack(self, packed: Any) -> Indexed:
        """Return what a kept entry was counted as."""

    def read(self, product_ids: Iterable[int]) -> Mapping[int, Any]:
        """Return the entries that are there."""

    def write(
        self, entries: Mapping[int, Any], filters: Mapping[int, str], *, are_new: bool
    ) -> None:
        """Insert or replace entries, and the signs of what each can be filtered by."""

    def list_at(self, prices: Sequence[tuple[int, int]]) -> None:
        """Keep the prices of those that are there; each follows the id of its product."""

    def delete(self, product_ids: Iterable[int]) -> None:
        """Take entries away."""

    def count_words(self, changes: Sequence[tuple[str, int, int, int]]) -> list[str]:
        """Add to the counts of words; return the words that were not known before."""

    def add_fragments(self, pairs: Sequence[tuple[str, str]]) -> None:
        """Remember what misspelled words may look like."""

    def count_filters(self, changes: Sequence[tuple[str, str, str, int]]) -> None:
        """Add to the counts of filters; a new one gets the next number."""

    def filter_numbers(self, tokens: Collection[str]) -> Mapping[str, int]:
        """Return the numbers of filters by their tokens."""

    def tidy(self) -> None:
        """Make the index quick to search."""

    def lacks_newest(self) -> bool:
        """Say whether the newest published product is missing."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """Entries by product, as they are kept, and what they count when all of them are new."""

    wanted: Mapping[int, Columns]
    packed: Mapping[int, Any]
    words: Sequence[tuple[str, int, int, int]]
    filters: Sequence[tuple[str, str, str, int]]


class SearchIndex:
    """Keeps the index of published products, its vocabulary and the counts of the filters."""

    def __init__(self, connection: Connection) -> None:
        sqlite = connection.dialect.name == "sqlite"
        self._engine: _Engine = SqliteIndex(connection) if sqlite else PostgresIndex(connection)

    def put(self, entries: Iterable[tuple[int, SearchEntry]]) -> None:
        """Make products findable by these words only; one that is already costs but a look."""
        self.put_prepared(self.prepare(entries))

    def prepare(self, entries: Iterable[tuple[int, SearchEntry]]) -> Prepared:
        """Do all that needs no database, which then has time for something else."""
        wanted, tally = dict(entries), Tally()
        tally.add(wanted.values())
        kept = {product_id: columns(entry) for product_id, entry in wanted.items()}
        return self._prepared(kept, tally.words(), tally.counts())

    def prepare_from(self, places: Mapping[int, int], done: Groundwork) -> Prepared:
        """Do the same with what was done already; `places` are those of the products in it."""
        kept = {i: entry for i, place in places.items() if (entry := done.columns[place])}
        return self._prepared(kept, done.words, done.filters)

    def put_prepared(self, prepared: Prepared) -> None:
        """Do the rest of `put`."""
        engine, wanted, packed = self._engine, prepared.wanted, prepared.packed
        old = engine.read(wanted)
        new = {key: pack for key, pack in packed.items() if old.get(key) != pack}
        if old:
            tally = Tally()
            names = {token: (key, value) for token, key, value, _ in prepared.filters}
            for pack in new.values():
                tally.put(engine.unpack(pack), names)
            for product_id in new.keys() & old.keys():
                tally.take(engine.unpack(old[product_id]))
            self._count(tally.words(), tally.counts())
        else:
            self._count(prepared.words, prepared.filters)
        signs = self._signs({key: own_filters(wanted[key]) for key in new})
        engine.write(new, signs, are_new=not old)

    def list_at(self, prices: Iterable[tuple[int, int]]) -> None:
        """Let products that are findable be filtered by other prices: pairs of id and minor units.

        What is put has the price of its product anyway.
        """
        changed = sorted(prices)
        if changed:
            self._engine.list_at(changed)

    def remove(self, product_ids: Iterable[int]) -> None:
        """Make products unfindable."""
        tally = Tally()
        gone = self._engine.read(product_ids)
        for packed in gone.values():
            tally.take(self._engine.unpack(packed))
        self._engine.delete(gone)
        self._count(tally.words(), tally.counts())

    def refresh_counts(self) -> None:
        """Tidy up after many writes, so that searches are quick: once after an import."""
        self._engine.tidy()

    def is_behind(self) -> bool:
        """Say whether published products are missing: a shop from before there was an index.

        Only the newest one is looked for; whoever fills the index ends with that one.
        """
        return self._engine.lacks_newest()

    def _prepared(
        self,
        kept: Mapping[int, Columns],
        words: Sequence[tuple[str, int, int, int]],
        filters: Sequence[tuple[str, str, str, int]],
    ) -> Prepared:
        packed = {product_id: self._engine.pack(entry) for product_id, entry in kept.items()}
        return Prepared(kept, packed, words, filters)

    def _signs(self, filters: Mapping[int, Sequence[str]]) -> Mapping[int, str]:
        """Return the signs of filters that were counted, by their tokens."""
        tokens = set(chain.from_iterable(filters.values()))
        numbers = self._engine.filter_numbers(tokens) if tokens else {}
        signs = {token: sign(number) for token, number in numbers.items()}
        return {
            product_id: "".join([signs[token] for token in own])
            for product_id, own in filters.items()
        }

    def _count(
        self,
        words: Sequence[tuple[str, int, int, int]],
        filters: Sequence[tuple[str, str, str, int]],
    ) -> None:
        if words:
            new = self._engine.count_words(words)
            # In the order of their table, which is written once through then.
            self._engine.add_fragments(sorted(fragments(new)))
        if filters:
            self._engine.count_filters(filters)
