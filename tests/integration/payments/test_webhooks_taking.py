"""What the webhook route takes in, what it refuses, and what each of it changes."""

import asyncio
import json
from datetime import timedelta
from typing import Any
from unittest.mock import patch

import pytest
from sqlalchemy import select

from plantly.db import Database, UnitOfWork
from plantly.db.tables import InboxRow
from plantly.payments.signatures import SIGNATURES_HEADER, TIMESTAMP_HEADER, signed_headers
from plantly.web.webhooks import MOST_BYTES
from tests.support.pay_shop import Buyer, PayShop
from tests.support.shop import dump

pytestmark = pytest.mark.anyio


async def event_for(shop: PayShop, buyer: Buyer, **changes: Any) -> dict[str, Any]:
    """Press Pay, and write the event that the provider would send once it is paid."""
    await buyer.fill_in()
    await buyer.press_pay()
    payment = await shop.payment(buyer.token)
    resource = {
        "id": payment.session_ref,
        "reference": payment.reference,
        "status": "captured",
        "amount_minor": payment.amount_minor,
        "currency": payment.currency,
        "captured_minor": payment.amount_minor,
        "refunds": [],
        **changes,
    }
    return {"id": "evt_1", "type": "payment.captured", "payment": resource}


async def inbox(db: Database) -> list[InboxRow]:
    return await db.read(lambda uow: list(uow.session.scalars(select(InboxRow))))


async def test_a_signed_event_places_the_order(shop: PayShop, buyer: Buyer) -> None:
    answer = await shop.webhook(await event_for(shop, buyer))
    assert (answer.status_code, answer.json()) == (200, {"received": True})
    assert await shop.status(buyer.token) == "completed"
    (kept,) = await inbox(shop.db)
    assert (kept.event_id, kept.outcome, kept.handled_at) == ("evt_1", "applied", shop.clock())


async def test_a_duplicate_changes_nothing(shop: PayShop, buyer: Buyer) -> None:
    event = await event_for(shop, buyer)
    await shop.webhook(event)
    before = await dump(shop.db)
    shop.clock.advance(timedelta(seconds=30))
    for _ in range(3):
        assert (await shop.webhook(event)).status_code == 200
    assert await dump(shop.db) == before


async def test_the_same_fact_in_another_event_changes_nothing_but_the_inbox(
    shop: PayShop, buyer: Buyer
) -> None:
    event = await event_for(shop, buyer)
    await shop.webhook(event)
    before = await dump(shop.db)
    assert (await shop.webhook({**event, "id": "evt_2"})).status_code == 200
    after = await dump(shop.db)
    assert len(after.pop("webhook_inbox")) == len(before.pop("webhook_inbox")) + 1
    assert after == before


async def test_many_deliveries_at_once_are_one(shop: PayShop, buyer: Buyer) -> None:
    event = await event_for(shop, buyer)
    answers = await asyncio.gather(*(shop.webhook(event) for _ in range(8)))
    assert {answer.status_code for answer in answers} == {200}
    assert len(await inbox(shop.db)) == 1
    assert await shop.left("aloe-vera-12cm") == (22, 0)


def _missing(name: str) -> Any:
    return lambda headers: {k: v for k, v in headers.items() if k != name}


FORGERIES = {
    "no signature": _missing(SIGNATURES_HEADER),
    "no timestamp": _missing(TIMESTAMP_HEADER),
    "nothing": lambda _: {},
    "another signature": lambda h: {**h, SIGNATURES_HEADER: "0" * 64},
    "another time": lambda h: {**h, TIMESTAMP_HEADER: str(int(h[TIMESTAMP_HEADER]) + 1)},
}


@pytest.mark.parametrize("forgery", FORGERIES)
async def test_a_forgery_is_refused_and_changes_nothing(
    shop: PayShop, buyer: Buyer, forgery: str
) -> None:
    body = json.dumps(await event_for(shop, buyer)).encode()
    before = await dump(shop.db)
    headers = signed_headers(shop.till.sandbox.webhook_secrets, body, shop.clock())
    async with shop.browser() as provider:
        answer = await provider.post(
            "/webhooks/sandbox", content=body, headers=FORGERIES[forgery](headers)
        )
    assert answer.status_code == 401
    assert await dump(shop.db) == before


@pytest.mark.parametrize("seconds", [-301, 301])
async def test_a_stale_or_future_signature_is_refused(
    shop: PayShop, buyer: Buyer, seconds: int
) -> None:
    event = await event_for(shop, buyer)
    before = await dump(shop.db)
    answer = await shop.webhook(event, at=shop.clock() + timedelta(seconds=seconds))
    assert answer.status_code == 401
    assert await dump(shop.db) == before


@pytest.mark.parametrize("secret", ["", "whsec_guess"])
async def test_another_secret_is_refused(shop: PayShop, buyer: Buyer, secret: str) -> None:
    event = await event_for(shop, buyer)
    before = await dump(shop.db)
    assert (await shop.webhook(event, secrets=(secret,))).status_code == 401
    assert await dump(shop.db) == before


