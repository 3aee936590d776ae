"""Two shoppers never see each other's cart, checkout or order, whatever they send."""

import secrets
from collections.abc import AsyncIterator

import pytest

from tests.support.clock import MovableClock
from tests.support.orders import BUYER, pay
from tests.support.shop import HINT, OTHER_HINT, Json, ToolShop, dump, open_tools

pytestmark = pytest.mark.anyio

LINES: list[Json] = [{"product_id": "jade", "quantity": 1}]
BY_CART: list[tuple[str, Json]] = [
    ("show_cart", {}),
    ("update_cart", {"lines": LINES}),
    ("update_cart", {"lines": LINES, "mode": "add", "expected_version": 1}),
    ("update_cart", {"remove": ["jade-9cm"]}),
    ("update_cart", {"discount_codes": []}),
    ("start_checkout", {}),
    ("start_checkout", {"discount_codes": ["WELCOME10"]}),
]
BY_SESSION = ["get_checkout", "get_order_status"]


async def alices_things(tools: ToolShop) -> dict[str, str]:
    """Let Alice fill a cart, begin a checkout and buy something; give every name there is of it."""
    cart = await tools.done("update_cart", {"lines": LINES}, HINT)
    session = await tools.done("start_checkout", {}, HINT)
    bought = await tools.done("start_checkout", {"items": LINES}, HINT)
    number = await tools.db.write(lambda uow: pay(uow, bought["checkout_session_id"]))
    return {
        "cart": cart["cart_id"],
        "session": session["checkout_session_id"],
        "paid session": bought["checkout_session_id"],
        "page": session["checkout_url"].rpartition("/")[2],
        "number": number,
    }


def tries(things: dict[str, str]) -> list[str]:
    """Give everything that somebody else could send in place of an id of their own."""
    known = list(things.values())
    return [
        *known,
        *(name[:-1] for name in known),
        *(name[:20] for name in known),
        *(name + "A" for name in known),
        *(name.upper() for name in known),
        *(name.partition("_")[2] or "x" for name in known),
        *(f"{prefix}{secrets.token_urlsafe(24)}" for prefix in ("cart_", "cs_", "")),
        *("0", "1", "2", "-1", "cart_1", "cs_1", "%", "_" * 37, "null", "' OR 1=1 --", "../1"),
    ]


@pytest.fixture
def limits() -> str:
    """Let a caller guess for as long as it likes."""
    return "off"


async def answers(
    tools: ToolShop, calls: list[tuple[str, Json]], hint: str | None
) -> set[tuple[str, str]]:
    """Make refused calls; give the different errors with their tools."""
    said = set()
    for tool, arguments in calls:
        error = await tools.refused(tool, arguments, hint)
        assert error["code"] == "not_found", (tool, arguments, error)
        said.add((tool, str(error)))
    return said


async def test_every_foreign_or_made_up_id_gets_the_same_answer(tools: ToolShop) -> None:
    things = await alices_things(tools)
    before = await dump(tools.db)
    names = tries(things)
    by_cart = [(tool, {"cart_id": name, **more}) for name in names for tool, more in BY_CART]
    by_session = [(tool, {"checkout_session_id": name}) for name in names for tool in BY_SESSION]
    said = await answers(tools, by_cart + by_session, OTHER_HINT)
    assert len(said) == len({tool for tool, _ in said}) == 5
    assert await dump(tools.db) == before


async def test_an_order_is_found_by_its_whole_number_only(tools: ToolShop) -> None:
    things = await alices_things(tools)
    found = await tools.done("get_order_status", {"order_number": things["number"]}, OTHER_HINT)
    assert found["order_number"] == things["number"]
    numbers = [name for name in tries(things) if name.upper() != things["number"]]
    said = await answers(
        tools, [("get_order_status", {"order_number": name}) for name in numbers], OTHER_HINT
    )
    assert len(said) == 1


async def test_an_id_of_another_kind_is_no_id_for_its_owner_either(tools: ToolShop) -> None:
    things = await alices_things(tools)
    others = [name for kind, name in things.items() if kind != "cart"]
    said = await answers(tools, [("show_cart", {"cart_id": name}) for name in others], HINT)
    assert len(said) == 1
    others = [things[kind] for kind in ("cart", "page", "number")]
    said = await answers(
        tools,
        [(tool, {"checkout_session_id": name}) for tool in BY_SESSION for name in others],
        HINT,
    )
    assert len(said) == 2


async def test_what_is_foreign_is_answered_as_what_does_not_exist(tools: ToolShop) -> None:
    things = await alices_things(tools)
    for tool, arguments, made_up in (
        ("show_cart", {"cart_id": things["cart"]}, {"cart_id": "cart_nobody"}),
        (
            "get_checkout",
            {"checkout_session_id": things["session"]},
            {"checkout_session_id": "cs_nobody"},
        ),
    ):
        foreign = await tools.call(tool, arguments, OTHER_HINT)
        unknown = await tools.call(tool, made_up, OTHER_HINT)
        assert foreign == unknown


async def test_nobodys_conversation_finds_nothing(tools: ToolShop) -> None:
    await alices_things(tools)
    for hint in (OTHER_HINT, None, "", "alice", HINT[:-1], HINT.lower(), "x" * 64):
        cart = await tools.done("show_cart", {}, hint)
        assert (cart["items"], "cart_id" in cart) == ([], False)
        assert (await tools.refused("start_checkout", {}, hint))["field"] == "items"


async def test_a_weak_hint_finds_and_keeps_nothing(tools: ToolShop) -> None:
    for hint in ("alice", "1", "conversation-of-alice-and-bob", "0" * 32, ""):
        first = await tools.done("update_cart", {"lines": LINES}, hint)
        second = await tools.done("update_cart", {"lines": LINES}, hint)
        assert first["cart_id"] != second["cart_id"]
        assert (await tools.done("show_cart", {}, hint))["items"] == []
        # What was made without a good hint is open to whoever has its id.
        assert (await tools.done("show_cart", {"cart_id": first["cart_id"]}, HINT))["items"]


@pytest.fixture
async def distrustful(shop_url: str, clock: MovableClock) -> AsyncIterator[ToolShop]:
    environment = {"PLANTLY_TRUST_HINT": "false"}
    async with open_tools(shop_url, clock=clock, environment=environment) as shop:
        yield shop


async def test_a_shop_that_trusts_no_hint_goes_by_ids_alone(distrustful: ToolShop) -> None:
    first = await distrustful.done("update_cart", {"lines": LINES}, HINT)
    second = await distrustful.done("update_cart", {"lines": LINES}, HINT)
    assert first["cart_id"] != second["cart_id"]
    assert (await distrustful.done("show_cart", {}, HINT))["items"] == []
    shown = await distrustful.done("show_cart", {"cart_id": first["cart_id"]}, OTHER_HINT)
    assert shown["cart_id"] == first["cart_id"]
    rows = await dump(distrustful.db)
    assert all(row[2] is None for row in rows["carts"])


async def test_no_hint_is_kept_as_it_came(tools: ToolShop) -> None:
    await alices_things(tools)
    kept = repr(await dump(tools.db))
    assert HINT not in kept
    assert BUYER["email"] in kept
