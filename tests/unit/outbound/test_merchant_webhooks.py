"""Outgoing webhooks on the wire: how they are signed, where they go, and when we give up."""

from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from typing import Any

import anyio
import httpx
import pytest
import time_machine
from standardwebhooks import Webhook, WebhookVerificationError

from plantly.domain.errors import InvalidInput
from plantly.outbound import merchant_webhooks
from plantly.outbound.address_guard import AddressGuard
from plantly.outbound.merchant_webhooks import Answer, Message, WebhookSender

pytestmark = pytest.mark.anyio

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
NEW = "whsec_bmV3bmV3bmV3bmV3bmV3bmV3bmV3bmV3"
OLD = "whsec_b2xkb2xkb2xkb2xkb2xkb2xkb2xkb2xk"
OTHER = "whsec_b3RoZXJvdGhlcm90aGVyb3RoZXJvdGhl"
BODY = '{"type":"webhook.test","data":{"title":"Caf\u00e9 \U0001f331"}}'
HOSTS = {
    "erp.example": ["93.184.216.34"],
    "inside.example": ["10.0.0.7"],
    "both.example": ["93.184.216.34", "127.0.0.1"],
    "metadata.example": ["169.254.169.254"],
    "localhost": ["127.0.0.1"],
    "nowhere.example": [],
}
Answers = Callable[[httpx.Request], httpx.Response]


async def resolve(host: str, _port: int) -> list[str]:
    if host.replace(".", "").isdigit() or ":" in host:
        return [host]
    if host not in HOSTS:
        raise OSError(-2, "Name or service not known")
    return HOSTS[host]


def says(status: int) -> Answers:
    """Answer as a wire does: the bytes come when they are read."""
    return lambda _: httpx.Response(status, stream=httpx.ByteStream(b"ok"))


class Wire:
    """A transport that writes down where it was called."""

    def __init__(self, answer: Answers | None = None) -> None:
        self.requests: list[httpx.Request] = []
        self._answer = answer or says(200)

    async def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        return self._answer(request)

    def sender(self, *, local: bool = False, private: bool = False) -> WebhookSender:
        guard = AddressGuard(allow_private=private)
        return WebhookSender(
            guard, local=local, transport=httpx.MockTransport(self), resolve=resolve
        )


def message(url: str = "https://erp.example/hooks?shop=1", *secrets: str) -> Message:
    return Message(url, "evt_1", BODY, secrets or (NEW,))


def reads(request: httpx.Request, secret: str) -> Any:
    with time_machine.travel(NOW, tick=False):
        return Webhook(secret).verify(request.content, dict(request.headers))


async def test_the_library_of_the_standard_accepts_what_is_sent() -> None:
    wire = Wire()
    assert await wire.sender().send(message(), NOW) == Answer(200)
    (request,) = wire.requests
    assert reads(request, NEW)["data"]["title"] == "Caf\u00e9 \U0001f331"
    assert request.method == "POST"
    assert request.headers["webhook-id"] == "evt_1"
    assert request.headers["webhook-timestamp"] == str(int(NOW.timestamp()))
    with pytest.raises(WebhookVerificationError):
        reads(request, OTHER)


async def test_the_address_that_was_checked_is_the_one_that_is_called() -> None:
    wire = Wire()
    await wire.sender().send(message(), NOW)
    (request,) = wire.requests
    assert str(request.url) == "https://93.184.216.34/hooks?shop=1"
    assert request.headers["host"] == "erp.example"
    assert request.extensions["sni_hostname"] == "erp.example"


async def test_while_a_secret_is_changed_both_sign() -> None:
    wire = Wire()
    await wire.sender().send(message("https://erp.example/", NEW, OLD), NOW)
    (request,) = wire.requests
    assert len(request.headers["webhook-signature"].split(" ")) == 2
    assert reads(request, NEW) == reads(request, OLD)
    with pytest.raises(WebhookVerificationError):
        reads(request, OTHER)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_a_redirect_is_a_failure_and_not_followed(status: int) -> None:
    there = {"Location": "https://erp.example/elsewhere"}
    wire = Wire(lambda _: httpx.Response(status, headers=there))
    answer = await wire.sender().send(message(), NOW)
    assert (answer, answer.is_delivered) == (Answer(status, "redirect"), False)
    assert len(wire.requests) == 1


@pytest.mark.parametrize(("status", "delivered"), [(200, True), (204, True), (404, False)])
async def test_only_a_success_is_a_delivery(status: int, delivered: bool) -> None:
    answer = await Wire(says(status)).sender().send(message(), NOW)
    assert (answer.status, answer.is_delivered) == (status, delivered)


async def test_of_a_huge_answer_only_the_beginning_is_read() -> None:
    chunks = 0

    async def huge() -> AsyncIterator[bytes]:
        nonlocal chunks
        while True:
            chunks += 1
            yield b"x" * 1024

    wire = Wire(lambda _: httpx.Response(200, content=huge()))
    assert await wire.sender().send(message(), NOW) == Answer(200)
    assert chunks <= 6


