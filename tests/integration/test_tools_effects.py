"""The annotations of every tool, compared with the rows that calling it changes."""

from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from plantly.db import UnitOfWork
from plantly.db.base import Table
from tests.support.orders import pay
from tests.support.shop import HINT, Json, ToolShop

pytestmark = pytest.mark.anyio

JADE: Json = {"product_id": "jade", "quantity": 2}
Rows = Mapping[str, Mapping[tuple[Any, ...], tuple[Any, ...]]]


def by_key(uow: UnitOfWork) -> Rows:
    """Give every row of every table by its primary key; that it was called is no effect of it."""
    found: dict[str, dict[tuple[Any, ...], tuple[Any, ...]]] = {}
    for table in Table.metadata.sorted_tables:
        if table.name == "rate_limits":
            continue
        key = [column.name for column in table.primary_key]
        found[table.name] = {
            tuple(getattr(row, name) for name in key): tuple(row)
            for row in uow.connection.execute(table.select())
        }
    return found


def lost(before: Rows, after: Rows) -> list[str]:
    """Name the rows that are gone, or say something else now."""
    return [
        f"{table} {key}"
        for table, rows in before.items()
        for key, row in rows.items()
        if after[table].get(key) != row
    ]


async def calls_of(tools: ToolShop) -> Sequence[tuple[str, Json]]:
    """Prepare a shop in which every tool has something to do, and give a call of each."""
    await tools.done("update_cart", {"lines": [JADE]}, HINT)
    bought = await tools.done("start_checkout", {"items": [JADE]}, HINT)
    session = bought["checkout_session_id"]
    number = await tools.db.write(lambda uow: pay(uow, session))
    return [
        ("list_products", {"water": "Low"}),
        ("search_products", {"search": "jade", "in_stock": True}),
        ("get_product", {"product_id": "jade"}),
        ("show_cart", {}),
        ("show_cart", {"items": [JADE]}),
        ("start_checkout", {}),
        ("start_checkout", {"items": [{"product_id": "monstera", "quantity": 1}]}),
        ("get_checkout", {"checkout_session_id": session}),
        ("get_order_status", {"order_number": number}),
        ("get_order_status", {"checkout_session_id": session}),
        ("get_store_policies", {}),
        ("search", {"query": "jade"}),
        ("fetch", {"id": "jade"}),
        ("update_cart", {"lines": [{**JADE, "quantity": 5}], "discount_codes": ["WELCOME10"]}),
        ("update_cart", {"remove": ["jade-9cm"]}),
    ]


async def test_every_tool_does_what_its_annotations_say(tools: ToolShop) -> None:
    listed = await tools.tools()
    called = set()
    destroyed = set()
    wrote = set()
    for name, arguments in await calls_of(tools):
        hints = listed[name].annotations
        assert hints is not None
        before = await tools.db.read(by_key)
        await tools.done(name, arguments, HINT)
        after = await tools.db.read(by_key)
        if hints.read_only_hint:
            assert after == before, name
        if not hints.destructive_hint:
            assert lost(before, after) == [], name
        if hints.idempotent_hint:
            await tools.done(name, arguments, HINT)
            assert await tools.db.read(by_key) == after, name
        called.add(name)
        wrote |= {name} if after != before else set()
        destroyed |= {name} if lost(before, after) else set()
    assert called == listed.keys()
    assert wrote == {name for name, tool in listed.items() if not hint(tool, "read_only_hint")}
    assert destroyed == {name for name, tool in listed.items() if hint(tool, "destructive_hint")}


def hint(tool: Any, name: str) -> bool:
    return bool(getattr(tool.annotations, name))


async def test_a_tool_that_is_not_idempotent_says_so(tools: ToolShop) -> None:
    listed = await tools.tools()
    add: Json = {"lines": [JADE], "mode": "add"}
    first = await tools.done("update_cart", add)
    second = await tools.done("update_cart", add)
    assert first["cart_id"] != second["cart_id"]
    assert not hint(listed["update_cart"], "idempotent_hint")


async def test_showing_things_leaves_no_trace_even_for_a_new_conversation(tools: ToolShop) -> None:
    before = await tools.db.read(by_key)
    for name, arguments in (
        ("show_cart", {}),
        ("show_cart", {"items": [JADE]}),
        ("list_products", {}),
        ("search", {"query": "a"}),
    ):
        await tools.done(name, arguments, HINT)
    assert await tools.db.read(by_key) == before
