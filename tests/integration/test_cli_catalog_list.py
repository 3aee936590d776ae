"""`plantly catalog list`, `show`, `search`, `history` and `stats`."""

import json
from functools import partial
from typing import Any

import pytest

from plantly.cli import catalog_list, transactions
from plantly.db import UnitOfWork
from plantly.db.repositories.catalog_changes import CatalogChange
from plantly.domain.catalog import ChangeKind, PublishState, StockPolicy
from plantly.services.shop_file import apply_shop, read_shop_file
from tests.support.cli import Shell
from tests.support.shop import SHOP_TOML
from tests.support.stock import keep_at_home, stock

FEW = "snake-plant-12cm"


@pytest.fixture
def shop(shell: Shell, sqlite_shop_url: str) -> Shell:
    shell.set("PLANTLY_DATABASE_URL", sqlite_shop_url)
    return shell


def write(work: Any) -> None:
    transactions.write(transactions.current_settings(), work)


def ids(listed: Any) -> list[str]:
    return [product["id"] for product in listed["products"]]


def test_products_are_listed_in_the_order_in_which_they_were_made(shop: Shell) -> None:
    listed = shop.json("catalog", "list")
    assert ids(listed) == [
        "aloe-vera", "monstera", "snake-plant", "peace-lily", "creme-fern", "jade",
    ]  # fmt: skip
    assert listed["currency"] == "USD"
    assert listed["products"][3] == {
        "id": "peace-lily",
        "name": "Peace Lily",
        "category": "Flowering",
        "state": "active",
        "price_minor": 2299,
        "available_quantity": 0,
        "availability": "out_of_stock",
    }


@pytest.mark.parametrize("at_once", [1, 2, 6, 500])
def test_a_list_in_pages_is_the_list(
    shop: Shell, monkeypatch: pytest.MonkeyPatch, at_once: int
) -> None:
    whole = shop.json("catalog", "list", "--all")
    text = shop.done("catalog", "list", "--all")
    monkeypatch.setattr(catalog_list, "_AT_ONCE", at_once)
    assert shop.json("catalog", "list", "--all") == whole
    assert [line.split()[0] for line in shop.done("catalog", "list", "--all").splitlines()] == [
        line.split()[0] for line in text.splitlines()
    ]


def test_a_list_that_is_cut_says_so_beside_the_document(shop: Shell) -> None:
    result = shop.run("catalog", "list", "--json", "--limit", "2")
    assert ids(json.loads(result.stdout)) == ["aloe-vera", "monstera"]
    assert result.stderr == "There are more: --all lists them all.\n"
    assert shop.run("catalog", "list", "--json", "--limit", "6").stderr == ""


def test_an_empty_list_is_a_document_and_a_heading(shop: Shell) -> None:
    assert shop.json("catalog", "list", "--state", "draft") == {"currency": "USD", "products": []}
    assert shop.done("catalog", "list", "--state", "draft").split()[:2] == ["ID", "NAME"]


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("ALOE", ["aloe-vera"]),
        ("creme", ["creme-fern"]),
        ("Crème fern", ["creme-fern"]),
        ("sku-monstera-21", ["monstera"]),
        ("%", ["jade"]),
        ("_", ["jade"]),
        ("\\", []),
        ("aloe fern", []),
    ],
)
def test_words_are_found_in_titles_slugs_and_skus(
    shop: Shell, words: str, found: list[str]
) -> None:
    assert ids(shop.json("catalog", "list", "--search", words)) == found


def test_a_category_is_chosen_by_name_or_slug(shop: Shell) -> None:
    for name in ("succulents", "Succulents", "SUCCULENTS"):
        assert ids(shop.json("catalog", "list", "--category", name)) == ["aloe-vera", "jade"]
    said = shop.refused("catalog", "list", "--category", "nothing")
    assert said == "There is no category nothing.\n"


def test_states_are_told_apart(shop: Shell) -> None:
    shop.done("catalog", "archive", "jade")
    assert ids(shop.json("catalog", "list", "--state", "archived")) == ["jade"]
    assert "jade" not in ids(shop.json("catalog", "list"))
    every = shop.json("catalog", "list", "--state", "all")["products"]
    assert [product["state"] for product in every] == ["active"] * 5 + ["archived"]
    lines = shop.done("catalog", "list", "--state", "all").splitlines()
    assert lines[0].split()[-1] == "STATE"
    assert lines[-1].split()[-1] == "archived"


