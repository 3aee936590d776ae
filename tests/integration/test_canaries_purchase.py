"""What a buyer typed, and every secret, through all that can go wrong: nowhere but its column."""

import json
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from datetime import timedelta
from typing import Any, Final

import pytest

from plantly.payments.sandbox import SandboxGateway
from plantly.services import checkout_page, paying, payment_events
from plantly.services.workflows import outbox, till
from plantly.web import checkout
from tests.support.canaries import (
    CARD,
    CARDS,
    PERSON,
    SAID,
    Ears,
    columns_by_name,
    columns_with,
    found_in,
    listening,
)
from tests.support.clock import MovableClock
from tests.support.smtp import mail_server
from tests.support.watched_shop import WatchedShop, open_watched_shop, trace_to

pytestmark = pytest.mark.anyio


@pytest.fixture
def ears(monkeypatch: pytest.MonkeyPatch) -> Iterator[Ears]:
    with listening() as heard:
        trace_to(heard, monkeypatch)
        yield heard


@pytest.fixture
async def watched(shop_url: str, clock: MovableClock, ears: Ears) -> AsyncIterator[WatchedShop]:
    async with open_watched_shop(shop_url, clock, ears) as shop:
        yield shop


async def goes_to_pay(watched: WatchedShop) -> str:
    """Press Pay; give the address of the bank's page."""
    answer = await watched.buyer.press_pay(key=watched.canaries["form key"])
    return str(answer.headers.get("location", ""))


async def chooses(watched: WatchedShop, action: str) -> None:
    await watched.buyer.choose(action, await goes_to_pay(watched))
    await watched.work()
    await watched.buyer.look()


async def buys(watched: WatchedShop) -> None:
    await chooses(watched, "approve")
    assert await watched.shop.status(watched.buyer.token) == "completed"


async def is_declined(watched: WatchedShop) -> None:
    await chooses(watched, "decline")
    assert "declined" in await watched.buyer.look()


async def finds_the_provider_down(watched: WatchedShop) -> None:
    watched.shop.line.provider_down = True
    assert "cannot be reached" in (await watched.buyer.press_pay()).text
    await watched.work()
    await watched.buyer.look("/return")


async def hears_no_answer(watched: WatchedShop) -> None:
    watched.shop.line.answers_lost = True
    await watched.buyer.press_pay()
    await watched.work()
    watched.shop.line.answers_lost = False
    await watched.work()


async def pays_the_wrong_amount(watched: WatchedShop) -> None:
    await goes_to_pay(watched)
    (payment,) = await watched.shop.payments(watched.buyer.token)
    event = {
        "id": "evt_canary",
        "type": "payment.captured",
        "payment_id": payment.session_ref,
        "reference": payment.reference,
        "status": "captured",
        "amount_minor": 1,
        "currency": "USD",
        "captured_minor": 1,
        "name": PERSON["name"],
    }
    watched.told.append((await watched.shop.webhook(event)).text)
    await watched.work()
    await watched.buyer.look()


async def comes_too_late(watched: WatchedShop) -> None:
    page = await goes_to_pay(watched)
    watched.shop.clock.advance(timedelta(hours=2))
    await watched.work()
    await watched.buyer.choose("approve", page)
    await watched.work()
    await watched.buyer.look()


async def stops_and_starts_over(watched: WatchedShop) -> None:
    await goes_to_pay(watched)
    await watched.buyer.post("stop")
    await watched.buyer.post("start-over")
    assert await columns_by_name(watched.db, SAID) == {name: set() for name in SAID}


PATHS: Final[tuple[Callable[[WatchedShop], Awaitable[None]], ...]] = (
    buys,
    is_declined,
    finds_the_provider_down,
    hears_no_answer,
    pays_the_wrong_amount,
    comes_too_late,
    stops_and_starts_over,
)


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.__name__)
async def test_a_buyer_leaves_traces_in_one_table_only(
    watched: WatchedShop, path: Callable[[WatchedShop], Awaitable[None]]
) -> None:
    assert await columns_by_name(watched.db, SAID) == {name: {f"buyers.{name}"} for name in SAID}
    await path(watched)
    await watched.check()