async def test_of_a_huge_failure_nothing_is_read() -> None:
    read = []

    async def huge() -> AsyncIterator[bytes]:
        read.append(True)
        yield b"x"

    wire = Wire(lambda _: httpx.Response(500, content=huge()))
    assert await wire.sender().send(message(), NOW) == Answer(500)
    assert read == []


async def test_an_answer_that_breaks_off_or_drips_was_an_answer(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(merchant_webhooks, "_READ_SECONDS", 0.01)

    async def breaks() -> AsyncIterator[bytes]:
        yield b"x"
        raise httpx.ReadError("gone")

    async def drips() -> AsyncIterator[bytes]:
        yield b"x"
        await anyio.sleep_forever()

    for content in (breaks, drips):
        wire = Wire(lambda _, content=content: httpx.Response(200, content=content()))  # type: ignore[misc]
        assert await wire.sender().send(message(), NOW) == Answer(200)


async def test_whoever_does_not_answer_in_time_has_not_taken_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(merchant_webhooks, "CALL_SECONDS", 0.01)

    class Silent(httpx.AsyncBaseTransport):
        async def handle_async_request(self, _: httpx.Request) -> httpx.Response:
            await anyio.sleep_forever()
            raise AssertionError

    sender = WebhookSender(AddressGuard(), local=False, transport=Silent(), resolve=resolve)
    assert await sender.send(message(), NOW) == Answer(None, "timeout")
    await sender.aclose()


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (httpx.ConnectError("refused"), "no_connection"),
        (httpx.ConnectError("CERTIFICATE_VERIFY_FAILED"), "certificate"),
        (httpx.ReadTimeout("slow"), "timeout"),
        (httpx.ReadError("reset"), "broken_connection"),
        (httpx.RemoteProtocolError("no HTTP"), "broken_connection"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
async def test_what_goes_wrong_on_the_way_is_told_by_its_kind(
    error: httpx.HTTPError, kind: str
) -> None:
    def fail(_: httpx.Request) -> httpx.Response:
        raise error

    assert await Wire(fail).sender().send(message(), NOW) == Answer(None, kind)


@pytest.mark.parametrize("host", ["inside.example", "both.example", "metadata.example"])
async def test_a_name_that_leads_into_our_own_network_is_not_called(host: str) -> None:
    wire = Wire()
    answer = await wire.sender(local=True).send(message(f"https://{host}/"), NOW)
    assert (answer, wire.requests) == (Answer(None, "address_refused"), [])


async def test_a_private_address_is_called_where_that_is_allowed() -> None:
    wire = Wire()
    sender = wire.sender(private=True)
    assert (await sender.send(message("https://inside.example/"), NOW)).is_delivered
    refused = await sender.send(message("https://metadata.example/"), NOW)
    assert refused == Answer(None, "address_refused")


@pytest.mark.parametrize("host", ["unknown.example", "nowhere.example"])
async def test_a_name_without_an_address_is_told(host: str) -> None:
    wire = Wire()
    answer = await wire.sender().send(message(f"https://{host}/"), NOW)
    assert (answer, wire.requests) == (Answer(None, "no_address"), [])


async def test_in_development_this_machine_may_listen(monkeypatch: pytest.MonkeyPatch) -> None:
    wire = Wire()
    for url in ("http://127.0.0.1:9000/h", "http://localhost:9000/h", "http://[::1]:9000/h"):
        assert wire.sender(local=True).check(url) == url
        assert (await wire.sender(local=True).send(message(url), NOW)).is_delivered
        assert await wire.sender().send(message(url), NOW) == Answer(None, "address_refused")
    assert len(wire.requests) == 3
    monkeypatch.setitem(HOSTS, "localhost", ["10.0.0.7"])
    answer = await wire.sender(local=True).send(message("http://localhost/"), NOW)
    assert answer == Answer(None, "address_refused")


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("http://erp.example/h", "https only"),
        ("ftp://erp.example/h", "not an address of a website"),
        ("https:///h", "not an address of a website"),
        ("erp.example/h", "not an address of a website"),
        ("https://erp.example:0/h", "not an address of a website"),
        ("https://erp.example:x/h", "not an address"),
        ("https://me:secret@erp.example/h", "Leave user"),
        ("https://erp.example/h#part", "Leave user"),
        ("https://127.0.0.1/h", "not on the public internet"),
        ("https://localhost/h", "not on the public internet"),
        ("https://10.0.0.7/h", "not on the public internet"),
        ("https://169.254.169.254/h", "not on the public internet"),
        ("https://[fd00::1]/h", "not on the public internet"),
        (f"https://erp.example/{'x' * 2000}", "longer than"),
    ],
)
def test_an_address_that_will_not_do_is_refused_with_what_to_give_instead(
    url: str, said: str
) -> None:
    with pytest.raises(InvalidInput, match=said) as refused:
        Wire().sender().check(url)
    assert "secret" not in refused.value.message
