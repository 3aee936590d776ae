"""Stripe's key and secrets, and what Stripe says: in no log, no trace, no row and no page."""

import traceback

import pytest

from plantly.db import open_database
from plantly.domain.errors import InvalidInput
from plantly.services.refunds import request_refund
from tests.support.canaries import columns_by_name, found_in, listening
from tests.support.clock import MovableClock
from tests.support.fakes.rig import open_rig
from tests.support.fakes.sides import FakeSide
from tests.support.fakes.stripe_provider import API_KEY, WEBHOOK_SECRET, FakeStripe

pytestmark = pytest.mark.anyio


async def test_nobody_gets_to_read_a_secret_of_stripe(
    sqlite_shop_url: str,
    clock: MovableClock,
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Pay, refund and dispute, with Stripe away and webhooks forged in between."""
    # Even for somebody who asks Stripe's library to say everything.
    monkeypatch.setattr("stripe._util.STRIPE_LOG", "debug")
    stripe = FakeStripe(clock, "http://127.0.0.1:9102")
    db = open_database(sqlite_shop_url, clock=clock)
    secrets = {"key": API_KEY, "webhook secret": WEBHOOK_SECRET}
    seen: list[str] = []
    with listening() as ears:
        async with open_rig(FakeSide(stripe), sqlite_shop_url, db, clock) as rig:
            for status in (401, 500):
                stripe.knobs.busy = status
                seen.append((await rig.press_pay()).text)
            stripe.knobs.busy = None
            ref = await rig.pay()
            stripe.dispute(ref, "lost", 100)
            deliveries = list(await rig.collect())
            proofs = [dict(rig.side.sign(one.body))["Stripe-Signature"] for one in deliveries]
            secrets |= {f"proof {n}": p.partition("v1=")[2] for n, p in enumerate(proofs)}
            await rig.deliver()
            forged = {"Stripe-Signature": proofs[0]}
            assert await rig.post_raw(forged, b"{}") == 401
            (payment,) = await rig.payments()
            with pytest.raises(InvalidInput) as refused:
                await db.write(
                    lambda uow: request_refund(uow, payment.reference, 99_999, "asked", "k")
                )
            await db.write(lambda uow: request_refund(uow, payment.reference, 810, "asked", "k"))
            await rig.work(2)
            seen += [await rig.come_back(), repr(rig.shop.settings), repr(rig.shop.till.gateway)]
            seen += traceback.format_exception(refused.value)
            kept = await columns_by_name(db, secrets)
    await db.close()
    out, err = capfd.readouterr()
    assert found_in("\n".join([ears.heard(), out, err, *seen]), secrets) == []
    assert kept == {name: set() for name in secrets}
    assert "charge_disputed" not in ears.heard() + out + err
