"""The shop's side of the sandbox: what it asks, what it trusts, and what it makes of answers."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Final

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from plantly.domain.errors import InvalidWebhook, ProviderRejected, ProviderUnavailable
from plantly.domain.payment import FactKind
from plantly.payments.gateway import PaymentRef, PaymentRequest, RefundRequest, VerifiedEvent
from plantly.payments.sandbox import SandboxAddress, SandboxGateway, SandboxSecrets, facts_of
from plantly.payments.signatures import signed_headers

NOW: Final = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
SECRETS: Final = SandboxSecrets("sk_test", ("whsec_test",))
REQUEST: Final = PaymentRequest("pay_1", 3810, "USD", "Fern & Co", "http://shop/back", "key_1", NOW)
PAYMENT: Final = {
    "id": "sbx_1",
    "reference": "pay_1",
    "status": "captured",
    "currency": "USD",
    "captured_minor": 3810,
    "refunds": [],
    "pay_url": "http://shop/sandbox/pay/t",
}

Answer = Callable[[httpx.Request], httpx.Response]


def gateway(answer: Answer) -> SandboxGateway:
    client = httpx.AsyncClient(transport=httpx.MockTransport(answer))
    return SandboxGateway(client, SandboxAddress("http://loop:1", "http://shop"), SECRETS)


def says(status: int, body: Any = PAYMENT) -> Answer:
    return lambda _: httpx.Response(status, json=body)


def unplugged(request: httpx.Request) -> httpx.Response:
    raise httpx.ConnectError("nobody there", request=request)


@pytest.mark.anyio
async def test_a_payment_is_asked_for_with_its_key_and_ours() -> None:
    seen: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(200, json=PAYMENT)

    started = await gateway(answer).start(REQUEST)
    assert (started.session_ref, started.redirect_url) == ("sbx_1", "http://shop/sandbox/pay/t")
    (sent,) = seen
    assert (sent.method, str(sent.url)) == ("POST", "http://loop:1/sandbox/v1/payments")
    assert sent.headers["idempotency-key"] == "key_1"
    assert sent.headers["authorization"] == "Bearer sk_test"
    assert sent.extensions["timeout"] == {"connect": 2.0, "read": 8.0, "write": 8.0, "pool": 8.0}
    assert json.loads(sent.content)["amount_minor"] == 3810


@pytest.mark.anyio
@pytest.mark.parametrize(
    "answer",
    [
        unplugged,
        says(500),
        says(503),
        says(401),
        says(403),
        says(429),
        says(408),
        says(409),
        says(302),
        says(200, []),
        says(200, {"id": "", "pay_url": "x"}),
        says(200, {"pay_url": 1, "id": "sbx_1"}),
        lambda _: httpx.Response(200, text="not JSON"),
    ],
)
async def test_an_answer_that_says_nothing_means_unavailable(answer: Answer) -> None:
    with pytest.raises(ProviderUnavailable):
        await gateway(answer).start(REQUEST)


@pytest.mark.anyio
@pytest.mark.parametrize("status", [400, 404, 422])
async def test_a_refusal_means_rejected(status: int) -> None:
    with pytest.raises(ProviderRejected):
        await gateway(says(status)).start(REQUEST)


@pytest.mark.anyio
async def test_a_payment_is_read_by_either_name() -> None:
    paths: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        paths.append(request.url.raw_path.decode())
        return httpx.Response(200, json=PAYMENT)

    provider = gateway(answer)
    for ref in (PaymentRef("pay_1", "sbx_1"), PaymentRef("pay_1", None)):
        snapshot = await provider.fetch(ref)
        assert snapshot is not None
        assert snapshot.closed
        assert [fact.key for fact in snapshot.facts] == ["captured:3810:USD"]
    base = "/sandbox/v1/payments"
    assert paths == [f"{base}/sbx_1", f"{base}?reference=pay_1"]
    assert await gateway(says(404)).fetch(ref) is None


@pytest.mark.anyio
async def test_a_refund_says_how_the_payment_stands() -> None:
    refunded = {**PAYMENT, "refunds": [{"id": "r1", "amount_minor": 10, "status": "succeeded"}]}
    request = RefundRequest("sbx_1", 10, "USD", "key_2")
    result = await gateway(says(200, {"id": "r1", "payment": refunded})).refund(request)
    assert result.refund_ref == "r1"
    assert [f.key for f in result.facts] == ["captured:3810:USD", "refund_succeeded:r1:10"]
    for answer in (says(404), says(422), says(200, {"id": "r1"})):
        with pytest.raises(ProviderRejected):
            await gateway(answer).refund(request)


@pytest.mark.anyio
async def test_what_is_authorized_is_taken_or_let_go_of() -> None:
    seen: list[tuple[str, str, dict[str, Any]]] = []

    def answer(request: httpx.Request) -> httpx.Response:
        key = request.headers["idempotency-key"]
        seen.append((request.url.path, key, json.loads(request.content)))
        return httpx.Response(200, json=PAYMENT)

    captured = await gateway(answer).capture("sbx_1", 3810, "USD", "key_3")
    voided = await gateway(answer).void("sbx_1", "key_4")
    assert captured == voided
    assert (captured.session_ref, captured.closed) == ("sbx_1", True)
    path = "/sandbox/v1/payments/sbx_1"
    assert seen == [
        (f"{path}/captures", "key_3", {"amount_minor": 3810, "currency": "USD"}),
        (f"{path}/void", "key_4", {}),
    ]
    for call in (
        gateway(says(404)).capture("sbx_1", 3810, "USD", "key_3"),
        gateway(says(404)).void("sbx_1", "key_4"),
    ):
        with pytest.raises(ProviderRejected):
            await call


@pytest.mark.anyio
async def test_a_sandbox_elsewhere_is_told_where_webhooks_go() -> None:
    seen: list[Any] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(json.loads(request.content).get("webhook_url"))
        return httpx.Response(200, json=PAYMENT)

    client = httpx.AsyncClient(transport=httpx.MockTransport(answer))
    address = SandboxAddress("http://loop:1", "http://shop", "http://loop:2/webhooks/sandbox")
    await SandboxGateway(client, address, SECRETS).start(REQUEST)
    await gateway(answer).start(REQUEST)
    assert seen == ["http://loop:2/webhooks/sandbox", None]


@pytest.mark.parametrize(
    ("changes", "keys"),
    [
        ({"status": "authorized", "authorized_minor": 3810}, ["authorized:3810:USD"]),
        ({"status": "authorized", "authorized_minor": "3810"}, []),
        ({"status": "voided", "authorized_minor": 0}, ["canceled"]),
    ],
)
def test_an_authorization_is_a_fact_of_its_own(changes: dict[str, Any], keys: list[str]) -> None:
    resource = {**PAYMENT, "captured_minor": 0, **changes}
    assert [fact.key for fact in facts_of(resource)] == keys


def verified(event: Any) -> VerifiedEvent:
    body = event if isinstance(event, bytes) else json.dumps(event).encode()
    signed = signed_headers(SECRETS.webhook_secrets, body, NOW)
    return gateway(says(200)).verify(signed, body, NOW)


@pytest.mark.parametrize(
    "event",
    [
        b"",
        b"not JSON",
        b"[" * 100_000,
        b"9" * 5000,
        [],
        "text",
        {},
        {"id": "e"},
        {"type": "t"},
        {"id": 1, "type": "t"},
        {"id": "e" * 65, "type": "t"},
        {"id": "e\u0000", "type": "t"},
        {"id": "", "type": "t"},
        {"id": "e", "type": "ö"},
        {"id": "\ud800", "type": "t"},
    ],
)
def test_a_signed_event_still_needs_a_shape(event: Any) -> None:
    with pytest.raises(InvalidWebhook):
        verified(event)


def test_an_event_says_what_a_read_says() -> None:
    said = gateway(says(200)).normalize(
        verified({"id": "evt_1", "type": "payment.captured", "payment": PAYMENT})
    )
    assert (said.reference, said.session_ref) == ("pay_1", "sbx_1")
    assert said.facts == facts_of(PAYMENT)


@pytest.mark.parametrize(
    "event",
    [
        {"id": "e", "type": "report.done", "payment": PAYMENT},
        {"id": "e", "type": "payment.captured"},
        {"id": "e", "type": "payment.captured", "payment": []},
        {"id": "e", "type": "payment.captured", "payment": {"status": "captured"}},
    ],
)
def test_an_event_of_another_kind_says_nothing(event: Any) -> None:
    assert gateway(says(200)).normalize(verified(event)).facts == ()


@pytest.mark.parametrize(
    ("status", "kinds"),
    [
        ("open", []),
        ("pending", [FactKind.PENDING]),
        ("declined", [FactKind.DECLINED]),
        ("canceled", [FactKind.CANCELED]),
        ("expired", [FactKind.EXPIRED]),
        ("something_new", []),
    ],
)
def test_a_state_says_what_it_means_and_an_unknown_one_nothing(
    status: str, kinds: list[FactKind]
) -> None:
    resource = {"status": status, "currency": "USD", "captured_minor": 0, "refunds": []}
    assert [fact.kind for fact in facts_of(resource)] == kinds


@pytest.mark.parametrize(
    "refund",
    [
        "text",
        {"id": "r", "amount_minor": 10, "status": "new"},
        {"id": "r", "amount_minor": 0, "status": "succeeded"},
        {"id": None, "amount_minor": 10, "status": "succeeded"},
    ],
)
def test_a_refund_that_cannot_be_read_says_nothing(refund: Any) -> None:
    resource = {"status": "captured", "currency": "USD", "captured_minor": 5, "refunds": [refund]}
    assert [fact.kind for fact in facts_of(resource)] == [FactKind.CAPTURED]


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)


@given(st.fixed_dictionaries(dict.fromkeys(PAYMENT, json_values)))
def test_whatever_a_resource_holds_its_facts_can_be_kept(resource: dict[str, Any]) -> None:
    for fact in facts_of(resource):
        assert 0 <= fact.amount_minor < 2**53
        assert len(fact.key) <= 200
        assert len(fact.currency) == 3
        assert fact.key.isascii()


@given(st.sampled_from([True, -1, 0, 2**53, 10**40, 1.5, "3810", None]))
def test_only_a_positive_whole_amount_is_money(amount: Any) -> None:
    assert facts_of({**PAYMENT, "captured_minor": amount}) == ()
