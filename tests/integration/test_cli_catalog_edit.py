"""`plantly catalog set-price`, `set-stock`, `publish`, `archive`, `reindex`."""

import getpass
from functools import partial
from typing import Any

import pytest
from sqlalchemy import update

from plantly.cli import transactions
from plantly.db import UnitOfWork
from plantly.db.tables import ProductRow
from plantly.domain.catalog import CatalogQuery, PublishState
from plantly.services.listing import list_products
from tests.support.cli import Shell
from tests.support.stock import FEW, hold, stock


@pytest.fixture
def shop_url(sqlite_shop_url: str) -> str:
    """Give a shop on SQLite: what this is about knows no engine."""
    return sqlite_shop_url


SNAKE = "SKU-SNAKE-PLANT-12CM"
JADE = "SKU-JADE-9CM"


@pytest.fixture
def shop(shell: Shell, shop_url: str) -> Shell:
    shell.set("PLANTLY_DATABASE_URL", shop_url)
    return shell


def write(work: Any) -> None:
    transactions.write(transactions.current_settings(), work)


def listed(search: str | None = None) -> dict[str, int]:
    """Give what shoppers see, with its price."""
    query = CatalogQuery(search=search)
    settings = transactions.current_settings()
    cards = transactions.read(settings, lambda uow: list_products(uow, query)).listing.cards
    return {card.slug: card.price_minor for card in cards}


def version() -> str:
    settings = transactions.current_settings()
    return transactions.read(settings, lambda uow: uow.shop.current().catalog_version)


def prices(shop: Shell, sku: str) -> dict[str, dict[str, Any]]:
    variants = shop.json("catalog", "show", sku)["variants"]
    (variant,) = (v for v in variants if v["sku"] == sku)
    return {price.pop("currency"): price for price in variant["prices"]}


def stock_of(shop: Shell, sku: str) -> dict[str, Any]:
    variants = shop.json("catalog", "show", sku)["variants"]
    (found,) = (v["stock"] for v in variants if v["sku"] == sku)
    return dict(found)


# Prices


def test_a_price_is_set_and_seen_at_once(shop: Shell) -> None:
    before = version()
    said = shop.done("catalog", "set-price", "jade", "7.5")
    assert said == "SKU-JADE-9CM (100%_Jade): 8.99 USD -> 7.50 USD.\n"
    assert listed()["jade"] == 750
    assert version() != before
    (change,) = shop.json("catalog", "history")
    assert (change["kind"], change["product_id"], change["sku"]) == ("price", "jade", JADE)
    assert change["before"] == {"amount_minor": 899, "currency": "USD"}
    assert change["after"] == {"amount_minor": 750, "currency": "USD"}


def test_the_same_price_again_is_no_change(shop: Shell) -> None:
    before = version()
    said = shop.done("catalog", "set-price", JADE, "8.99USD")
    assert said == "SKU-JADE-9CM (100%_Jade) stays as it is: 8.99 USD.\n"
    assert shop.json("catalog", "history") == []
    assert version() == before


@pytest.mark.parametrize(
    ("typed", "currency", "minor"),
    [
        (["1499JPY"], "JPY", 1499),
        (["1499", "--currency", "jpy"], "JPY", 1499),
        (["1.234 KWD"], "KWD", 1234),
        (["1.234", "--minor", "--currency", "KWD"], "KWD", None),
        (["1234", "--minor", "--currency", "KWD"], "KWD", 1234),
        (["14.990"], "USD", 1499),
        (["14.999"], "USD", None),
        (["14.5JPY"], "JPY", None),
        (["10000000000001"], "USD", None),
        (["9.99EUR", "--currency", "USD"], "USD", None),
        (["0"], "USD", 0),
    ],
)
def test_amounts_are_exact_or_refused(
    shop: Shell, typed: list[str], currency: str, minor: int | None
) -> None:
    before = prices(shop, JADE)
    if minor is None:
        assert shop.refused("catalog", "set-price", JADE, *typed).endswith(".\n")
        assert prices(shop, JADE) == before
    else:
        shop.done("catalog", "set-price", JADE, *typed)
        assert prices(shop, JADE)[currency]["amount_minor"] == minor


@pytest.mark.parametrize(
    "typed",
    [
        ["abc"],
        ["1,499.00"],
        ["$5"],
        ["5XXX"],
        ["5", "--currency", "XXX"],
        ["5", "--from", "tomorrow"],
        ["5", "--compare-at", "much"],
        ["5", "--clear-dates", "--from", "2026-01-01"],
    ],
)
def test_what_is_no_price_is_a_misspelled_command(shop: Shell, typed: list[str]) -> None:
    assert shop.run("catalog", "set-price", JADE, *typed).exit_code == 2