def test_wide_letters_keep_the_columns_straight(shop: Shell) -> None:
    def rename(uow: UnitOfWork) -> None:
        uow.catalog.products(["jade"])["jade"].title = "翡翠\x1b[2J"

    write(rename)
    head, *_, last = shop.done("catalog", "list").splitlines()
    assert "\x1b" not in last
    # Two signs are as wide as four letters.
    assert head.index("CATEGORY") == last.index("Succulents") + 2


def test_a_product_is_shown_by_any_of_its_names(shop: Shell) -> None:
    write(partial(stock, handle="monstera-21cm", policy="preorder", backorder_limit=5))
    write(lambda uow: keep_at_home(uow, "monstera", "US", "DE"))
    shop.done("catalog", "set-price", "SKU-MONSTERA-21CM", "7500JPY")
    sheets = [
        shop.json("catalog", "show", name)
        for name in ("monstera", "monstera-21cm", "SKU-MONSTERA-21CM")
    ]
    assert sheets[0] == sheets[1] == sheets[2]
    sheet = sheets[0]
    assert (sheet["id"], sheet["state"], sheet["category"]) == ("monstera", "active", "Foliage")
    assert sheet["undeliverable"] == ["DE", "US"]
    assert sheet["facets"]["water"] == ["Moderate"]
    assert sheet["media"][0]["file"] == "monstera.svg"
    small, large = sheet["variants"]
    assert (small["is_default"], large["is_default"]) == (True, False)
    assert large["options"] == {"Pot size": "monstera-21cm"}
    assert [(p["currency"], p["price_minor"]) for p in large["prices"]] == [
        ("JPY", 7500),
        ("USD", 5999),
    ]
    assert large["stock"] == {
        "on_hand": 2,
        "reserved": 0,
        "available_quantity": 2,
        "availability": "low_stock",
        "policy": "preorder",
        "backorder_limit": 5,
        "expected_at": None,
    }


def test_people_read_a_product_as_a_sheet(shop: Shell) -> None:
    text = shop.done("catalog", "show", "monstera")
    assert text.startswith("Monstera  (active)\n")
    assert "SKU-MONSTERA-21CM  monstera-21cm  21 cm pot" in text
    assert "59.99 USD, compare at 69.99 USD" in text
    assert "low_stock: 2 at hand, deny" in text
    assert "\nDescription\nAll about the monstera.\n" in text


def test_what_is_held_and_what_has_no_price_is_shown(shop: Shell) -> None:
    def arrange(uow: UnitOfWork) -> None:
        stock(uow, FEW, policy=StockPolicy.UNTRACKED)
        row = uow.catalog.variants(["jade-9cm"])["jade-9cm"]
        uow.session.delete(row.prices[0])
        uow.catalog.products(["jade"])["jade"].state = PublishState.ARCHIVED

    write(arrange)
    assert "in_stock: 3 at hand, untracked" in shop.done("catalog", "show", FEW)
    assert "no price" in shop.done("catalog", "show", "jade")


def test_what_nobody_knows_is_refused(shop: Shell) -> None:
    said = shop.refused("catalog", "show", "nothing")
    assert said == "Nothing in the catalog has the slug, variant id or SKU nothing.\n"
    assert shop.refused("catalog", "history", "nothing") == said


def test_a_search_gives_what_shoppers_get(shop: Shell) -> None:
    found = shop.json("catalog", "search", "plants", "snake")
    assert ids(found) == ["snake-plant"]
    assert (found["total"], found["filters"]["water"]) == (1, {"Low": 1})
    text = shop.done("catalog", "search", "snake", "--filter", "water=Low", "--in-stock")
    assert "1 found." in text
    assert "water: Low (1)" in text
    assert shop.done("catalog", "search", "xyzzy").startswith("0 found.")


