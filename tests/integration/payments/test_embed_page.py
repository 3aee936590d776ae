"""The page with the provider's form: who sees it, what it lets in, and what it believes."""

import contextlib
import json
import re
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any, Final

import httpx
import pytest
from sqlalchemy import text

from plantly.db import UnitOfWork, open_database
from plantly.domain.errors import ShopError
from plantly.services.payment_care import retry_payment
from tests.support.clock import MovableClock
from tests.support.fakes.gr4vy_provider import FakeGr4vy
from tests.support.fakes.rig import Rig, open_rig
from tests.support.fakes.sides import FakeSide
from tests.support.pay_shop import a_buyer, text_of

pytestmark = pytest.mark.anyio

ORIGIN: Final = "http://127.0.0.1:9101"
TOTAL: Final = 3810


@pytest.fixture
def fake(clock: MovableClock) -> FakeGr4vy:
    return FakeGr4vy(clock, ORIGIN)


@pytest.fixture
async def rig(sqlite_shop_url: str, clock: MovableClock, fake: FakeGr4vy) -> AsyncIterator[Rig]:
    db = open_database(sqlite_shop_url, clock=clock)
    async with open_rig(FakeSide(fake), sqlite_shop_url, db, clock) as opened:
        yield opened
    await db.close()


async def form_page(rig: Rig) -> httpx.Response:
    return await rig.buyer.browser.get(f"{rig.buyer.address}/pay")


def options_in(page: httpx.Response) -> dict[str, Any]:
    found = re.search(r'<script type="application/json" id="options">(.*?)</script>', page.text)
    assert found is not None, text_of(page)
    options: dict[str, Any] = json.loads(found[1])
    return options


def policy_of(answer: httpx.Response) -> dict[str, str]:
    parts = answer.headers["content-security-policy"].split("; ")
    return {name: rest for name, _, rest in (part.partition(" ") for part in parts)}


async def test_the_form_is_for_the_payment_of_this_browser(rig: Rig) -> None:
    ref = await rig.go_to_pay()
    page = await form_page(rig)
    assert "Pay $38.10" in text_of(page)
    assert "Aloe Vera" in text_of(page)
    options = options_in(page)
    payment = await rig.shop.payment(rig.buyer.token)
    assert (options["amount"], options["currency"], options["country"]) == (TOTAL, "USD", "US")
    assert (options["intent"], options["externalIdentifier"]) == ("capture", payment.reference)
    back = f"http://127.0.0.1:8000{rig.buyer.address}/return"
    assert options["fullPageReturnUrl"] == back
    again = options_in(await form_page(rig))
    assert again["token"] != options["token"]
    assert {**again, "token": ""} == {**options, "token": ""}
    assert await rig.side.sessions() == [ref]


async def test_only_this_page_lets_the_provider_in(rig: Rig) -> None:
    before = await rig.buyer.browser.get(rig.buyer.address)
    await rig.go_to_pay()
    page = await form_page(rig)
    policy = policy_of(page)
    nonce, *scripts = policy["script-src"].split()
    assert re.fullmatch(r"'nonce-[\w-]{22}'", nonce)
    assert scripts == [ORIGIN, "https://applepay.cdn-apple.com"]
    assert policy["frame-src"] == ORIGIN
    assert policy["connect-src"] == f"'self' {ORIGIN}"
    assert policy["default-src"] == policy["base-uri"] == policy["frame-ancestors"] == "'none'"
    assert page.headers["cache-control"] == "no-store"
    assert page.headers["referrer-policy"] == "no-referrer"
    for other in (before, await rig.buyer.browser.get(rig.buyer.address)):
        assert ORIGIN not in other.headers["content-security-policy"]
        assert "frame-src" not in policy_of(other)


async def test_everybody_else_is_sent_to_the_checkout(rig: Rig) -> None:
    address = rig.buyer.address
    assert (await form_page(rig)).headers["location"] == address
    await rig.go_to_pay()
    async with rig.shop.browser() as stranger:
        assert (await stranger.get(f"{address}/pay")).headers["location"] == address
        for token in ("short", "x" * 32):
            sent = await stranger.get(f"/checkout/{token}/pay")
            assert sent.headers["location"] == f"/checkout/{token}"
    rig.shop.clock.advance(timedelta(minutes=31))
    assert (await form_page(rig)).headers["location"] == address


async def test_once_it_is_paid_or_stopped_there_is_no_form(rig: Rig) -> None:
    await rig.go_to_pay()
    await rig.stop()
    assert (await form_page(rig)).status_code == 303
    assert "The payment was canceled" in await rig.buyer.look()
    await rig.pay()
    assert (await form_page(rig)).status_code == 303


