"""The commands that fill a shop, on both databases."""

import pytest

from plantly.services.demo import demo_shop_file
from tests.support.cli import Shell


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """Give a shop on SQLite: what this is about knows no engine."""
    return sqlite_url


@pytest.fixture
def shop(shell: Shell, database_url: str) -> Shell:
    shell.set("PLANTLY_DATABASE_URL", database_url)
    return shell


def test_the_demo_catalog_can_be_listed(shop: Shell) -> None:
    count = shop.json("catalog", "seed")["products"]
    catalog = shop.json("catalog", "list")
    prices = {product["id"]: product["price_minor"] for product in catalog["products"]}
    assert catalog["currency"] == "USD"
    assert len(prices) == count >= 24
    assert prices["aloe-vera"] == 1499
    assert prices["monstera"] == 3499


def test_people_read_the_catalog_as_a_table(shop: Shell) -> None:
    shop.done("catalog", "seed")
    lines = shop.done("catalog", "list").splitlines()
    assert lines[0].split() == ["ID", "NAME", "CATEGORY", "PRICE", "UNITS", "AVAILABILITY"]
    assert any(line.startswith("aloe-vera ") and "14.99 USD" in line for line in lines)


def test_seeding_again_changes_nothing(shop: Shell) -> None:
    said = shop.done("catalog", "seed")
    before = shop.json("catalog", "list")
    assert shop.done("catalog", "seed") == said
    assert shop.json("catalog", "list") == before


def test_a_shop_file_is_put_in_force(shop: Shell) -> None:
    shop.done("catalog", "seed")
    text = demo_shop_file().replace('name = "Plantly"', 'name = "Fern & Co"', 1)
    (shop.directory / "shop.toml").write_text(text, encoding="utf-8")
    said = shop.done("shop", "apply", "shop.toml")
    assert said.startswith("Fern & Co is in force.")
    assert "sunlight, water, climate" in said


def test_an_empty_shop_has_no_filters_yet(shop: Shell) -> None:
    (shop.directory / "shop.toml").write_text(demo_shop_file(), encoding="utf-8")
    assert "the catalog is empty" in shop.done("shop", "apply", "shop.toml")


def test_a_missing_shop_file_is_a_misspelled_command(shop: Shell) -> None:
    assert shop.run("shop", "apply", "nowhere.toml").exit_code == 2


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"[shop", "This is not TOML"),
        (b'[shop]\nname = "Shop"\ncurrency = "XXX"', "currency"),
        (b"[shop]\nname = 1", "shop.name"),
        (b"\xff\xfe", "is not UTF-8 text"),
    ],
)
def test_a_wrong_shop_file_is_refused_with_the_place(
    shop: Shell, content: bytes, reason: str
) -> None:
    (shop.directory / "shop.toml").write_bytes(content)
    assert reason in shop.refused("shop", "apply", "shop.toml")
