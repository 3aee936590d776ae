"""Trouble with Stripe: it has two names here, and nobody gets to read what Stripe said."""

import json
import logging
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import httpx
import pytest

from plantly.domain.checkout import PAYMENT_LIFETIME
from plantly.domain.errors import PaymentError, ProviderRejected, ProviderUnavailable
from plantly.payments.gateway import PaymentRef, PaymentRequest
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
CANARY: Final = "canary-4711-text-of-the-provider"


def answered(answer: Callable[[httpx.Request], httpx.Response]) -> StripeGateway:
    client = httpx.AsyncClient(transport=httpx.MockTransport(answer))
    return StripeGateway(SETTINGS, client, MovableClock())


def is_empty(folder: Path) -> bool:
    return not list(folder.iterdir())


def fails(error: type[httpx.HTTPError]) -> Callable[[httpx.Request], httpx.Response]:
    def answer(request: httpx.Request) -> httpx.Response:
        raise error(f"{CANARY} {request.url}")

    return answer


def says(status: int, body: Any, **headers: str) -> Callable[[httpx.Request], httpx.Response]:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return lambda _: httpx.Response(status, content=content, headers=headers)


TROUBLE: Final = {"error": {"type": "invalid_request_error", "message": CANARY, "code": CANARY}}


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (fails(httpx.ConnectError), ProviderUnavailable),
        (fails(httpx.ReadTimeout), ProviderUnavailable),
        (fails(httpx.RemoteProtocolError), ProviderUnavailable),
        *((says(status, TROUBLE), ProviderUnavailable) for status in (401, 403, 409, 429, 500)),
        (says(503, CANARY.encode()), ProviderUnavailable),
        (says(302, TROUBLE, location="http://127.0.0.1:9/"), ProviderUnavailable),
        (says(400, {"error": {"type": "idempotency_error"}}), ProviderUnavailable),
        (says(400, TROUBLE), ProviderRejected),
        (says(402, TROUBLE), ProviderRejected),
        (says(404, TROUBLE), ProviderRejected),
        (says(200, b"{" + CANARY.encode()), ProviderUnavailable),
        (says(200, b"\xff\xfe"), ProviderUnavailable),
        (says(200, []), ProviderUnavailable),
        (says(200, {"id": "cs_1"}), ProviderUnavailable),
        (says(200, {"url": "http://x/", CANARY: 1}), ProviderUnavailable),
    ],
)
async def test_trouble_has_two_names_and_nothing_of_stripe_in_it(
    answer: Callable[[httpx.Request], httpx.Response],
    told: type[PaymentError],
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    with pytest.raises(told) as caught:
        await answered(answer).start(REQUEST)
    chain = "".join(traceback.format_exception(caught.value))
    for secret in (CANARY, API_KEY, "pk_1"):
        assert secret not in chain
        assert secret not in caplog.text


async def test_a_read_that_is_no_session_is_no_answer() -> None:
    gateway = answered(says(200, {"object": "checkout.session"}))
    with pytest.raises(ProviderUnavailable):
        await gateway.fetch(PaymentRef("pay_1", "cs_1"))


async def test_nothing_is_sent_twice_by_itself() -> None:
    calls = []

    def answer(request: httpx.Request) -> httpx.Response:
        calls.append(request)
        return httpx.Response(500, headers={"stripe-should-retry": "true"}, json=TROUBLE)

    with pytest.raises(ProviderUnavailable):
        await answered(answer).start(REQUEST)
    assert len(calls) == 1


async def test_logs_show_neither_what_is_sent_nor_what_comes_back(
    caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    clock = MovableClock()
    client = httpx.AsyncClient(transport=httpx.ASGITransport(FakeStripe(clock, ORIGIN).app))
    gateway = StripeGateway(SETTINGS, client, clock)
    ref = (await gateway.start(REQUEST)).session_ref
    await gateway.fetch(PaymentRef("pay_1", ref))
    out, err = capfd.readouterr()
    for text in (caplog.text, out, err):
        for secret in (API_KEY, WEBHOOK_SECRET, "Fern", "c/pay", "pk_1"):
            assert secret not in text
    assert API_KEY not in repr(gateway) + repr(SETTINGS)


async def test_the_library_leaves_nothing_in_the_home_and_warns_nobody(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    session = {"id": "cs_1", "object": "checkout.session", "url": "https://pay.example/1"}
    seen = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(200, json=session, headers={"Stripe-Notice": CANARY})

    await answered(answer).start(REQUEST)
    assert is_empty(tmp_path)
    assert "x-stripe-client-telemetry" not in seen[0].headers
    assert "telemetry_id" not in seen[0].headers["x-stripe-client-user-agent"]
