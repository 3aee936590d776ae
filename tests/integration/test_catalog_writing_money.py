"""Prices, stock and states as products are written, and what the history says of them."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy import update

from plantly.db import Database, UnitOfWork
from plantly.db.tables import ProductRow, StockRow
from plantly.domain.catalog import UNTRACKED_LIMIT, PublishState, StockPolicy
from plantly.domain.catalog_document import PriceDocument, StockDocument, VariantDocument
from plantly.domain.catalog_writing import BatchResult, WriteRules
from plantly.domain.money import Currency
from plantly.services.workflows.prices import turn_prices
from tests.support.builders import USD, shop_config
from tests.support.catalog_documents import (
    RULES,
    counted,
    found_by,
    history,
    item,
    piece,
    shelves,
    times,
    write,
)
from tests.support.clock import START, MovableClock
from tests.support.shop import rows_of_every_table

pytestmark = pytest.mark.anyio

EUR = Currency("EUR")
SET = replace(RULES, stock="set")
DAY = timedelta(days=1)


def writing(
    *variants: VariantDocument, rules: WriteRules = RULES
) -> Callable[[UnitOfWork], BatchResult]:
    """Write a fern with these variants."""
    return lambda uow: write(uow, item("fern", *variants), rules=rules)


def sale(
    minor: int, before: int, starts_at: datetime | None, ends_at: datetime | None
) -> tuple[PriceDocument, ...]:
    return (PriceDocument(USD, minor, before, starts_at, ends_at),)


async def listed(db: Database, slug: str = "fern") -> tuple[int, bool, datetime | None]:
    product = (await db.read(shelves))[slug]
    return product["list_price_minor"], product["price_from"], product["price_turns_at"]


async def test_the_listing_shows_the_default_and_says_from_when_it_is_the_lowest(
    empty_db: Database,
) -> None:
    for default, other, is_from in ((1000, 2000, True), (2000, 1000, False), (5, 5, False)):
        await empty_db.write(writing(piece("A", default), piece("B", other)))
        assert await listed(empty_db) == (default, is_from, None)


async def test_what_is_archived_has_no_say_in_the_price(empty_db: Database) -> None:
    await empty_db.write(writing(piece("A", 1000), piece("B", 2000)))
    await empty_db.write(writing(piece("A", 1000)))
    assert await listed(empty_db) == (1000, False, None)


async def test_a_dated_price_holds_within_its_dates(
    empty_db: Database, clock: MovableClock
) -> None:
    starts, ends = START + DAY, START + 3 * DAY
    write_it = writing(piece("A", prices=sale(800, 1000, starts, ends)))
    await empty_db.write(write_it)
    assert await listed(empty_db) == (1000, False, starts)
    for moment, expected in (
        (starts - timedelta(microseconds=1), (1000, False, starts)),
        (starts, (800, False, ends)),
        (ends - timedelta(microseconds=1), (800, False, ends)),
        (ends, (1000, False, None)),
    ):
        clock.set(moment)
        await turn_prices(empty_db)
        assert await listed(empty_db) == expected
    assert await empty_db.read(history) == []


async def test_the_earliest_turn_of_any_variant_counts(
    empty_db: Database, clock: MovableClock
) -> None:
    late, soon = START + 5 * DAY, START + DAY
    await empty_db.write(
        writing(
            piece("A", prices=sale(800, 1000, late, None)),
            piece("B", prices=sale(500, 1500, soon, None)),
        )
    )
    assert await listed(empty_db) == (1000, True, soon)
    clock.set(soon)
    await turn_prices(empty_db)
    assert await listed(empty_db) == (1000, False, late)
    clock.set(late)
    await turn_prices(empty_db)
    assert await listed(empty_db) == (800, False, None)


async def test_turning_prices_changes_the_version_of_the_catalog_once_and_not_in_vain(
    db: Database, clock: MovableClock
) -> None:
    def version(uow: UnitOfWork) -> str:
        return uow.shop.current().catalog_version

    dated = piece("A", prices=sale(800, 1000, None, START + DAY))
    await db.write(lambda uow: write(uow, item("new", dated)))
    first = await db.read(version)
    await turn_prices(db)
    assert await db.read(version) == first
    clock.advance(DAY)
    await turn_prices(db)
    second = await db.read(version)
    assert second != first
    await turn_prices(db)
    assert await db.read(version) == second


async def test_prices_in_other_currencies_stay_when_the_source_does_not_name_them(
    empty_db: Database,
) -> None:
    both = (PriceDocument(USD, 1000), PriceDocument(EUR, 900, 1200))
    await empty_db.write(writing(piece("A", prices=both)))
    await empty_db.write(writing(piece("A", 1100)))
    fern = (await empty_db.read(shelves))["fern"]
    assert fern["variants"]["A"]["prices"] == {
        "USD": (1100, None, None, None),
        "EUR": (900, 1200, None, None),
    }
    assert await empty_db.read(history) == [
        (
            "price",
            "fern",
            "A",
            {"currency": "USD", "amount_minor": 1000},
            {"currency": "USD", "amount_minor": 1100},
        )
    ]


async def test_a_variant_needs_no_new_price_when_it_has_one(empty_db: Database) -> None:
    await empty_db.write(writing(piece("A", 1000)))
    result = await empty_db.write(writing(piece("A", prices=()), rules=RULES))
    assert result == BatchResult(unchanged=1)
    result = await empty_db.write(writing(piece("B", prices=())))
    assert [problem.field for problem in result.problems] == ["prices"]


async def test_the_history_says_what_of_a_price_differs(empty_db: Database) -> None:
    await empty_db.write(writing(piece("A", 1000)))
    await empty_db.write(writing(piece("A", prices=sale(1000, 1500, START, START + DAY))))
    await empty_db.write(writing(piece("A", prices=(PriceDocument(EUR, 5),))))
    dated = {"starts_at": START.isoformat(), "ends_at": (START + DAY).isoformat()}
    nothing = {"currency": "USD", "compare_at_minor": None, "starts_at": None, "ends_at": None}
    something = {"currency": "USD", "compare_at_minor": 1500, **dated}
    assert await empty_db.read(history) == [
        ("price", "fern", "A", nothing, something),
        (
            "price",
            "fern",
            "A",
            {"currency": "EUR", "amount_minor": None},
            {"currency": "EUR", "amount_minor": 5},
        ),
    ]


async def test_the_history_names_who_and_when(empty_db: Database, clock: MovableClock) -> None:
    await empty_db.write(writing(piece("A", 1000)))
    later = clock.advance(DAY)
    await empty_db.write(writing(piece("A", 1100)))
    changes = await empty_db.read(
        lambda uow: uow.catalog_changes.latest(slug="fern", sku=None, limit=9)
    )
    assert [(change.at, change.actor) for change in changes] == [(later, "import shopify")]


async def test_the_stock_of_the_source_is_for_new_variants_alone(empty_db: Database) -> None:
    await empty_db.write(writing(piece("A", stock=StockDocument(5))))
    again = writing(piece("A", stock=StockDocument(9)), piece("B", stock=StockDocument(2)))
    await empty_db.write(again)
    fern = (await empty_db.read(shelves))["fern"]
    assert [v["stock"] for v in fern["variants"].values()] == [
        (5, "deny", 0, None),
        (2, "deny", 0, None),
    ]


async def test_stock_can_be_set_and_is_remembered(empty_db: Database, clock: MovableClock) -> None:
    await empty_db.write(writing(piece("A", stock=StockDocument(5))))
    clock.advance(DAY)
    ahead = StockDocument(9, StockPolicy.BACKORDER, 20, START + DAY)
    result = await empty_db.write(writing(piece("A", stock=ahead), rules=SET))
    assert result == BatchResult(updated=1)
    fern = (await empty_db.read(shelves))["fern"]
    assert fern["variants"]["A"]["stock"] == (9, "backorder", 20, START + DAY)
    before = {"on_hand": 5, "policy": "deny", "backorder_limit": 0, "available_at": None}
    after = {
        "on_hand": 9,
        "policy": "backorder",
        "backorder_limit": 20,
        "available_at": (START + DAY).isoformat(),
    }
    assert await empty_db.read(history) == [("stock", "fern", "A", before, after)]
    # The product is what it was: only how many there are differs.
    assert await empty_db.read(times) == {"fern": (START, START)}
    again = await empty_db.write(writing(piece("A", stock=ahead), rules=SET))
    assert again == BatchResult(unchanged=1)


async def test_a_policy_without_a_number_keeps_the_units(empty_db: Database) -> None:
    await empty_db.write(writing(piece("A", stock=StockDocument(5))))
    free = StockDocument(None, StockPolicy.UNTRACKED)
    await empty_db.write(writing(piece("A", stock=free), rules=SET))
    fern = (await empty_db.read(shelves))["fern"]
    assert fern["variants"]["A"]["stock"] == (5, "untracked", UNTRACKED_LIMIT, None)


@pytest.mark.parametrize(
    ("told", "kept"),
    [
        (StockDocument(None, None), (5, "backorder", 20, None)),
        (StockDocument(9, None), (9, "backorder", 20, None)),
    ],
)
async def test_a_source_that_knows_no_policy_keeps_it(
    empty_db: Database, told: StockDocument, kept: object
) -> None:
    ahead = StockDocument(5, StockPolicy.BACKORDER, 20)
    await empty_db.write(writing(piece("A", stock=ahead)))
    await empty_db.write(writing(piece("A", stock=told), rules=SET))
    fern = (await empty_db.read(shelves))["fern"]
    assert fern["variants"]["A"]["stock"] == kept


async def test_a_source_without_titles_of_variants_keeps_them_while_the_options_stay(
    empty_db: Database,
) -> None:
    async def called(variant: VariantDocument) -> list[str]:
        document = item("fern", variant, options=("Pot",))
        await empty_db.write(lambda uow: write(uow, document, rules=RULES))
        fern = (await empty_db.read(shelves))["fern"]
        return [v["title"] for v in fern["variants"].values() if v["state"] == "active"]

    assert await called(piece("A", title="17 cm pot", options=("17 cm",))) == ["17 cm pot"]
    untitled = piece("A", title=None, options=("17 cm",))
    assert await called(untitled) == ["17 cm pot"]
    assert await called(replace(untitled, options=("21 cm",))) == ["21 cm"]


async def test_a_new_variant_without_a_policy_is_sold_while_there_is_some(
    empty_db: Database,
) -> None:
    some, counted = StockDocument(None, None), StockDocument(9, None)
    await empty_db.write(writing(piece("A", stock=some), piece("B", stock=counted)))
    fern = (await empty_db.read(shelves))["fern"]
    assert [v["stock"] for v in fern["variants"].values()] == [
        (0, "untracked", UNTRACKED_LIMIT, None),
        (9, "deny", 0, None),
    ]


async def test_what_is_being_bought_is_not_taken_away(empty_db: Database) -> None:
    def reserve(uow: UnitOfWork) -> None:
        uow.connection.execute(update(StockRow).values(reserved=3))

    def let_go(uow: UnitOfWork) -> None:
        uow.connection.execute(update(StockRow).values(reserved=0))

    await empty_db.write(writing(piece("A", 1000, stock=StockDocument(5))))
    await empty_db.write(reserve)
    less = piece("A", 1200, stock=StockDocument(2))
    result = await empty_db.write(writing(less, rules=SET))
    assert (result.updated, [(p.field, p.dropped) for p in result.problems]) == (
        1,
        [("stock", False)],
    )
    fern = (await empty_db.read(shelves))["fern"]
    assert fern["variants"]["A"]["stock"] == (5, "deny", 0, None)
    assert fern["list_price_minor"] == 1200
    just_enough = piece("A", 1200, stock=StockDocument(3))
    assert not (await empty_db.write(writing(just_enough, rules=SET))).problems
    await empty_db.write(let_go)


async def test_variants_that_are_gone_and_come_back_are_in_the_history(
    empty_db: Database,
) -> None:
    await empty_db.write(writing(piece("A"), piece("B")))
    await empty_db.write(writing(piece("B")))
    await empty_db.write(writing(piece("A"), piece("B")))
    active, archived = {"state": "active"}, {"state": "archived"}
    assert await empty_db.read(history) == [
        ("state", "fern", "A", active, archived),
        ("state", "fern", "A", archived, active),
    ]


async def test_pruning_archives_what_the_run_has_not_seen(
    empty_db: Database, clock: MovableClock
) -> None:
    first, second = replace(RULES, run_id=1), replace(RULES, run_id=2)
    draft = item("draft", state=PublishState.DRAFT)
    await empty_db.write(
        lambda uow: write(uow, item("a"), item("b"), item("c"), draft, rules=first)
    )
    await empty_db.write(lambda uow: write(uow, item("by-hand")))
    later = clock.advance(DAY)
    # One that is in the source, though it cannot be taken as it is there, is not gone.
    wrong = item("c", title="")
    await empty_db.write(lambda uow: write(uow, item("a"), wrong, rules=second))
    assert await empty_db.write(lambda uow: uow.catalog_writer.archive_unseen(2, "prune")) == 2
    found = await empty_db.read(shelves)
    assert {slug: (p["state"], p["seen_in"]) for slug, p in found.items()} == {
        "a": ("active", 2),
        "b": ("archived", 1),
        "c": ("active", 2),
        "draft": ("draft", 1),
        "by-hand": ("archived", None),
    }
    assert len(await empty_db.read(found_by)) == 2
    assert (await empty_db.read(times))["b"] == (START, later)
    active, archived = {"state": "active"}, {"state": "archived", "pruned": True}
    assert await empty_db.read(history) == [
        ("state", "b", None, active, archived),
        ("state", "by-hand", None, active, archived),
    ]
    assert await empty_db.write(lambda uow: uow.catalog_writer.archive_unseen(2, "prune")) == 0


async def test_pruning_takes_more_than_one_batch(empty_db: Database) -> None:
    many = [item(f"p{i}") for i in range(1201)]
    await empty_db.write(lambda uow: write(uow, *many))
    assert await empty_db.write(lambda uow: uow.catalog_writer.archive_unseen(1, "prune")) == 1201
    assert (await empty_db.read(counted))["filters"] == {}


async def test_a_listing_is_derived_again_from_its_rows(db: Database) -> None:
    everything = await db.read(rows_of_every_table)
    found = await db.read(found_by)

    def refresh(uow: UnitOfWork) -> None:
        ids = range(1, 100)
        uow.catalog_writer.refresh_listing(ids)

    await db.write(refresh)
    assert await db.read(rows_of_every_table) == everything
    assert await db.read(found_by) == found


async def test_what_is_hidden_by_hand_is_found_no_more(empty_db: Database) -> None:
    def hide(uow: UnitOfWork) -> None:
        uow.connection.execute(update(ProductRow).values(state=PublishState.ARCHIVED))
        uow.catalog_writer.refresh_listing([1])

    await empty_db.write(writing(piece("A")))
    await empty_db.write(hide)
    assert await empty_db.read(found_by) == {}


async def test_a_listing_follows_the_currency_of_the_shop(empty_db: Database) -> None:
    both = (PriceDocument(USD, 1000), PriceDocument(EUR, 900))
    await empty_db.write(writing(piece("A", prices=both), piece("B", 1)))

    def sell_in(code: Currency) -> Callable[[UnitOfWork], None]:
        def work(uow: UnitOfWork) -> None:
            uow.shop.apply(shop_config(currency=code), (), f"v_{code}", uow.now)
            uow.catalog_writer.refresh_listing(range(9))

        return work

    await empty_db.write(sell_in(EUR))
    assert await listed(empty_db) == (900, False, None)
    await empty_db.write(sell_in(USD))
    assert await listed(empty_db) == (1000, False, None)
    # Nobody gave prices in yen: the listing says what it said, and is never due.
    await empty_db.write(sell_in(Currency("JPY")))
    assert await listed(empty_db) == (1000, False, None)