def test_a_price_in_another_currency_is_new(shop: Shell) -> None:
    said = shop.done("catalog", "set-price", JADE, "8.50EUR")
    assert said == "SKU-JADE-9CM (100%_Jade): 8.50 EUR, new.\n"
    assert listed()["jade"] == 899
    (change,) = shop.json("catalog", "history")
    assert change["before"] == {"amount_minor": None, "currency": "EUR"}


def test_a_product_with_sizes_is_not_priced_as_one(shop: Shell) -> None:
    said = shop.refused("catalog", "set-price", "aloe-vera", "5")
    assert said == (
        "aloe-vera has 2 variants (SKU-ALOE-VERA-12CM, SKU-ALOE-VERA-17CM): name one by its SKU.\n"
    )
    said = shop.done("catalog", "set-price", "aloe-vera-17cm", "19.99")
    assert said == "SKU-ALOE-VERA-17CM (Aloe Vera (17 cm pot)): 24.99 USD -> 19.99 USD.\n"


def test_a_price_for_a_time_stands_beside_the_plain_one(shop: Shell) -> None:
    dates = ("--from", "2020-01-01", "--until", "2999-01-01T12:00+02:00")
    said = shop.done("catalog", "set-price", JADE, "5.99", *dates)
    assert said.endswith(
        "8.99 USD -> 5.99 USD, compare at 8.99 USD, from 2020-01-01, until 2999-01-01 10:00 UTC.\n"
    )
    assert listed()["jade"] == 599
    refused = shop.refused("catalog", "set-price", JADE, "4.99")
    assert refused.startswith("This price has dates (5.99 USD from 2020-01-01 00:00 until 2999")
    shop.done("catalog", "set-price", JADE, "4.99", "--until", "2998-01-01")
    found = prices(shop, JADE)["USD"]
    assert found["starts_at"] == "2020-01-01T00:00:00+00:00"
    assert found["ends_at"] == "2998-01-01T00:00:00+00:00"
    shop.done("catalog", "set-price", JADE, "4.50", "--compare-at", "9.50")
    assert prices(shop, JADE)["USD"]["compare_at_minor"] == 950
    shop.done("catalog", "set-price", JADE, "9.99", "--clear-dates")
    assert prices(shop, JADE)["USD"] == {
        "price_minor": 999,
        "amount_minor": 999,
        "compare_at_minor": None,
        "starts_at": None,
        "ends_at": None,
    }
    assert listed()["jade"] == 999


def test_a_price_whose_time_is_over_gives_way(shop: Shell) -> None:
    dates = ("--from", "2020-01-01", "--until", "2020-02-01")
    shop.done("catalog", "set-price", JADE, "5.99", *dates)
    assert listed()["jade"] == 899
    shop.done("catalog", "set-price", JADE, "6.99", "--from", "2021-01-01", "--until", "2021-02-01")
    found = prices(shop, JADE)["USD"]
    assert (found["price_minor"], found["compare_at_minor"]) == (899, 899)
    said = shop.done("catalog", "set-price", JADE, "7.99")
    assert said.endswith(" -> 7.99 USD.\n")
    assert listed()["jade"] == 799


def test_a_price_that_is_still_to_come_is_not_listed_yet(shop: Shell) -> None:
    shop.done("catalog", "set-price", JADE, "5.99", "--from", "2999-01-01")
    assert listed()["jade"] == 899
    assert prices(shop, JADE)["USD"]["price_minor"] == 899


def test_the_price_to_compare_with_stays_while_it_is_higher(shop: Shell) -> None:
    sku = "SKU-MONSTERA-21CM"
    shop.done("catalog", "set-price", sku, "49.99")
    assert prices(shop, sku)["USD"]["compare_at_minor"] == 6999
    shop.done("catalog", "set-price", sku, "79.99")
    assert prices(shop, sku)["USD"]["compare_at_minor"] is None
    shop.done("catalog", "set-price", sku, "49.99", "--compare-at", "59.99")
    assert prices(shop, sku)["USD"]["compare_at_minor"] == 5999
    shop.done("catalog", "set-price", sku, "49.99", "--compare-at", "none")
    assert prices(shop, sku)["USD"]["compare_at_minor"] is None


@pytest.mark.parametrize(
    ("typed", "reason"),
    [
        (["5", "--compare-at", "5"], "The price to compare with, 5.00 USD, is not higher than"),
        (["9", "--from", "2026-01-01"], "The price to compare with, 8.99 USD, is not higher"),
        (["5", "--from", "2026-01-02", "--until", "2026-01-01"], "The dates end before they begin"),
        (["5EUR", "--from", "2026-01-02"], "A price with dates needs the price before and after"),
        (["5", "--compare-at", "6EUR"], "The price to compare with is in EUR"),
    ],
)
def test_a_price_that_cannot_be_is_refused(shop: Shell, typed: list[str], reason: str) -> None:
    assert shop.refused("catalog", "set-price", JADE, *typed).startswith(reason)
    assert shop.json("catalog", "history") == []