async def test_what_is_refused_is_kept_nowhere_and_a_card_number_not_even_shown(
    watched: WatchedShop,
) -> None:
    await watched.buyer.post("start-over")
    for name in PERSON:
        for wrong in (f"{PERSON[name]}\x07", f"{PERSON[name]} " * 400, CARD):
            answer = await watched.buyer.fill_in(**{**PERSON, name: wrong})
            assert answer.status_code in {413, 422}, (name, wrong)
            assert CARD not in answer.text
    assert await columns_with(watched.db, PERSON["email"]) == set()
    for number in CARDS:
        for name in ("gift_note", "name", "line2", "phone"):
            answer = await watched.buyer.fill_in(**{**PERSON, name: number})
            assert (answer.status_code, number in answer.text) == (422, False), (name, number)
    await watched.check()


@pytest.mark.parametrize("answer", ["", "550 no such mailbox"])
async def test_a_mail_server_and_what_it_says_leave_no_traces(
    sqlite_shop_url: str,
    clock: MovableClock,
    ears: Ears,
    answer: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # The server is the test's own, in the same process: what it logs is nothing of the shop's.
    monkeypatch.setattr(logging.getLogger("mail.log"), "disabled", True)
    async with mail_server() as server:
        server.refuse_recipient = answer
        environment = {
            "PLANTLY_MAIL": "smtp",
            "PLANTLY_SMTP_URL": f"smtp://127.0.0.1:{server.port}",
            "PLANTLY_MAIL_FROM": "shop@example.com",
        }
        async with open_watched_shop(sqlite_shop_url, clock, ears, environment) as watched:
            await buys(watched)
            await watched.work()
            await watched.shop.till.mails.settled()
            await watched.check()
    assert server.recipients == ([] if answer else [[PERSON["email"]]])


FORMS: Final = ("fields", "codes", "currency", "shipping", "pay", "stop", "details")
NAMES: Final = (
    "code",
    "remove",
    "currency",
    "option",
    "quote",
    "shown",
    "key",
    "terms",
    "fields_of",
)


async def test_a_card_number_in_any_field_of_any_form_is_kept_nowhere(
    watched: WatchedShop,
) -> None:
    for form in FORMS:
        for number in CARDS[:2]:
            answer = await watched.buyer.post(form, **{**PERSON, **dict.fromkeys(NAMES, number)})
            assert number not in answer.text, form
        answer = await watched.buyer.browser.get(f"{watched.buyer.address}?step={CARD}&code={CARD}")
        assert CARD not in answer.text
    async with watched.shop.browser() as browser:
        for path in (f"/cart/jade-9cm:1?code={CARD}", f"/cart/{CARD}:1", f"/cart/jade-9cm:{CARD}"):
            for method in ("GET", "POST"):
                await browser.request(method, path)
    await watched.check()


CRASHES: Final = (
    (checkout_page, "show"),
    (checkout_page, "save_details"),
    (checkout_page, "settle_status"),
    (checkout, "details_context"),
    (checkout, "payment_context"),
    (paying, "begin_payment"),
    (paying, "note_started"),
    (SandboxGateway, "start"),
    (SandboxGateway, "verify"),
    (SandboxGateway, "fetch"),
    (till, "receive"),
    (payment_events, "place_order"),
    (outbox, "work_outbox"),
    (till, "expire_sessions"),
)


@pytest.mark.parametrize(
    ("owner", "name"), CRASHES, ids=[f"{owner.__name__}-{name}" for owner, name in CRASHES]
)
async def test_a_failure_whose_text_holds_everything_tells_nothing(
    sqlite_shop_url: str,
    clock: MovableClock,
    ears: Ears,
    owner: Any,
    name: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with open_watched_shop(sqlite_shop_url, clock, ears) as watched:
        broken = []

        def fail(*_: object, **__: object) -> None:
            broken.append(name)
            raise RuntimeError(watched.everything())

        page = await goes_to_pay(watched) if name in {"verify", "receive", "place_order"} else ""
        monkeypatch.setattr(owner, name, fail)
        await watched.call("start_checkout", {"items": [{"product_id": "jade", "quantity": 1}]})
        answers = [await watched.buyer.fill_in(**PERSON), await watched.buyer.post("pay")]
        answers.append(await watched.buyer.browser.get(watched.buyer.address))
        await watched.buyer.browser.get(f"{watched.buyer.address}/return")
        if page:
            await watched.buyer.choose("approve", page)
        await watched.work()
        failed = [answer for answer in answers if answer.status_code >= 500]
        assert found_in(str([answer.text for answer in failed]), SAID) == []
        monkeypatch.undo()
        trace_to(ears, monkeypatch)
        await watched.check()


async def test_one_who_has_to_wait_hears_no_name(
    sqlite_shop_url: str, clock: MovableClock, ears: Ears
) -> None:
    said = {"PLANTLY_LIMITS": "page_posts_address=4/hour, misses=2/hour, misses_address=2/hour"}
    async with open_watched_shop(sqlite_shop_url, clock, ears, said) as watched:
        watched.buyer.browser.headers["x-forwarded-for"] = "203.0.113.7"
        for _ in range(4):
            await watched.buyer.fill_in(**PERSON)
            await watched.call("show_cart", {"cart_id": PERSON["email"]})
        answer = await watched.buyer.fill_in(**PERSON)
        assert answer.status_code == 429
        watched.told.append(answer.text)
        await watched.check()


GARBAGE: Final = (
    b"",
    b"{",
    b"\xff\xfe",
    json.dumps(dict(PERSON)).encode(),
    json.dumps({"id": PERSON["email"], "type": CARD, "reference": PERSON["name"]}).encode(),
    json.dumps({"id": CARD, "type": "payment.captured", "payment": dict(PERSON)}).encode(),
    json.dumps([CARD]).encode(),
    (json.dumps(dict(PERSON)) * 2000).encode(),
)


async def test_garbage_at_the_webhook_is_neither_kept_nor_told(watched: WatchedShop) -> None:
    async with watched.shop.browser() as somebody:
        for body in GARBAGE:
            for headers in ({}, {"webhook-id": PERSON["email"], "webhook-signature": CARD}):
                for provider in ("sandbox", CARD, PERSON["email"]):
                    answer = await somebody.post(
                        f"/webhooks/{provider}", content=body, headers=headers
                    )
                    watched.told.append(answer.text)
    for event in (dict(PERSON), [CARD], {"id": "evt_1", "type": "other", "data": dict(PERSON)}):
        watched.told.append((await watched.shop.webhook(event)).text)  # type: ignore[arg-type]
    await watched.work()
    await watched.check()


async def test_a_request_that_cannot_be_read_is_not_repeated(watched: WatchedShop) -> None:
    address, browser = watched.buyer.address, watched.buyer.browser
    canaries = watched.everything().encode()
    answers = [
        await browser.post(f"{address}/details", content=canaries * 200),
        await browser.post(f"{address}/details", content=b"&".join([canaries] * 60)),
        await browser.post(f"{address}/details", content=b"\xff" + canaries),
        await browser.post(f"{address}/details", data=PERSON, headers={"origin": "https://e.test"}),
        await browser.get(f"/made-up/{PERSON['email']}?card={CARD}&name={PERSON['name']}"),
        await browser.get(f"/checkout/{PERSON['email']}"),
        await browser.get(f"/checkout/{CARD}"),
        await browser.get(f"/media/{CARD}.svg"),
        await browser.get(f"/sandbox/pay/{CARD}"),
        await browser.put(address, data=PERSON),
        await browser.post("/sandbox/v1/payments", content=canaries),
        await browser.get("/sandbox/v1/payments", headers={"authorization": f"Bearer {CARD}"}),
    ]
    watched.told += [answer.text for answer in answers[:1] + answers[3:]]
    await watched.check()
