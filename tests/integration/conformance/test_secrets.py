"""Keys, tokens and cards stay where they belong, whatever happens, told of every provider."""

import json
import re
from collections.abc import Iterator
from datetime import timedelta
from functools import partial
from typing import Any

import httpx
import pytest

from plantly.services.refunds import request_refund
from tests.support.canaries import (
    CARD,
    Ears,
    bytes_of,
    columns_by_name,
    found_in,
    lines_with,
    listening,
)
from tests.support.fakes import Delivery
from tests.support.fakes.rig import Rig
from tests.support.pay_shop import ORIGIN, Carry
from tests.support.shop import open_tools

pytestmark = pytest.mark.anyio

KEEPS_ITS_OWN = "install_secrets.value"
_TOKEN = re.compile(r'"token": ?"([^"]+)"')


@pytest.fixture
def ears() -> Iterator[Ears]:
    with listening() as heard:
        yield heard


class Spy:
    """Knows every secret of a rig, those included that come into being on the way."""

    def __init__(self, rig: Rig, ears: Ears) -> None:
        self.rig, self.ears = rig, ears
        self.secrets = {f"secret {n}": one for n, one in enumerate(rig.side.secrets())}
        self.told: list[str] = []
        self.echoes: int | None = None
        """An HTTP status with which the provider says everything back that it was sent."""
        rig.shop.line.watch = self.carry

    async def carry(self, request: httpx.Request, carry: Carry) -> httpx.Response:
        """Learn the tokens that are sent."""
        proof = request.headers.get("authorization", "").removeprefix("Bearer ")
        if self.rig.side.is_api(request) and proof:
            self.secrets[f"proof {len(self.secrets)}"] = proof
        if self.rig.side.is_api(request) and self.echoes is not None:
            return httpx.Response(self.echoes, json=self._everything(request))
        return await self.rig.carry(request, carry)

    def _everything(self, request: httpx.Request) -> dict[str, Any]:
        text = f"{dict(request.headers)} {request.content!r} {self.secrets} {CARD}"
        return {"message": text, "code": text, "error": {"message": text, "code": CARD}}

    async def look_around(self) -> None:
        """Read what others than the buyer see."""
        environment = dict(self.rig.side.environment())
        (number, *_) = [*[order.order_number for order in await self.rig.orders()], None]
        url, clock = self.rig.url, self.rig.shop.clock
        async with open_tools(url, clock=clock, environment=environment) as tools:
            if number is not None:
                self._heard(await tools.call("get_order_status", {"order_number": number}))
            items = [{"product_id": "jade", "quantity": 1}]
            self._heard(await tools.call("start_checkout", {"items": items}))
        async with self.rig.shop.browser() as eve:
            for path in ("", "/return"):
                page = await eve.get(self.rig.buyer.address + path, follow_redirects=True)
                self.told.append(page.text + str(page.headers))

    def _heard(self, result: Any) -> None:
        self.told.append(result.model_dump_json())

    async def check(self) -> None:
        """Look for all of it in logs, in answers, in rows and in the very file."""
        await self.look_around()
        seen = {**self.secrets, "card": CARD}
        assert lines_with(self.ears.heard(), seen) == []
        for text in self.told:
            assert found_in(text, seen) == []
        # The fragments of `seen` are looked for one by one: the file as well as its rows.
        stored = bytes_of(self.rig.url)
        columns = await columns_by_name(self.rig.shop.db, seen)
        for name, value in seen.items():
            assert columns[name] <= {KEEPS_ITS_OWN}, name
            assert value.encode() not in stored, name


async def paid_and_given_back(spy: Spy) -> None:
    rig = spy.rig
    spy.told.append((await rig.press_pay()).text)
    ref = await rig.session()
    page = await rig.buyer.browser.get(f"{rig.buyer.address}/pay")
    spy.secrets |= {f"form {n}": token for n, token in enumerate(_TOKEN.findall(page.text))}
    await rig.side.act("approve", ref)
    await rig.deliver(copies=2)
    spy.told.append(await rig.come_back())
    reference = (await rig.shop.payment(rig.buyer.token)).reference
    asked = partial(request_refund, reference=reference, amount_minor=1000, reason="asked", key="k")
    await rig.shop.db.write(asked)
    await rig.work()
    await rig.deliver()


async def test_a_purchase_and_a_refund_leave_no_secret_behind(rig: Rig, ears: Ears) -> None:
    spy = Spy(rig, ears)
    await paid_and_given_back(spy)
    assert len(await rig.orders()) == 1
    assert [name for name in spy.secrets if name.startswith("proof")]
    assert any(name.startswith("form") for name in spy.secrets) == (rig.name == "gr4vy")
    await spy.check()


@pytest.mark.parametrize("status", [400, 500])
async def test_a_provider_that_says_secrets_back_is_not_repeated(
    rig: Rig, ears: Ears, status: int
) -> None:
    spy = Spy(rig, ears)
    spy.echoes = status
    spy.told.append((await rig.press_pay()).text)
    await rig.work(2)
    spy.echoes = None
    rig.shop.clock.advance(timedelta(minutes=1))
    await paid_and_given_back(spy)
    spy.echoes = status
    reference = (await rig.shop.payment(rig.buyer.token)).reference
    await rig.shop.db.write(
        partial(request_refund, reference=reference, amount_minor=500, reason="asked", key="k2")
    )
    await rig.work(2)
    spy.told.append(await rig.come_back())
    await spy.check()


async def test_a_card_in_a_webhook_is_not_kept(rig: Rig, ears: Ears) -> None:
    spy = Spy(rig, ears)
    ref = await rig.go_to_pay()
    await rig.side.act("approve", ref)
    for delivery in await rig.lose():
        said = json.loads(delivery.body)
        for part in (said, *[value for value in said.values() if isinstance(value, dict)]):
            part["payment_method"] = {"number": CARD, "details": {"pan": CARD, "cvc": "737"}}
            part["note"] = f"card {CARD}"
        body = json.dumps(said).encode()
        assert await rig.post(Delivery(delivery.event_id, delivery.headers, body)) == 200
    await rig.work()
    assert len(await rig.orders()) == 1
    await spy.check()


async def test_a_forgery_with_secrets_in_it_is_not_repeated(rig: Rig, ears: Ears) -> None:
    spy = Spy(rig, ears)
    for secret in [*rig.side.secrets(), CARD]:
        for body in (secret.encode(), json.dumps({"id": secret, "type": secret}).encode()):
            guessed = rig.side.sign(body, "whsec_guessed_0123456789abcdef")
            for headers in ({}, guessed, dict.fromkeys(guessed, secret)):
                async with rig.shop.browser() as somebody:
                    answer = await somebody.post(
                        f"{ORIGIN}/webhooks/{rig.name}", content=body, headers=headers
                    )
                assert answer.status_code == 401
                spy.told.append(answer.text)
    await spy.check()