async def test_an_unknown_type_is_kept_and_changes_nothing_else(
    shop: PayShop, buyer: Buyer
) -> None:
    event = await event_for(shop, buyer)
    before = await dump(shop.db)
    assert (await shop.webhook({**event, "type": "report.finished"})).status_code == 200
    after = await dump(shop.db)
    (kept,) = await inbox(shop.db)
    assert (kept.type, kept.outcome, kept.facts) == ("report.finished", "ignored", [])
    assert kept.handled_at is not None
    del before["webhook_inbox"], after["webhook_inbox"]
    assert after == before


async def test_an_event_is_linked_by_the_providers_name_alone(shop: PayShop, buyer: Buyer) -> None:
    await shop.webhook(await event_for(shop, buyer, reference=None))
    assert await shop.status(buyer.token) == "completed"


async def test_an_event_for_nobody_is_kept_and_waits(shop: PayShop, buyer: Buyer) -> None:
    event = await event_for(shop, buyer, reference="pay_unknown", id="sbx_unknown")
    assert (await shop.webhook(event)).status_code == 200
    unnamed = await event_for(shop, buyer, reference=None, id="sbx_unknown")
    assert (await shop.webhook({**unnamed, "id": "evt_2"})).status_code == 200
    assert [(row.outcome, row.handled_at) for row in await inbox(shop.db)] == [
        ("waiting", None),
        ("waiting", None),
    ]
    await shop.till.worker.tick()
    assert [row.outcome for row in await inbox(shop.db)] == ["waiting", "waiting"]


async def test_an_event_whose_two_names_disagree_changes_nothing_and_waits(
    shop: PayShop, buyer: Buyer
) -> None:
    await shop.webhook(await event_for(shop, buyer, reference="pay_unknown"))
    await shop.till.worker.tick()
    (kept,) = await inbox(shop.db)
    assert (kept.outcome, kept.handled_at, kept.reference) == ("waiting", None, "pay_unknown")
    assert await shop.status(buyer.token) == "complete_in_progress"


async def test_an_event_that_was_quicker_than_us_is_applied_later(
    shop: PayShop, buyer: Buyer
) -> None:
    event = await event_for(shop, buyer)
    reference = event["payment"]["reference"]

    def rename(uow: UnitOfWork, old: str, new: str) -> None:
        payment = uow.payments.chain("sandbox", old).payment
        payment.reference = new
        payment.session_ref = None if new == "pay_hidden" else event["payment"]["id"]

    await shop.db.write(lambda uow: rename(uow, reference, "pay_hidden"))
    await shop.webhook(event)
    assert await shop.status(buyer.token) == "complete_in_progress"
    await shop.db.write(lambda uow: rename(uow, "pay_hidden", reference))
    await shop.till.worker.tick()
    assert await shop.status(buyer.token) == "completed"
    (kept,) = await inbox(shop.db)
    assert (kept.outcome, kept.handled_at) == ("applied", shop.clock())


@pytest.mark.parametrize("provider", ["gr4vy", "stripe", "nobody", "sandbox%00"])
async def test_only_the_chosen_provider_has_a_route(
    shop: PayShop, buyer: Buyer, provider: str
) -> None:
    body = json.dumps(await event_for(shop, buyer)).encode()
    headers = signed_headers(shop.till.sandbox.webhook_secrets, body, shop.clock())
    async with shop.browser() as sender:
        answer = await sender.post(f"/webhooks/{provider}", content=body, headers=headers)
        assert answer.status_code == 404
        assert (await sender.get("/webhooks/sandbox")).status_code == 405
    assert await shop.status(buyer.token) == "complete_in_progress"


@pytest.mark.parametrize("announced", [True, False])
async def test_a_body_that_is_too_large_is_not_read(shop: PayShop, announced: bool) -> None:
    async def chunks() -> Any:
        for _ in range(MOST_BYTES // 1024 + 1):
            yield b" " * 1024

    content = b" " * (MOST_BYTES + 1) if announced else chunks()
    async with shop.browser() as sender:
        assert (await sender.post("/webhooks/sandbox", content=content)).status_code == 413
        strange = await sender.post("/webhooks/sandbox", headers={"content-length": "-1"})
        assert strange.status_code == 413


async def test_a_sender_that_hangs_up_changes_nothing(shop: PayShop) -> None:
    messages = iter(
        [
            {"type": "http.request", "body": b"{", "more_body": True},
            {"type": "http.disconnect"},
        ]
    )
    sent: list[Any] = []

    async def receive() -> Any:
        return next(messages)

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {
        "type": "http",
        "method": "POST",
        "path": "/webhooks/sandbox",
        "headers": [],
        "query_string": b"",
    }
    await shop.app(scope, receive, send)
    assert sent[0]["status"] == 400
    assert await inbox(shop.db) == []


async def test_a_database_that_is_down_asks_for_the_event_again(
    shop: PayShop, buyer: Buyer, caplog: pytest.LogCaptureFixture
) -> None:
    event = await event_for(shop, buyer)
    with patch.object(type(shop.db), "write", side_effect=OSError("secret of a buyer")):
        answer = await shop.webhook(event)
    assert answer.status_code == 503
    assert "OSError" in caplog.text
    assert "secret of a buyer" not in caplog.text
    assert (await shop.webhook(event)).status_code == 200
    assert await shop.status(buyer.token) == "completed"
