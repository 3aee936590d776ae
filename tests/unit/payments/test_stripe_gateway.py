"""The shop's side of Stripe: what is asked, how answers are taken, and what nobody gets to read."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Final
from urllib.parse import parse_qsl

import httpx
import pytest

from plantly.domain.checkout import PAYMENT_LIFETIME
from plantly.domain.errors import ProviderRejected, ProviderUnavailable
from plantly.domain.payment import FactKind
from plantly.payments.gateway import (
    EmbedRequest,
    PaymentRef,
    PaymentRequest,
    RefundRequest,
    RequestLine,
)
from plantly.payments.stripe_checkout import StripeGateway
from plantly.settings import StripeSettings
from tests.support.clock import START, MovableClock
from tests.support.fakes.stripe_provider import API_KEY, WEBHOOK_SECRET, FakeStripe

pytestmark = pytest.mark.anyio

ORIGIN: Final = "http://127.0.0.1:9102"
SETTINGS: Final = StripeSettings(API_KEY, (WEBHOOK_SECRET,), ORIGIN)
REQUEST: Final = PaymentRequest(
    "pay_1", 3810, "USD", "Fern & Co", "http://shop/back", "pk_1", START + PAYMENT_LIFETIME
)
LINES: Final = (RequestLine("Aloe", 2, 1900, "ALO"), RequestLine("Pot", 1, 10, "POT"))


@pytest.fixture
def clock() -> MovableClock:
    return MovableClock()


@pytest.fixture
def fake(clock: MovableClock) -> FakeStripe:
    return FakeStripe(clock, ORIGIN)


@pytest.fixture
def seen() -> list[httpx.Request]:
    return []


@pytest.fixture
async def gateway(
    fake: FakeStripe, clock: MovableClock, seen: list[httpx.Request]
) -> AsyncIterator[StripeGateway]:
    async def look(request: httpx.Request) -> None:
        seen.append(request)

    transport = httpx.ASGITransport(fake.app)
    async with httpx.AsyncClient(transport=transport, event_hooks={"request": [look]}) as client:
        yield StripeGateway(SETTINGS, client, clock)


def sent(request: httpx.Request) -> dict[str, str]:
    return dict(parse_qsl(request.content.decode()))


async def test_a_session_is_asked_for_with_its_key_and_our_names(
    gateway: StripeGateway, seen: list[httpx.Request]
) -> None:
    started = await gateway.start(REQUEST)
    assert started.redirect_url == f"{ORIGIN}/c/pay/{started.session_ref}"
    (request,) = seen
    assert (request.method, request.url.path) == ("POST", "/v1/checkout/sessions")
    assert request.headers["idempotency-key"] == "pk_1"
    assert max(request.extensions["timeout"].values()) <= 10
    form = sent(request)
    assert form["client_reference_id"] == form["metadata[reference]"] == "pay_1"
    assert form["payment_intent_data[metadata][reference]"] == "pay_1"
    assert form["success_url"] == form["cancel_url"] == "http://shop/back"
    assert form["line_items[0][price_data][unit_amount]"] == "3810"
    assert form["line_items[0][price_data][product_data][name]"] == "Fern & Co"
    assert form["adaptive_pricing[enabled]"] == "false"
    assert gateway.embed(EmbedRequest("pay_1", started.session_ref, 3810, "USD", "US")) is None


@pytest.mark.parametrize(
    ("lines", "currency", "amounts"),
    [
        (LINES, "USD", ["1900", "10"]),
        (LINES[:1], "USD", ["3810"]),
        ((RequestLine("Aloe", 1, 3805, "ALO"), RequestLine("Pot", 1, 5, "POT")), "KWD", ["3810"]),
        (LINES, "ISK", ["190000", "1000"]),
        ((RequestLine("Seed", 1, 38, "SEED"),) * 101, "USD", ["3838"]),
    ],
    ids=["exact", "something-else", "too-fine", "zeros", "too-many"],
)
async def test_lines_add_up_to_the_amount_or_are_one(
    gateway: StripeGateway,
    seen: list[httpx.Request],
    lines: tuple[RequestLine, ...],
    currency: str,
    amounts: list[str],
) -> None:
    amount = 3838 if len(lines) > 100 else 3810
    asked = PaymentRequest(
        *("pay_1", amount, currency, "Fern & Co", "http://shop/back", "pk_1"),
        expires_at=REQUEST.expires_at,
        lines=lines,
    )
    await gateway.start(asked)
    form = sent(seen[0])
    assert [v for k, v in form.items() if k.endswith("[unit_amount]")] == amounts
    assert {v for k, v in form.items() if k.endswith("[currency]")} == {currency.lower()}


async def test_the_same_key_finds_the_same_session_until_its_time_is_over(
    gateway: StripeGateway, fake: FakeStripe, clock: MovableClock, seen: list[httpx.Request]
) -> None:
    first = await gateway.start(REQUEST)
    clock.advance(PAYMENT_LIFETIME)
    assert await gateway.start(REQUEST) == first
    assert seen[0].content == seen[1].content
    assert fake.sessions() == [first.session_ref]


@pytest.mark.parametrize("after", [timedelta(0), PAYMENT_LIFETIME])
async def test_stripe_takes_the_end_whenever_we_ask(
    gateway: StripeGateway, clock: MovableClock, after: timedelta
) -> None:
    clock.advance(after)
    await gateway.start(REQUEST)


async def test_a_key_that_was_used_otherwise_says_nothing_about_the_payment(
    gateway: StripeGateway,
) -> None:
    await gateway.start(REQUEST)
    other = PaymentRequest(
        "pay_1", 3811, "USD", "Fern & Co", "http://shop/back", "pk_1", REQUEST.expires_at
    )
    with pytest.raises(ProviderUnavailable):
        await gateway.start(other)


async def test_an_answer_that_was_lost_is_found_by_our_name(
    gateway: StripeGateway, fake: FakeStripe, clock: MovableClock
) -> None:
    for number in range(120):
        clock.advance(timedelta(seconds=1))
        await gateway.start(
            PaymentRequest(
                *(f"pay_{number}", 3810, "USD", "Fern", "http://shop/back", f"pk_{number}"),
                expires_at=clock() + PAYMENT_LIFETIME,
            )
        )
    found = await gateway.fetch(PaymentRef("pay_5", None))
    assert found is not None
    assert found.session_ref == fake.sessions()[5]
    assert await gateway.fetch(PaymentRef("pay_other", None)) is None
    assert await gateway.fetch(PaymentRef("pay_other", "cs_other")) is None


async def test_a_read_shows_refunds_and_disputes_however_many(
    gateway: StripeGateway, fake: FakeStripe
) -> None:
    ref = (await gateway.start(REQUEST)).session_ref
    fake.approve(ref)
    for _ in range(12):
        fake.refund(ref, 10, {})
    fake.dispute(ref, "lost", 100)
    snapshot = await gateway.fetch(PaymentRef("pay_1", ref))
    assert snapshot is not None
    kinds = [fact.kind for fact in snapshot.facts]
    assert kinds.count(FactKind.REFUND_SUCCEEDED) == 12
    assert kinds[-2:] == [FactKind.DISPUTE_OPENED, FactKind.DISPUTE_LOST]
    assert snapshot.closed
    assert snapshot.payment_ref == fake.all[ref].intent_id


@pytest.mark.parametrize(
    ("act", "kinds", "closed"),
    [
        ("abandon", [], False),
        ("decline", [], False),
        ("challenge", [], False),
        ("pay_later", [FactKind.PENDING, FactKind.PENDING], False),
        ("authorize", [FactKind.PENDING, FactKind.AUTHORIZED], False),
        ("approve", [FactKind.CAPTURED], True),
    ],
)
async def test_a_read_says_what_the_webhooks_say(
    gateway: StripeGateway, fake: FakeStripe, act: str, kinds: list[FactKind], closed: bool
) -> None:
    ref = (await gateway.start(REQUEST)).session_ref
    getattr(fake, act)(ref)
    snapshot = await gateway.fetch(PaymentRef("pay_1", ref))
    assert snapshot is not None
    assert ([fact.kind for fact in snapshot.facts], snapshot.closed) == (kinds, closed)
    told = {
        fact.key
        for delivery in fake.events()
        for fact in gateway.normalize(
            gateway.verify(
                {name.lower(): value for name, value in delivery.headers.items()},
                delivery.body,
                START,
            )
        ).facts
    }
    assert told == {fact.key for fact in snapshot.facts}


async def test_a_debit_that_comes_back_is_over(gateway: StripeGateway, fake: FakeStripe) -> None:
    ref = (await gateway.start(REQUEST)).session_ref
    fake.pay_later(ref)
    fake.settle(ref, succeeds=False)
    snapshot = await gateway.fetch(PaymentRef("pay_1", ref))
    assert snapshot is not None
    assert [fact.kind for fact in snapshot.facts] == [FactKind.DECLINED]
    assert snapshot.closed


async def test_a_session_is_closed_once(gateway: StripeGateway, fake: FakeStripe) -> None:
    ref = (await gateway.start(REQUEST)).session_ref
    await gateway.cancel_session(ref)
    snapshot = await gateway.fetch(PaymentRef("pay_1", ref))
    assert snapshot is not None
    assert snapshot.closed
    with pytest.raises(ProviderRejected):
        await gateway.cancel_session(ref)
    fake.approve(ref)
    assert fake.ledger(ref).captured_minor == 0


async def test_money_that_is_set_aside_is_taken_or_let_go_of(
    gateway: StripeGateway, fake: FakeStripe, seen: list[httpx.Request]
) -> None:
    taken = (await gateway.start(REQUEST)).session_ref
    fake.authorize(taken)
    snapshot = await gateway.capture(taken, 3810, "USD", "pay_1.capture")
    assert FactKind.CAPTURED in {fact.kind for fact in snapshot.facts}
    assert "pay_1.capture" in [request.headers.get("idempotency-key") for request in seen]
    assert fake.ledger(taken).captured_minor == 3810
    with pytest.raises(ProviderRejected):
        await gateway.void(taken, "pay_1.void")


async def test_an_authorization_is_let_go_of(gateway: StripeGateway, fake: FakeStripe) -> None:
    ref = (await gateway.start(REQUEST)).session_ref
    with pytest.raises(ProviderRejected):
        await gateway.void(ref, "pay_1.void")
    fake.authorize(ref)
    snapshot = await gateway.void(ref, "pay_1.void.2")
    assert snapshot.closed
    assert fake.ledger(ref).authorized_minor == 0


async def test_a_refund_is_made_once_even_after_stripe_forgot_its_key(
    gateway: StripeGateway, fake: FakeStripe, clock: MovableClock
) -> None:
    ref = (await gateway.start(REQUEST)).session_ref
    fake.approve(ref)
    asked = RefundRequest(ref, 810, "USD", "rf_1")
    first = await gateway.refund(asked)
    clock.advance(timedelta(days=2))
    again = await gateway.refund(asked)
    assert again == first
    assert fake.ledger(ref).refunded_minor == 810
    other = await gateway.refund(RefundRequest(ref, 810, "USD", "rf_2"))
    assert other.refund_ref != first.refund_ref
    with pytest.raises(ProviderRejected):
        await gateway.refund(RefundRequest(ref, 9999, "USD", "rf_3"))


@pytest.mark.parametrize("ref", ["cs_other", None])
async def test_nothing_goes_back_of_what_was_never_paid(
    gateway: StripeGateway, ref: str | None
) -> None:
    known = (await gateway.start(REQUEST)).session_ref
    with pytest.raises(ProviderRejected):
        await gateway.refund(RefundRequest(ref or known, 810, "USD", "rf_1"))


@pytest.mark.parametrize(
    ("key", "live"), [("sk_test_1", False), ("rk_live_1", True), ("other", None)]
)
def test_the_key_tells_whether_money_moves(key: str, live: bool | None) -> None:
    gateway = StripeGateway(
        StripeSettings(key, (WEBHOOK_SECRET,), None), httpx.AsyncClient(), MovableClock()
    )
    assert gateway.pay_origin == "https://checkout.stripe.com"
    assert gateway._webhooks._live is live
