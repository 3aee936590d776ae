"""Every tool, whoever calls it and whatever id it sends, keeps to what is the caller's own."""

import json
import random
import secrets
from collections.abc import AsyncIterator
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

import pytest

from plantly.db import Database, UnitOfWork
from plantly.domain.errors import NotFound
from plantly.domain.order import read_order_number
from plantly.mcp_server import server
from plantly.services import carts, checkout_page
from plantly.services.carts import CartChange
from plantly.services.checkout import StartRequest, get_checkout, start_checkout
from plantly.services.shopper import Shopper, shopper_from_hint
from plantly.services.wanted import ItemRef
from tests.support.builders import buyer
from tests.support.foreign_ids import (
    Ledger,
    Sent,
    every_place,
    foreign_ids,
    made_up,
    placed,
    without_ids,
)
from tests.support.orders import pay
from tests.support.shop import HINT, Json, ToolShop

pytestmark = pytest.mark.anyio

OLGAS_HINT: Final = "v1_o5tN0qZr1MhC7yKd3PgUj8SfLxOoI2eQ"
OLGA: Final = Shopper(shopper_from_hint(OLGAS_HINT, trust=True).hint_hash, "0" * 64)
EVE: Final = "e" * 64
SAVED: Final = "monstera-21cm"
JADE: Final[Json] = {"product_id": "jade", "quantity": 1}
FILLS: Final[dict[str, list[Json]]] = {
    "update_cart": [
        {"lines": [JADE]},
        {"lines": [JADE], "mode": "add", "expected_version": 1},
        {"remove": ["jade-9cm"]},
        {"move_to_cart": [SAVED]},
        {"save_for_later": ["jade-9cm"]},
        {"discount_codes": []},
    ],
    "show_cart": [{}, {"ship_to_country": "US"}],
    "start_checkout": [{}, {"discount_codes": ["WELCOME10"]}],
}
"""What a call needs beside its id to have an effect; a tool that is not here needs nothing."""

PUBLIC: Final = {
    "search",
    "query",
    "category",
    "cursor",
    "product_id",
    "product_ids",
    "variant_id",
    "remove",
    "save_for_later",
    "move_to_cart",
    "name",
    "id",
    "ship_to_region",
    "discount_codes",
    "topic",
}
"""Arguments that name something of the shop; every other text has to be an id that is refused."""


@pytest.fixture
def limits() -> str:
    """Let a caller guess for as long as it likes."""
    return "off"


@dataclass(frozen=True)
class Stranger:
    """Somebody to whom nothing of the others belongs."""

    name: str
    has_account: bool = False
    has_hint: bool = True

    @property
    def hint(self) -> str | None:
        """Give the hint of a conversation that has just begun."""
        return f"v1_{secrets.token_urlsafe(24)}" if self.has_hint else None

    def sees_whole(self, sent: Sent) -> bool:
        """Say whether this id, sent as it is, opens what it names to everybody who has it."""
        if sent.kind.startswith("whole owned"):
            return False
        # Without a hint the id itself is the key; it is as long as one.
        return not self.has_hint and sent.kind.startswith("whole")


STRANGERS: Final = (
    Stranger("in another conversation"),
    Stranger("without a hint", has_hint=False),
    Stranger("signed in", has_account=True),
)


