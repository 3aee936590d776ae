"""Gr4vy through its official SDK, against a Gr4vy of the tests that speaks the real HTTP."""

import json
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import httpx
import pytest

from plantly.domain.errors import ProviderRejected, ProviderUnavailable
from plantly.domain.payment import FactKind, reduce_facts
from plantly.payments.gateway import PaymentRef, RequestLine
from plantly.payments.gr4vy import MOST_MINOR, STALE_AFTER
from tests.support.clock import START, MovableClock
from tests.support.gr4vy_bench import HOME, REQUEST, TOTAL, Bench, open_bench, refund

pytestmark = pytest.mark.anyio


@pytest.fixture
async def bench(clock: MovableClock) -> AsyncIterator[Bench]:
    async with open_bench(clock) as opened:
        yield opened


async def test_a_session_says_what_is_paid_and_lives_as_long_as_the_payment(bench: Bench) -> None:
    started = await bench.gateway.start(REQUEST)
    (sent,) = bench.wire.sent
    assert json.loads(sent.content) == {
        "amount": TOTAL,
        "currency": "USD",
        "cart_items": [{"name": "Fern & Co", "quantity": 1, "unit_amount": TOTAL}],
        "metadata": {"reference": "pay_1"},
        "expires_in": 1800.0,
    }
    assert sent.headers["x-gr4vy-merchant-account-id"] == "default"
    assert started.redirect_url == f"{HOME}/checkout/token/pay"
    assert bench.fake.sessions() == [started.session_ref]


async def test_lines_are_sent_when_they_are_the_whole_amount(bench: Bench) -> None:
    lines = (RequestLine("Aloe", 2, 1500, "A1"), RequestLine("Fern" * 100, 1, 810, "F1"))
    await bench.gateway.start(replace(REQUEST, lines=lines))
    await bench.gateway.start(replace(REQUEST, lines=lines[:1]))
    whole, part = (json.loads(request.content)["cart_items"] for request in bench.wire.sent)
    assert [(item["name"], item["quantity"], item["unit_amount"]) for item in whole] == [
        ("Aloe", 2, 1500),
        (("Fern" * 100)[:250], 1, 810),
    ]
    assert [item["unit_amount"] for item in part] == [TOTAL]


async def test_a_session_that_is_almost_over_lives_a_minute(bench: Bench) -> None:
    bench.clock.advance(timedelta(minutes=31))
    await bench.gateway.start(REQUEST)
    assert json.loads(bench.wire.sent[0].content)["expires_in"] == 60.0


async def test_an_amount_that_the_form_cannot_take_is_refused_before_anybody_tries(
    bench: Bench,
) -> None:
    await bench.gateway.start(replace(REQUEST, amount_minor=MOST_MINOR))
    bench.wire.sent.clear()
    with pytest.raises(ProviderRejected):
        await bench.gateway.start(replace(REQUEST, amount_minor=MOST_MINOR + 1))
    assert bench.wire.sent == []


async def test_every_call_has_an_end_and_an_own_token(bench: Bench) -> None:
    ref = await bench.start()
    bench.fake.approve(ref)
    await bench.read(ref)
    await bench.gateway.refund(refund(ref))
    assert all(request.extensions["timeout"]["read"] <= 10 for request in bench.wire.sent)
    tokens = [request.headers["authorization"] for request in bench.wire.sent]
    assert len(set(tokens)) == len(tokens) == 5


async def test_a_read_sees_every_transaction_of_the_session(bench: Bench) -> None:
    ref = await bench.start()
    bench.fake.decline(ref)
    bench.fake.approve(ref)
    snapshot = await bench.read(ref)
    assert {fact.kind for fact in snapshot.facts} == {FactKind.DECLINED, FactKind.CAPTURED}
    paid = next(one for one in bench.fake.transactions.values() if one.captured)
    assert (snapshot.closed, snapshot.payment_ref) == (True, paid.id)
    assert bench.wire.asked() == ["GET /transactions", f"GET /transactions/{paid.id}/refunds"]


async def test_a_read_and_a_webhook_say_the_same(bench: Bench) -> None:
    ref = await bench.start()
    bench.fake.authorize(ref)
    await bench.gateway.capture(ref, TOTAL, "USD", "k")
    await bench.gateway.refund(refund(ref))
    said = set()
    for delivery in bench.fake.events():
        headers = {name.lower(): value for name, value in delivery.headers.items()}
        event = bench.gateway.verify(headers, delivery.body, bench.clock())
        said |= set(bench.gateway.normalize(event).facts)
    read = set((await bench.read(ref)).facts)
    assert read <= said
    assert {fact.kind for fact in said - read} == {FactKind.AUTHORIZED}