# Stock


def test_units_are_set_and_changed(shop: Shell) -> None:
    before = version()
    said = shop.done("catalog", "set-stock", SNAKE, "=12")
    assert said == "SKU-SNAKE-PLANT-12CM (Snake Plant): 3 at hand, deny -> 12 at hand, deny.\n"
    shop.done("catalog", "set-stock", "snake-plant", "+5")
    shop.done("catalog", "set-stock", FEW, "-10")
    assert stock_of(shop, SNAKE)["on_hand"] == 7
    told = [
        (c["before"]["on_hand"], c["after"]["on_hand"]) for c in shop.json("catalog", "history")
    ]
    assert told == [(17, 7), (12, 17), (3, 12)]
    # Stock is read anew for every page.
    assert version() == before


def test_units_that_are_held_stay(shop: Shell) -> None:
    write(lambda uow: hold(uow, {FEW: 2}))
    for change in ("=1", "-2"):
        said = shop.refused("catalog", "set-stock", SNAKE, change)
        assert said == (
            "1 units at hand are too few: 2 are held for payments in progress, and no more can be "
            "owed than may be sold ahead.\n"
        )
    shop.done("catalog", "set-stock", SNAKE, "-1")
    assert (stock_of(shop, SNAKE)["on_hand"], stock_of(shop, SNAKE)["reserved"]) == (2, 2)
    assert "2 at hand, deny, 2 held" in shop.done("catalog", "show", SNAKE)


def test_backorders_need_a_limit_and_keep_it(shop: Shell) -> None:
    said = shop.refused("catalog", "set-stock", SNAKE, "--policy", "backorder")
    assert said == "Say how many may be sold ahead as a backorder: --limit N.\n"
    said = shop.done(
        "catalog", "set-stock", SNAKE, "=0", "--policy", "backorder", "--limit", "4",
        "--expected", "2999-05-01",
    )  # fmt: skip
    assert said.endswith("-> 0 at hand, backorder, up to 4 ahead, expected 2999-05-01.\n")
    assert stock_of(shop, SNAKE)["availability"] == "backorder"
    shop.done("catalog", "set-stock", SNAKE, "--policy", "preorder")
    found = stock_of(shop, SNAKE)
    assert (found["availability"], found["backorder_limit"]) == ("preorder", 4)
    shop.done("catalog", "set-stock", SNAKE, "--limit", "2", "--expected", "none")
    found = stock_of(shop, SNAKE)
    assert (found["backorder_limit"], found["expected_at"]) == (2, None)
    shop.done("catalog", "set-stock", SNAKE, "--policy", "deny")
    assert stock_of(shop, SNAKE)["backorder_limit"] == 0


def test_what_is_owed_cannot_be_denied(shop: Shell) -> None:
    write(partial(stock, handle=FEW, policy="backorder", backorder_limit=4, on_hand=-3))
    said = shop.refused("catalog", "set-stock", SNAKE, "--policy", "deny")
    assert said.startswith("-3 units at hand are too few: none is held")
    said = shop.refused("catalog", "set-stock", SNAKE, "--limit", "2")
    assert said.startswith("-3 units at hand and 2 to be sold ahead are too few")
    shop.done("catalog", "set-stock", SNAKE, "+10", "--policy", "deny")
    assert stock_of(shop, SNAKE)["on_hand"] == 7


def test_what_was_not_counted_has_to_be_counted_first(shop: Shell) -> None:
    said = shop.done("catalog", "set-stock", SNAKE, "--policy", "untracked")
    assert said.endswith("-> 3 at hand, untracked.\n")
    said = shop.refused("catalog", "set-stock", SNAKE, "--policy", "deny")
    assert said == "Nobody has counted these units: say how many there are, such as =12.\n"
    shop.done("catalog", "set-stock", SNAKE, "=5", "--policy", "deny")
    assert stock_of(shop, SNAKE)["availability"] == "in_stock"


@pytest.mark.parametrize("typed", [["--limit", "3"], ["--expected", "2026-05-01"]])
def test_a_limit_without_backorders_is_refused(shop: Shell, typed: list[str]) -> None:
    said = shop.refused("catalog", "set-stock", SNAKE, *typed)
    assert said == "--limit and --expected are for back- and preorders: say --policy as well.\n"