def test_a_search_that_finds_nothing_says_what_would(shop: Shell) -> None:
    text = shop.done("catalog", "search", "monstara")
    assert "0 found.\nDid you mean: monstera\n" in text
    text = shop.done("catalog", "search", "monstera", "--category", "Succulents")
    assert "Without category: 1" in text


def test_a_filter_has_a_name_and_a_value(shop: Shell) -> None:
    assert shop.run("catalog", "search", "snake", "--filter", "water").exit_code == 2
    said = shop.refused("catalog", "search", "snake", "--filter", "water=Beer")
    assert "Beer" in said
    said = shop.refused("catalog", "search", "snake", "--filter", "mood=happy")
    assert said.startswith("The shop has no filter mood: use one of ")


def test_the_history_is_told_newest_first(shop: Shell) -> None:
    assert shop.done("catalog", "history") == "Nothing has changed yet.\n"
    shop.done("catalog", "set-stock", FEW, "+2")
    shop.done("catalog", "archive", "jade")
    changes = shop.json("catalog", "history")
    assert [(c["kind"], c["product_id"], c["sku"]) for c in changes] == [
        ("state", "jade", None),
        ("stock", "snake-plant", "SKU-SNAKE-PLANT-12CM"),
    ]
    assert (changes[1]["before"], changes[1]["after"]) == ({"on_hand": 3}, {"on_hand": 5})
    assert changes[0]["actor"].startswith("cli")
    assert shop.json("catalog", "history", "--limit", "1") == changes[:1]
    for name in ("snake-plant", FEW, "SKU-SNAKE-PLANT-12CM"):
        assert shop.json("catalog", "history", name) == changes[1:]
    text = shop.done("catalog", "history", "jade")
    assert text.split()[-2:] == ["active", "archived"]


def test_what_is_gone_keeps_its_history(shop: Shell) -> None:
    def remember(uow: UnitOfWork) -> None:
        change = CatalogChange(
            uow.now, "import", ChangeKind.STATE, "gone", "SKU-GONE", {"state": "active"}, {}
        )
        uow.catalog_changes.add([change])

    write(remember)
    assert len(shop.json("catalog", "history", "gone")) == 1
    assert len(shop.json("catalog", "history", "SKU-GONE")) == 1


def test_the_catalog_is_counted(shop: Shell) -> None:
    shop.done("catalog", "archive", "jade")
    shop.done("catalog", "set-stock", "peace-lily", "--policy", "backorder", "--limit", "3")
    shop.done("catalog", "set-stock", "creme-fern", "=0")
    stats = shop.json("catalog", "stats")
    assert stats["products"] == {"draft": 0, "active": 5, "archived": 1}
    assert (stats["variants"], stats["variants_without_price"], stats["categories"]) == (7, 0, 3)
    assert stats["facets"][1] == {"key": "water", "title": "Water", "kind": "enum", "values": 3}
    assert (stats["lowest_price_minor"], stats["highest_price_minor"]) == (1499, 3499)
    assert (stats["out_of_stock"], stats["low_stock"]) == (1, 1)
    assert (stats["without_picture"], stats["without_description"]) == (0, 0)
    assert stats["search_index_is_behind"] is False
    text = shop.done("catalog", "stats")
    assert "14.99 USD to 34.99 USD" in text
    assert "Facet water          3 values (enum)" in text
    assert "Search index         complete" in text


def test_an_empty_catalog_is_counted_too(shell: Shell, database_url: str) -> None:
    shell.set("PLANTLY_DATABASE_URL", database_url)
    write(lambda uow: apply_shop(uow, read_shop_file(SHOP_TOML)))
    stats = shell.json("catalog", "stats")
    assert stats["products"] == {"draft": 0, "active": 0, "archived": 0}
    assert stats["lowest_price_minor"] is None
    assert "Prices" not in shell.done("catalog", "stats")


def test_a_variant_without_a_price_is_counted(shop: Shell) -> None:
    def unprice(uow: UnitOfWork) -> None:
        uow.session.delete(uow.catalog.variants(["aloe-vera-17cm"])["aloe-vera-17cm"].prices[0])

    write(unprice)
    assert shop.json("catalog", "stats")["variants_without_price"] == 1
    assert "1 without a price in USD" in shop.done("catalog", "stats")