async def test_many_tries_are_read_page_by_page(bench: Bench) -> None:
    ref = await bench.start()
    for _ in range(60):
        bench.fake.decline(ref)
    bench.fake.approve(ref)
    assert len((await bench.read(ref)).facts) == 61
    assert bench.wire.asked()[:2] == ["GET /transactions"] * 2


async def test_a_session_is_closed_when_it_is_gone_or_over(bench: Bench) -> None:
    ref = await bench.start()
    assert not (await bench.read(ref)).closed
    bench.clock.advance(timedelta(minutes=30))
    assert (await bench.read(ref)).closed
    other = await bench.start()
    await bench.gateway.cancel_session(other)
    assert (await bench.read(other)).closed
    await bench.gateway.cancel_session(other)


async def test_what_is_on_its_way_keeps_a_session_open(bench: Bench) -> None:
    ref = await bench.start()
    bench.fake.pay_later(ref)
    await bench.gateway.cancel_session(ref)
    snapshot = await bench.read(ref)
    assert (snapshot.closed, reduce_facts(snapshot.facts).status) == (False, "pending")


async def test_a_buyer_who_still_has_to_confirm_is_stopped_with_the_session(bench: Bench) -> None:
    ref = await bench.start()
    bench.fake.challenge(ref)
    assert (await bench.read(ref)).facts == ()
    await bench.gateway.cancel_session(ref)
    assert (await bench.state(ref)).status == "canceled"
    bench.fake.confirm(ref)
    assert bench.fake.ledger(ref).captured_minor == 0


async def test_a_buyer_who_was_quicker_than_the_stop_has_paid(bench: Bench) -> None:
    ref = await bench.start()
    bench.fake.challenge(ref)
    before = {"items": [_summary(bench, ref)]}
    bench.fake.confirm(ref)

    def was_read_before(request: httpx.Request) -> httpx.Response:
        if request.method == "DELETE":
            return httpx.Response(204)
        if request.url.path.endswith("/cancel"):
            return httpx.Response(400, json={"type": "error"})
        return httpx.Response(200, json=before)

    bench.wire.instead = was_read_before
    await bench.gateway.cancel_session(ref)
    assert f"POST /transactions/{bench.only().id}/cancel" in bench.wire.asked()
    bench.wire.instead = None
    assert (await bench.state(ref)).pays(TOTAL, "USD")


def _summary(bench: Bench, ref: str) -> dict[str, Any]:
    (transaction,) = bench.fake.of(ref)
    return {"id": transaction.id, "status": transaction.status}


async def test_what_was_on_its_way_for_long_is_asked_about_at_the_bank(bench: Bench) -> None:
    ref = await bench.start()
    bench.fake.pay_later(ref)
    await bench.read(ref)
    assert not any("sync" in asked for asked in bench.wire.asked())
    bench.clock.advance(STALE_AFTER)
    await bench.read(ref)
    assert f"POST /transactions/{bench.only().id}/sync" in bench.wire.asked()