def test_more_units_than_anybody_has_are_refused(shop: Shell) -> None:
    said = shop.refused("catalog", "set-stock", SNAKE, "=1000000001")
    assert said == "No more than 1,000,000,000 units are counted.\n"
    shop.done("catalog", "set-stock", SNAKE, "=1000000000", "--policy", "untracked")
    assert "refused" not in shop.refused("catalog", "set-stock", SNAKE, "+1")


@pytest.mark.parametrize(
    "typed", [[], ["3"], ["=-3"], ["+x"], ["--limit", "-1"], ["--policy", "no"], ["--polcy", "no"]]
)
def test_what_is_no_stock_is_a_misspelled_command(shop: Shell, typed: list[str]) -> None:
    assert shop.run("catalog", "set-stock", SNAKE, *typed).exit_code == 2


# States


def test_products_leave_the_shelves_and_come_back(shop: Shell) -> None:
    before = version()
    said = shop.done("catalog", "archive", "jade", "aloe-vera", "jade")
    assert (
        said
        == "jade (100%_Jade): active -> archived.\naloe-vera (Aloe Vera): active -> archived.\n"
    )
    assert version() != before
    assert listed().keys().isdisjoint({"jade", "aloe-vera"})
    assert listed("jade") == {}
    assert len(shop.json("catalog", "history")) == 2
    said = shop.done("catalog", "archive", "jade")
    assert said == "jade (100%_Jade) stays as it is: archived.\n"
    edits = shop.json("catalog", "publish", "aloe-vera", JADE, "monstera")
    assert [(edit["slug"], edit["changed"]) for edit in edits] == [
        ("aloe-vera", True),
        ("jade", True),
        ("monstera", False),
    ]
    assert listed("jade") == {"jade": 899}
    assert len(shop.json("catalog", "history")) == 4


@pytest.mark.parametrize("command", ["publish", "archive"])
def test_all_are_changed_or_none(shop: Shell, command: str) -> None:
    shop.done("catalog", "archive", "jade")
    said = shop.refused("catalog", command, "jade", "monstera", "nothing")
    assert said == "Nothing in the catalog has the slug, variant id or SKU nothing.\n"
    assert len(shop.json("catalog", "history")) == 1
    assert "monstera" in listed()


def test_a_size_is_not_archived_for_the_whole_product(shop: Shell) -> None:
    said = shop.refused("catalog", "archive", "SKU-ALOE-VERA-17CM")
    assert said == (
        "SKU-ALOE-VERA-17CM is one of 2 variants of aloe-vera: name the product itself.\n"
    )


def test_what_cannot_be_sold_is_not_published(shop: Shell) -> None:
    def unprice(uow: UnitOfWork) -> None:
        uow.session.delete(uow.catalog.variants(["jade-9cm"])["jade-9cm"].prices[0])
        uow.catalog.variants([FEW])[FEW].state = PublishState.ARCHIVED
        uow.session.execute(update(ProductRow).values(state=PublishState.ARCHIVED))

    write(unprice)
    said = shop.refused("catalog", "publish", "monstera", "jade")
    assert said == (
        "jade has no price in USD: set one with `plantly catalog set-price SKU-JADE-9CM AMOUNT`, "
        "then publish it.\n"
    )
    said = shop.refused("catalog", "publish", "snake-plant")
    assert said.startswith("snake-plant has no variant to sell")
    said = shop.refused("catalog", "set-price", "snake-plant", "5")
    assert said.startswith("snake-plant has 0 variants (none that is sold)")
    shop.done("catalog", "set-price", "jade", "9.99")
    shop.done("catalog", "publish", "jade")
    assert listed() == {"jade": 999}


def test_what_shoppers_see_is_derived_again(shop: Shell) -> None:
    def spoil(uow: UnitOfWork) -> None:
        uow.session.execute(update(ProductRow).values(list_price_minor=899))
        ids = uow.catalog_desk.ids_after(0, 100)
        uow.search_index.remove(ids)

    write(spoil)
    assert listed("monstera") == {}
    assert "behind: run `plantly catalog reindex`" in shop.done("catalog", "stats")
    assert shop.done("catalog", "reindex") == "6 products are indexed.\n"
    assert shop.json("catalog", "reindex") == {"products": 6}
    assert listed("monstera") == {"monstera": 3499}
    assert shop.json("catalog", "history") == []


def test_the_history_names_who_is_at_the_keyboard(
    shop: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(getpass, "getuser", lambda: "rosa")
    shop.done("catalog", "set-stock", SNAKE, "+1")

    def nobody() -> str:
        raise KeyError("getpwuid(): uid not found: 1001")

    monkeypatch.setattr(getpass, "getuser", nobody)
    shop.done("catalog", "set-stock", SNAKE, "+1")
    assert [c["actor"] for c in shop.json("catalog", "history")] == ["cli", "cli:rosa"]