@pytest.fixture(params=STRANGERS, ids=lambda stranger: stranger.name)
def stranger(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Stranger:
    found: Stranger = request.param
    if found.has_account:

        def signed_in(hint: object, *, trust: bool) -> Shopper:
            # Each time another one: what one call begins is nothing that the next one finds.
            return Shopper(shopper_from_hint(hint, trust=trust).hint_hash, secrets.token_hex(32))

        monkeypatch.setattr(server, "shopper_from_hint", signed_in)
    return found


def _of_alice(uow: UnitOfWork) -> dict[str, str]:
    """Let Alice, who is only known by her conversation, fill a cart, check out and buy."""
    alice = shopper_from_hint(HINT, trust=True)
    wanted = CartChange(
        lines=(ItemRef(1, "jade"), ItemRef(1, variant_id=SAVED)), save_for_later=(SAVED,)
    )
    cart = carts.update_cart(uow, alice, None, wanted)
    session = start_checkout(uow, alice, StartRequest())
    assert checkout_page.save_details(uow, session.page_token, "alices-browser", buyer()) == {}
    bought = start_checkout(uow, alice, StartRequest(items=(ItemRef(2, "jade"),)))
    number = pay(uow, bought.public_id)
    return {
        "cart": str(cart.cart_id),
        "session": session.public_id,
        "paid session": bought.public_id,
        "page": session.page_token,
        "number": number,
    }


def _of_olga(uow: UnitOfWork) -> dict[str, str]:
    """Let Olga, who has an account, fill a cart and check out; and again, without a cart."""
    cart = carts.update_cart(uow, OLGA, None, CartChange(lines=(ItemRef(3, "jade"),)))
    session = start_checkout(uow, OLGA, StartRequest())
    bare = start_checkout(uow, OLGA, StartRequest(items=(ItemRef(4, "jade"),)))
    for token in (session.page_token, bare.page_token):
        assert checkout_page.save_details(uow, token, "olgas-browser", buyer()) == {}
    return {
        "owned cart": str(cart.cart_id),
        "owned session": session.public_id,
        "owned page": session.page_token,
        "owned session without a cart": bare.public_id,
        "owned page without a cart": bare.page_token,
    }


@pytest.fixture
async def things(tools: ToolShop) -> dict[str, str]:
    return {**await tools.db.write(_of_alice), **await tools.db.write(_of_olga)}


@pytest.fixture
async def ledger(tools: ToolShop, things: dict[str, str]) -> AsyncIterator[Ledger]:
    ledger = Ledger(tools.db)
    await ledger.changes()
    yield ledger
    assert await ledger.changes() == {}


async def told(
    tools: ToolShop, tool: str, arguments: Json, stranger: Stranger
) -> tuple[bool, str, str]:
    """Call a tool; give whether it refused, with which code, and all that it said."""
    result = await tools.call(tool, arguments, stranger.hint)
    structured = result.structured_content or {}
    code = structured.get("error", {}).get("code", "") if result.is_error else ""
    return bool(result.is_error), code, json.dumps(result.model_dump(mode="json", by_alias=True))


def is_the_number(sent: Sent, number: str) -> bool:
    return read_order_number(sent.text) == number


def is_open_to(stranger: Stranger, path: str, sent: Sent, things: dict[str, str]) -> bool:
    """Say whether an id is a key that opens something of its own kind to whoever has it."""
    if path == "order_number":
        return is_the_number(sent, things["number"])
    of_this_kind = {
        "cart_id": {things["cart"]},
        "checkout_session_id": {things["session"], things["paid session"]},
    }
    return stranger.sees_whole(sent) and sent.text in of_this_kind[path]


async def test_no_id_of_somebody_else_reads_or_writes_anything(
    tools: ToolShop, things: dict[str, str], ledger: Ledger, stranger: Stranger
) -> None:
    chance = random.Random(20)  # noqa: S311 - chooses among made-up ids
    ids = [
        *foreign_ids(things, chance),
        Sent("saved variant", SAVED),
        Sent("browser", "alices-browser"),
    ]
    places = [
        (tool, path, schema)
        for tool, path, schema in await every_place(tools)
        if not PUBLIC & set(path)
    ]
    assert {path for _, path, _ in places} == {
        ("cart_id",),
        ("checkout_session_id",),
        ("order_number",),
    }
    for tool, path, schema in places:
        answers = set()
        for number, sent in enumerate(ids):
            if is_open_to(stranger, path[0], sent, things):
                continue
            fills = FILLS.get(tool, [{}])
            chosen = fills if sent.kind.startswith("whole") else [fills[number % len(fills)]]
            for fill in chosen:
                arguments = {**fill, **placed(schema, path, sent.text)}
                refused, code, said = await told(tools, tool, arguments, stranger)
                assert (refused, code) == (True, "not_found"), (tool, sent.kind, said)
                assert await ledger.changes() == {}, (tool, path, sent.kind)
                assert not [name for name in things.values() if name in said]
                answers.add(said)
        # Whether it is foreign, bent, of another kind or made up, nobody can tell.
        assert len(answers) == 1, (tool, path, answers)


async def test_an_id_means_nothing_where_another_text_belongs(
    tools: ToolShop, things: dict[str, str], stranger: Stranger
) -> None:
    chance = random.Random(21)  # noqa: S311 - chooses among made-up ids
    places = [place for place in await every_place(tools) if PUBLIC & set(place[1])]
    assert len(places) > 20
    ledger = Ledger(tools.db)
    kinds = ("cart", "session", "number", "owned cart")
    for tool, path, schema in places:
        for kind in kinds:
            name = things[kind]
            await ledger.changes()
            fake = made_up(name, chance)
            said = [
                (*(await told(tools, tool, placed(schema, path, text), stranger)), text)
                for text in (name, fake)
            ]
            (refused, code, true_answer, _), (also, as_code, fake_answer, _) = said
            assert (refused, code) == (also, as_code), (tool, path, kind)
            others = [thing for thing in things.values() if thing != name]
            assert not [thing for thing in others if thing in true_answer], (tool, path, kind)
            if refused:
                assert without_ids(true_answer, name) == without_ids(fake_answer, fake)
            lost = {table: gone for table, (_, gone) in (await ledger.changes()).items() if gone}
            assert lost == {}, (tool, path, kind)


async def test_a_tool_called_with_nothing_finds_nothing_of_the_others(
    tools: ToolShop, things: dict[str, str], ledger: Ledger, stranger: Stranger
) -> None:
    for name, tool in (await tools.tools()).items():
        needed = dict.fromkeys(tool.input_schema.get("required", ()), "x")
        _, _, said = await told(tools, name, needed, stranger)
        assert not [thing for thing in things.values() if thing in said], name
        assert await ledger.changes() == {}, name


async def test_what_a_whole_id_opens_holds_nobody(
    tools: ToolShop, things: dict[str, str], ledger: Ledger
) -> None:
    """An id that its owner has handed over opens lines and totals: it is a key of 192 bits."""
    nobody = Stranger("without a hint", has_hint=False)
    person = [value for value in (vars_of_buyer()).values() if len(value) > 2]
    for tool, arguments in (
        ("show_cart", {"cart_id": things["cart"]}),
        ("get_checkout", {"checkout_session_id": things["session"]}),
        ("get_checkout", {"checkout_session_id": things["paid session"]}),
        ("get_order_status", {"checkout_session_id": things["paid session"]}),
        ("get_order_status", {"order_number": things["number"].lower()}),
    ):
        refused, _, said = await told(tools, tool, arguments, nobody)
        assert not refused
        assert not [value for value in person if value in said], tool
        assert await ledger.changes() == {}


def vars_of_buyer() -> dict[str, str]:
    found = buyer()
    return {name: getattr(found, name) for name in found.__dataclass_fields__}


@pytest.fixture(params=["whole", "unknown", "none"])
def hint_of_owner(request: pytest.FixtureRequest) -> str | None:
    return {"whole": OLGAS_HINT, "unknown": f"v1_{secrets.token_urlsafe(24)}", "none": None}[
        request.param
    ]


async def test_the_hint_of_an_owner_opens_nothing_that_has_one(
    tools: ToolShop, things: dict[str, str], ledger: Ledger, hint_of_owner: str | None
) -> None:
    """Olga's own conversation, before she signs in or after she has left it, is a stranger."""
    cart: dict[str, Any] = await tools.done("show_cart", {}, hint_of_owner)
    assert (cart["items"], "cart_id" in cart) == ([], False)
    assert (await tools.refused("start_checkout", {}, hint_of_owner))["field"] == "items"
    for tool, fills in FILLS.items():
        for fill in fills:
            named = {**fill, "cart_id": things["owned cart"]}
            error = await tools.refused(tool, named, hint_of_owner)
            assert error["code"] == "not_found"
    for kind in ("owned session", "owned session without a cart"):
        session = {"checkout_session_id": things[kind]}
        for tool in ("get_checkout", "get_order_status"):
            assert (await tools.refused(tool, session, hint_of_owner))["code"] == "not_found"
    assert await ledger.changes() == {}


async def test_a_conversation_never_finds_the_checkout_of_an_account(db: Database) -> None:
    """The same items started in the same conversation are two checkouts, with and without it."""
    request = StartRequest(items=(ItemRef(1, "jade"),))
    guest = Shopper(OLGA.hint_hash)
    mine = await db.write(lambda uow: start_checkout(uow, OLGA, request).public_id)
    theirs = await db.write(lambda uow: start_checkout(uow, guest, request).public_id)
    eves = Shopper(OLGA.hint_hash, EVE)
    others = await db.write(lambda uow: start_checkout(uow, eves, request).public_id)
    assert len({mine, theirs, others}) == 3
    again = await db.write(lambda uow: start_checkout(uow, OLGA, request).public_id)
    assert again == mine
    # Wherever the account is, what it began without a cart is its own, and nobody else's.
    for name in (None, guest.hint_hash, "f" * 64):
        elsewhere = Shopper(name, OLGA.account_hash)
        seen = await db.read(partial(get_checkout, shopper=elsewhere, checkout_session_id=mine))
        assert seen.public_id == mine
        for other in (Shopper(name), Shopper(name, EVE)):
            with pytest.raises(NotFound):
                await db.read(partial(get_checkout, shopper=other, checkout_session_id=mine))