async def test_what_the_form_reports_is_believed_by_nobody(rig: Rig) -> None:
    await rig.go_to_pay()
    page = await rig.come_back()
    assert "Thank you" not in page
    assert "not finished yet" in page
    assert await rig.orders() == []


@pytest.mark.parametrize("heard", ["one after the other", "at once"])
async def test_what_is_paid_twice_in_the_same_session_goes_back_once(rig: Rig, heard: str) -> None:
    """Two windows hold a form of the same session, and both pay."""
    ref = await rig.go_to_pay()
    await rig.side.act("approve", ref)
    if heard == "one after the other":
        await rig.deliver()
    await rig.side.act("approve_late", ref)
    if heard == "at once":
        await rig.lose()
    else:
        await rig.deliver()
    await rig.settle_down()
    (payment,) = await rig.payments()
    assert (payment.captured_minor, payment.refunded_minor) == (2 * TOTAL, TOTAL)
    assert not payment.needs_attention
    (order,) = await rig.orders()
    assert order.status == "confirmed"


@pytest.mark.parametrize("heard", ["in order", "backwards", "one by one"])
async def test_what_was_given_back_by_hand_does_not_go_back_again(
    rig: Rig, fake: FakeGr4vy, heard: str
) -> None:
    """The merchant sees that a buyer has paid twice, too."""
    ref = await rig.pay()
    fake.approve_late(ref)
    capture = await rig.lose()
    fake.refund(fake.of(ref)[1], TOTAL, None)
    refund = await rig.lose()
    for webhooks in (refund, capture) if heard == "backwards" else (capture, refund):
        rig.mail += webhooks
        if heard == "one by one":
            await rig.deliver()
            await rig.work()
    await rig.settle_down()
    (payment,) = await rig.payments()
    assert (payment.captured_minor, payment.refunded_minor) == (2 * TOTAL, TOTAL)
    assert (await rig.ledger(ref)).refunded_minor == TOTAL
    assert {row.status for row in await rig.refunds()} <= {"failed"}
    assert len(await rig.orders()) == 1
    # Nobody gives it back by mistake: there is nothing to retry, or that is refused, too.
    with contextlib.suppress(ShopError):
        await rig.shop.db.write(lambda uow: retry_payment(uow, payment.reference))
    await rig.settle_down()
    assert (await rig.ledger(ref)).refunded_minor == TOTAL


async def test_of_two_sessions_of_one_payment_the_first_one_is_shown(rig: Rig) -> None:
    async def press_again() -> None:
        await rig.buyer.post("pay")

    rig.meanwhile = press_again
    await rig.press_pay()
    shown = (await rig.shop.payment(rig.buyer.token)).session_ref
    assert len(await rig.side.sessions()) == 2
    assert shown == (await rig.side.sessions())[1]
    await rig.side.act("approve", str(shown))
    await rig.deliver()
    assert len(await rig.orders()) == 1


async def test_no_key_and_no_token_is_kept_or_written(
    rig: Rig, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    await rig.go_to_pay()
    token = options_in(await form_page(rig))["token"]
    await rig.pay()
    await rig.work(2)
    stored = await rig.shop.db.read(_everything)
    for secret in (token, token.split(".")[2], *rig.side.secrets()):
        assert secret not in stored
        assert secret not in caplog.text
    assert not any(token in str(call) for call in rig.watch.seen)


async def test_lines_are_told_where_they_are_the_whole_amount(rig: Rig, fake: FakeGr4vy) -> None:
    """Six aloes are sent for free, and New York takes no tax in this shop."""
    token = await rig.shop.start(aloe_vera=6)
    async with a_buyer(rig.shop, token) as somebody:
        await somebody.fill_in(region="NY", postal_code="10001", city="New York")
        rig.trouble = "after"
        assert (await somebody.press_pay()).status_code == 503
        rig.trouble = None
        assert (await somebody.post("pay")).status_code == 303
    told = [session.cart_items for session in fake.all.values()]
    line = {"name": "Aloe Vera", "quantity": 6, "unit_amount": 1499, "sku": "SKU-ALOE-VERA-12CM"}
    assert told == [[line], [line]]


def _everything(uow: UnitOfWork) -> str:
    tables = uow.session.execute(text("SELECT name FROM sqlite_master WHERE type = 'table'"))
    names = [name for (name,) in tables if name.isidentifier()]
    rows = (uow.session.execute(text(f'SELECT * FROM "{name}"')) for name in names)  # noqa: S608 - of the schema
    return "\n".join(str(tuple(row)) for found in rows for row in found)
