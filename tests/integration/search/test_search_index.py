"""The index says what the catalog says, whatever is written, replaced or taken away."""

from collections import Counter
from functools import partial

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from plantly.db import Database, UnitOfWork
from plantly.domain.word_counts import Tally
from plantly.domain.words import SearchEntry, filter_token, search_entry
from tests.support.rivals import elsewhere
from tests.support.shop import garden

pytestmark = pytest.mark.anyio

WORDS = st.lists(st.sampled_from(["aloe", "ferns", "palm", "木槿", "Crème", "x1"]), max_size=3)
ENTRIES = st.builds(
    lambda title, labels, body, values: search_entry(
        " ".join(title), labels, body, [("water", value) for value in values]
    ),
    WORDS,
    WORDS,
    WORDS,
    st.lists(st.sampled_from(["Low", "High"]), max_size=2, unique=True),
)
WRITES = st.lists(
    st.dictionaries(st.integers(1, 4), st.none() | ENTRIES, min_size=1, max_size=4), max_size=5
)


def words_in(uow: UnitOfWork) -> dict[str, tuple[int, int, int]]:
    rows = uow.connection.execute(
        text("SELECT word, titles, labels, products FROM search_words WHERE products > 0")
    )
    return {word: (titles, labels, products) for word, titles, labels, products in rows}


def filters_in(uow: UnitOfWork) -> dict[str, int]:
    rows = uow.connection.execute(
        text("SELECT token, products FROM catalog_counts WHERE products > 0")
    )
    return {row[0]: row[1] for row in rows}


def counted(entries: dict[int, SearchEntry]) -> Tally:
    tally = Tally()
    for entry in entries.values():
        tally.add([entry])
    return tally


@given(writes=WRITES)
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_counts_are_exact_after_any_writes(
    empty_db: Database, writes: list[dict[int, SearchEntry | None]]
) -> None:
    kept: dict[int, SearchEntry] = {}

    def work(uow: UnitOfWork) -> None:
        uow.search_index.remove([1, 2, 3, 4])
        for write in writes:
            uow.search_index.put([(i, entry) for i, entry in write.items() if entry])
            uow.search_index.remove([i for i, entry in write.items() if not entry])
            kept.update({i: entry for i, entry in write.items() if entry})
            for i in [i for i, entry in write.items() if not entry]:
                kept.pop(i, None)

    await empty_db.write(work)
    tally = counted(kept)
    assert await empty_db.read(words_in) == {
        word: (tally.titles[word], tally.labels[word], count)
        for word, count in tally.products.items()
    }
    assert await empty_db.read(filters_in) == dict(Counter(tally.filters))


async def test_writing_the_same_again_writes_nothing(db: Database, shop_url: str) -> None:
    before = await db.read(words_in)
    entry = search_entry("Aloe", ["Öko"], ["dry"], [("water", "Low")])
    for _ in range(2):
        elsewhere(shop_url, lambda uow: uow.search_index.put([(1, entry), (999, entry)]))
    changed = await db.read(words_in)
    elsewhere(shop_url, lambda uow: uow.search_index.remove([999]))
    elsewhere(shop_url, lambda uow: uow.search_index.remove([999]))
    assert changed["oko"] == (0, 2, 2)
    assert (await db.read(words_in))["oko"] == (0, 1, 1)
    assert before != changed


async def test_a_shop_from_before_the_index_is_behind_until_it_is_filled(db: Database) -> None:
    products = len(garden()["products"])
    assert not await db.read(lambda uow: uow.search_index.is_behind())
    await db.write(lambda uow: uow.search_index.remove(range(1, products + 1)))
    assert await db.read(lambda uow: uow.search_index.is_behind())
    refill = partial(range, 1, products + 1)
    await db.write(lambda uow: uow.catalog_writer.refresh_listing(refill()))
    assert not await db.read(lambda uow: uow.search_index.is_behind())


async def test_an_empty_shop_is_not_behind(empty_db: Database) -> None:
    assert not await empty_db.read(lambda uow: uow.search_index.is_behind())


async def test_every_product_is_counted_once(db: Database) -> None:
    everything = (await db.read(filters_in))[filter_token("", "")]
    assert everything == await db.read(lambda uow: uow.catalog.count())
