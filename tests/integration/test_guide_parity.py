"""What the published guide offers is here, and what is wrong in its code is not."""

import ast
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Final

import pytest

from plantly.db import open_database
from tests.support.clock import MovableClock
from tests.support.shop import (
    HINT,
    Json,
    ToolShop,
    catalog,
    open_tools,
    product,
    stock_shop,
    text_of,
    variant,
)

pytestmark = pytest.mark.anyio

ROOT: Final = Path(__file__).parents[2]
TABLES: Final = (ROOT / "docs" / "parity.md").read_text(encoding="utf-8")
_NAMED = re.compile(r"`(tests/[\w/]+\.py)::(test_\w+)`")
_ROW = re.compile(r"^\| (G\d+|D\d+) \|.*\|$", re.MULTILINE)


@pytest.fixture
def era() -> str:
    """Speak the newer protocol: what is asked here depends on neither."""
    return "auto"


@pytest.fixture
async def guide(sqlite_shop_url: str, era: str, clock: MovableClock) -> AsyncIterator[ToolShop]:
    async with open_tools(sqlite_shop_url, clock=clock, era=era) as shop:
        yield shop


def rows() -> dict[str, str]:
    return {found[1]: found[0] for found in _ROW.finditer(TABLES)}


@pytest.mark.parametrize("row", rows())
def test_every_row_names_tests_that_are_there(row: str) -> None:
    named = _NAMED.findall(rows()[row])
    assert named, f"row {row} names no test"
    for file, name in named:
        tree = ast.parse((ROOT / file).read_text(encoding="utf-8"))
        defined = {
            node.name
            for node in ast.walk(tree)
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        }
        assert name in defined, f"{file} has no {name}"


def test_no_row_is_missing() -> None:
    assert list(rows()) == [*(f"G{n}" for n in range(1, 15)), *(f"D{n}" for n in range(1, 9))]


async def test_the_filters_that_were_asked_for_stand_in_the_text_too(guide: ToolShop) -> None:
    said = text_of(await guide.call("list_products", {"sunlight": "Full Sun", "water": ["Low"]}))
    assert "Full Sun" in said
    assert "Low" in said


async def test_no_result_shares_a_widget_state_with_other_shoppers(guide: ToolShop) -> None:
    calls: list[tuple[str, Json]] = [
        ("list_products", {}),
        ("show_cart", {"items": [{"product_id": "jade", "quantity": 1}]}),
        ("start_checkout", {"items": [{"product_id": "jade", "quantity": 1}]}),
    ]
    for tool, arguments in calls:
        for hint in (HINT, None):
            meta = (await guide.call(tool, arguments, hint)).meta or {}
            assert [key for key in meta if key.startswith("openai/")] == []


async def test_what_a_widget_may_call_is_said_where_hosts_look_for_it(guide: ToolShop) -> None:
    for tool in (await guide.tools()).values():
        assert (tool.meta or {}).get("openai/widgetAccessible") is True


async def test_a_cart_outlives_the_server_that_it_was_filled_at(
    sqlite_shop_url: str, guide: ToolShop, clock: MovableClock
) -> None:
    cart = await guide.done("update_cart", {"lines": [{"product_id": "jade", "quantity": 2}]})
    async with open_tools(sqlite_shop_url, clock=clock) as another:
        assert await another.done("show_cart", {"cart_id": cart["cart_id"]}) == cart


@pytest.mark.parametrize(
    ("currency", "unit", "quantity"),
    [("JPY", 1499, 3), ("KWD", 1499, 3), ("USD", 1, 99), ("USD", 113, 3)],
    ids=["no-decimals", "three-decimals", "a-cent", "a-float-would-be-off"],
)
async def test_a_total_is_exact_in_every_currency(
    sqlite_url: str, clock: MovableClock, currency: str, unit: int, quantity: int
) -> None:
    shop_toml = f'[shop]\nname = "Fern"\ncurrency = "{currency}"\n'
    source = catalog(
        product("aloe-vera", variant("aloe-vera-12cm", price_minor=unit, stock=999)),
        currency=currency,
    )
    database = open_database(sqlite_url, clock=clock)
    await database.write(lambda uow: stock_shop(uow, source, shop_toml))
    await database.close()
    async with open_tools(sqlite_url, clock=clock) as shop:
        items = [{"product_id": "aloe-vera", "quantity": quantity}]
        session = await shop.done("start_checkout", {"items": items})
        (line,) = session["items"]
        amounts = [entry["amount_minor"] for entry in session["totals"]]
        assert session["currency"] == currency
        assert line["quantity"] == quantity
        assert amounts[-1] == unit * quantity
        assert all(type(amount) is int for amount in amounts)
