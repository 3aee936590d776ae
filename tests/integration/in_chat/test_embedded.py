"""The provider's form inside the checkout widget: the page's payment, or a way to the page."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from plantly.db import Database
from plantly.mcp_server.tool import closed
from plantly.services.catalog_file import write_catalog
from plantly.services.shop_file import apply_shop, read_shop_file
from tests.support.chat_shop import ALOES, ChatShop, open_chat_shop, page_token
from tests.support.clock import MovableClock
from tests.support.fakes.gr4vy_ledger import ACCOUNT, INSTANCE
from tests.support.fakes.gr4vy_provider import FakeGr4vy
from tests.support.pay_shop import a_buyer
from tests.support.shop import HINT, OTHER_HINT, SHOP_TOML, Json, document, garden

pytestmark = pytest.mark.anyio

ORIGIN = "http://127.0.0.1:9101"
KEYS = {
    "token",
    "gr4vy_id",
    "environment",
    "currency",
    "country",
    "merchant_account_id",
    "amount",
}
TERMS = '\n[[policies]]\ntopic = "terms"\ntitle = "Terms of sale"\ntext = "Pay first."\n'


@pytest.fixture
def gr4vy(clock: MovableClock) -> FakeGr4vy:
    return FakeGr4vy(clock, ORIGIN)


@pytest.fixture
async def shop(
    shop_url: str, db: Database, clock: MovableClock, gr4vy: FakeGr4vy
) -> AsyncIterator[ChatShop]:
    environment = {**gr4vy.environment(), "PLANTLY_CHECKOUT_MODE": "embedded"}
    async with open_chat_shop(shop_url, db, clock, environment) as opened:
        opened.pay.line.apps[9101] = gr4vy.app
        opened.pay.line.providers.add(9101)
        yield opened


async def begin(shop: ChatShop, checkout: Json, **more: str) -> Json:
    name = checkout["checkout_session_id"]
    asked = {"checkout_session_id": name, "quote": checkout.get("quote", ""), **more}
    return await shop.tools.done("begin_payment", asked, HINT)


def pays_nothing(answer: Json) -> bool:
    return "embed" not in answer and answer["checkout_url"].startswith("http")


async def test_without_details_the_page_is_the_way(shop: ChatShop, gr4vy: FakeGr4vy) -> None:
    checkout = await shop.start()
    assert pays_nothing(checkout)
    assert "delivery details are needed first" in checkout["embed_error"]
    assert (await shop.look(checkout))["embed_error"] == checkout["embed_error"]
    assert pays_nothing(await begin(shop, checkout))
    assert gr4vy.sessions() == []


async def test_once_the_details_are_there_the_form_pays_what_was_shown(
    shop: ChatShop, gr4vy: FakeGr4vy
) -> None:
    checkout = await shop.ready()
    assert "embed_error" not in checkout
    answer = await begin(shop, checkout)
    embed = answer["embed"]
    assert set(embed) == KEYS
    assert embed["gr4vy_id"] == INSTANCE
    assert embed["merchant_account_id"] == ACCOUNT
    assert (embed["currency"], embed["country"]) == ("USD", "US")
    assert embed["amount"] == checkout["totals"][-1]["amount_minor"]
    assert answer["status"] == "complete_in_progress"
    assert await shop.pay.left("aloe-vera-12cm") == (24, 2)
    for personal in ("ada@", "Ada", "Fern Street", "94107"):
        assert personal not in str(answer)


async def test_the_form_is_set_up_with_what_the_page_sets_it_up_with(shop: ChatShop) -> None:
    checkout = await shop.ready()
    asked = {"checkout_session_id": checkout["checkout_session_id"], "quote": checkout["quote"]}
    result = await shop.tools.call("begin_payment", asked, HINT)
    assert result.meta is not None
    form = result.meta["plantly/embed"]
    assert form["script"] == f"{ORIGIN}/embed.latest.js"
    assert form["options"]["intent"] == "capture"
    assert form["options"]["fullPageReturnUrl"] == f"{checkout['checkout_url']}/return"


async def test_starting_again_gives_another_form_of_the_same_payment(
    shop: ChatShop, gr4vy: FakeGr4vy
) -> None:
    checkout = await shop.ready()
    first = await begin(shop, checkout)
    again = await shop.tools.done("start_checkout", ALOES, HINT)
    assert again["checkout_session_id"] == checkout["checkout_session_id"]
    assert again["embed"]["token"] != first["embed"]["token"]
    assert len(gr4vy.sessions()) == 1
    assert len(await shop.pay.payments(page_token(checkout))) == 1


async def test_a_checkout_that_is_ready_can_be_paid_as_soon_as_it_is_started(
    shop: ChatShop,
) -> None:
    await shop.ready()
    answer = await shop.tools.done("start_checkout", ALOES, HINT)
    assert set(answer["embed"]) == KEYS


async def test_money_that_came_through_the_form_makes_the_order(
    shop: ChatShop, gr4vy: FakeGr4vy, clock: MovableClock
) -> None:
    checkout = await shop.ready()
    answer = await begin(shop, checkout)
    (session,) = gr4vy.sessions()
    gr4vy.approve(session)
    clock.advance(timedelta(seconds=10))
    paid = await begin(shop, answer)
    assert paid["status"] == "completed"
    assert "embed" not in paid
    assert "embed_error" not in paid
    assert await begin(shop, paid) == paid


async def test_a_card_that_was_declined_lets_the_shopper_try_again(
    shop: ChatShop, gr4vy: FakeGr4vy, clock: MovableClock
) -> None:
    checkout = await shop.ready()
    answer = await begin(shop, checkout)
    gr4vy.decline(gr4vy.sessions()[0])
    clock.advance(timedelta(seconds=10))
    declined = await begin(shop, answer)
    assert pays_nothing(declined)
    assert declined["status"] == "ready_for_payment"
    assert [message["code"] for message in declined["messages"]] == ["payment_declined"]
    assert set((await begin(shop, declined))["embed"]) == KEYS
    assert len(gr4vy.sessions()) == 2


async def test_money_that_is_on_its_way_is_waited_for(
    shop: ChatShop, gr4vy: FakeGr4vy, clock: MovableClock
) -> None:
    checkout = await shop.ready()
    answer = await begin(shop, checkout)
    (session,) = gr4vy.sessions()
    gr4vy.pay_later(session)
    clock.advance(timedelta(seconds=10))
    waiting = await begin(shop, answer)
    assert pays_nothing(waiting)
    assert waiting["embed_error"] == "The payment is being confirmed."


async def test_a_total_that_has_changed_holds_nothing(shop: ChatShop, gr4vy: FakeGr4vy) -> None:
    checkout = await shop.ready()
    source = garden()
    source["products"][0]["variants"][0]["price_minor"] += 500
    await shop.pay.db.write(lambda uow: write_catalog(uow, document(source)))
    answer = await begin(shop, checkout)
    assert answer["embed_error"].startswith("The total is no longer the one")
    assert answer["quote"] != checkout["quote"]
    assert pays_nothing(await begin(shop, {**answer, "quote": ""}))
    assert gr4vy.sessions() == []
    assert (await begin(shop, answer))["embed"]["amount"] == answer["totals"][-1]["amount_minor"]


async def test_a_provider_that_is_away_leaves_the_page(shop: ChatShop) -> None:
    checkout = await shop.ready()
    shop.pay.line.provider_down = True
    answer = await begin(shop, checkout)
    assert pays_nothing(answer)
    assert answer["embed_error"].startswith("Payment processing is temporarily unavailable")
    shop.pay.line.provider_down = False
    assert set((await begin(shop, checkout))["embed"]) == KEYS


async def test_a_shop_whose_till_is_closed_still_starts_checkouts(shop: ChatShop) -> None:
    object.__setattr__(shop.tools.parts, "chat", closed)
    checkout = await shop.start()
    assert checkout["embed_error"].startswith("Payment processing is temporarily unavailable")


async def test_what_sells_out_at_the_last_moment_is_said(
    shop: ChatShop, monkeypatch: pytest.MonkeyPatch
) -> None:
    checkout = await shop.ready()
    monkeypatch.setattr(
        "plantly.db.repositories.stock.StockRepository.hold",
        lambda _self, _payment, units: next(iter(units)),
    )
    answer = await begin(shop, checkout)
    assert pays_nothing(answer)
    assert "asked for" in answer["embed_error"]


async def test_terms_are_accepted_before_anything_is_held(shop: ChatShop) -> None:
    shop_toml = read_shop_file(SHOP_TOML + TERMS)
    await shop.pay.db.write(lambda uow: apply_shop(uow, shop_toml))
    checkout = await shop.ready()
    assert checkout["terms"]["title"] == "Terms of sale"
    assert checkout["terms"]["url"].endswith("/policies#terms")
    started = await shop.tools.done("start_checkout", ALOES, HINT)
    assert started["embed_error"].startswith("The terms of sale have to be accepted first")
    refused = await begin(shop, checkout)
    assert refused["embed_error"] == "Tick this box to accept: Terms of sale."
    accepted = await begin(shop, checkout, terms_version=checkout["terms"]["version"])
    assert set(accepted["embed"]) == KEYS


async def test_a_checkout_that_is_over_says_so(shop: ChatShop, clock: MovableClock) -> None:
    checkout = await shop.ready()
    clock.advance(timedelta(hours=2))
    assert (await begin(shop, checkout))["embed_error"] == "This checkout is over."


async def test_a_payment_begun_here_can_be_finished_on_the_page(shop: ChatShop) -> None:
    checkout = await shop.start()
    async with a_buyer(shop.pay, page_token(checkout)) as buyer:
        await buyer.fill_in()
        await begin(shop, await shop.look(checkout))
        answer = await buyer.post("pay", quote="")
        assert answer.headers["location"].endswith("/pay")
    assert len(await shop.pay.payments(page_token(checkout))) == 1


async def test_a_session_of_another_conversation_is_not_there(shop: ChatShop) -> None:
    checkout = await shop.ready()
    asked = {"checkout_session_id": checkout["checkout_session_id"]}
    error = await shop.tools.refused("begin_payment", asked, OTHER_HINT)
    assert error["code"] == "not_found"