async def test_a_bank_that_cannot_be_asked_changes_nothing(bench: Bench) -> None:
    ref = await bench.start()
    bench.fake.pay_later(ref)
    bench.clock.advance(STALE_AFTER)
    summary = {**_summary(bench, ref), "currency": "USD", "updated_at": START.isoformat()}

    def refuses(request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("/sync"):
            return httpx.Response(400, json={"type": "error"})
        return httpx.Response(200, json={"items": [summary]})

    bench.wire.instead = refuses
    assert (await bench.state(ref)).status == "pending"


async def test_a_payment_is_found_by_our_name_where_no_buyer_can_write(bench: Bench) -> None:
    ref = await bench.start()
    assert await bench.gateway.fetch(PaymentRef("pay_1", None)) is None
    bench.fake.approve(ref)
    bench.only().external_identifier = "something else"
    snapshot = await bench.gateway.fetch(PaymentRef("pay_1", None))
    assert snapshot is not None
    assert snapshot.session_ref == ref
    bench.only().metadata, bench.only().external_identifier = {}, "pay_1"
    assert await bench.gateway.fetch(PaymentRef("pay_1", None)) is None


async def test_an_authorization_is_captured_once(bench: Bench) -> None:
    ref = await bench.start()
    bench.fake.authorize(ref)
    assert (await bench.state(ref)).covers(TOTAL, "USD")
    for _ in range(2):
        snapshot = await bench.gateway.capture(ref, TOTAL, "USD", "pay_1.capture")
        assert reduce_facts(snapshot.facts).pays(TOTAL, "USD")
    captures = [request for request in bench.wire.sent if request.url.path.endswith("/capture")]
    assert len(captures) == 1
    assert captures[0].headers["idempotency-key"] == "pay_1.capture"
    assert json.loads(captures[0].content)["amount"] == TOTAL


async def test_what_is_not_authorized_cannot_be_captured(bench: Bench) -> None:
    ref = await bench.start()
    with pytest.raises(ProviderRejected):
        await bench.gateway.capture(ref, TOTAL, "USD", "k")
    bench.fake.authorize(ref)
    with pytest.raises(ProviderRejected):
        await bench.gateway.capture(ref, TOTAL, "EUR", "k")
    with pytest.raises(ProviderRejected):
        await bench.gateway.capture(ref, TOTAL + 1, "USD", "k")
    assert bench.only().captured == 0


async def test_an_authorization_is_let_go_of(bench: Bench) -> None:
    ref = await bench.start()
    bench.fake.authorize(ref)
    for _ in range(2):
        snapshot = await bench.gateway.void(ref, "pay_1.void")
        assert reduce_facts(snapshot.facts).status == "canceled"
    voids = [request for request in bench.wire.sent if request.url.path.endswith("/void")]
    assert [v.headers["idempotency-key"] for v in voids] == [f"pay_1.void.{bench.only().id}"]


@pytest.mark.parametrize("knows_keys", [True, False])
async def test_a_refund_whose_answer_got_lost_is_not_made_twice(
    bench: Bench, *, knows_keys: bool
) -> None:
    ref = await bench.start()
    bench.fake.approve(ref)
    bench.wire.knows_keys, bench.wire.loses_refunds = knows_keys, True
    with pytest.raises(ProviderUnavailable):
        await bench.gateway.refund(refund(ref))
    assert len(bench.only().refunds) == 1
    bench.wire.loses_refunds = False
    first = await bench.gateway.refund(refund(ref))
    again = await bench.gateway.refund(refund(ref))
    assert first.refund_ref == again.refund_ref
    assert len(bench.only().refunds) == 1
    assert reduce_facts(again.facts).refunded_minor == 1000


@pytest.mark.parametrize(
    ("outcome", "refunded", "pending"), [("succeeded", 1000, 0), ("pending", 0, 1000)]
)
async def test_a_refund_says_what_it_came_to(
    bench: Bench, outcome: Any, refunded: int, pending: int
) -> None:
    ref = await bench.start()
    bench.fake.approve(ref)
    bench.fake.knobs.refund = outcome
    state = reduce_facts((await bench.gateway.refund(refund(ref))).facts)
    assert (state.refunded_minor, state.refund_pending_minor) == (refunded, pending)
    bench.fake.settle_refunds()
    assert (await bench.state(ref)).refunded_minor == 1000


async def test_a_refund_is_never_more_than_one_payment_has_left(bench: Bench) -> None:
    ref = await bench.start()
    bench.fake.approve(ref)
    for request in (refund(ref, TOTAL + 1), refund(ref, 1, currency="EUR")):
        with pytest.raises(ProviderRejected):
            await bench.gateway.refund(request)
    await bench.gateway.refund(refund(ref, 3000))
    with pytest.raises(ProviderRejected):
        await bench.gateway.refund(refund(ref, 811, "rf_2"))
    await bench.gateway.refund(refund(ref, 810, "rf_3"))
    bench.fake.approve_late(ref)
    await bench.gateway.refund(refund(ref, TOTAL, "rf_4"))
    assert bench.fake.ledger(ref).refunded_minor == 2 * TOTAL


async def test_a_read_keeps_its_hands_off_what_is_about_to_be_captured_over_there(
    bench: Bench,
) -> None:
    """The list of transactions does not say so: each of them does."""
    ref = await bench.start()
    bench.fake.authorize(ref)
    (transaction,) = bench.fake.transactions.values()
    transaction.intent, transaction.intent_outcome = "capture", "pending"
    snapshot = await bench.read(ref)
    assert (snapshot.closed, reduce_facts(snapshot.facts).status) == (False, "pending")
    transaction.intent_outcome = "failed"
    assert (await bench.state(ref)).status == "authorized"
