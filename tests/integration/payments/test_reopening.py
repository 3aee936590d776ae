"""A card is declined, another one is taken: the order, or all the money back."""

from functools import partial

import pytest

from plantly.db import UnitOfWork
from plantly.domain.payment import Fact, FactKind, PaymentStatus
from plantly.services.payment_events import apply_facts
from tests.support.pay_shop import PayShop
from tests.support.presses import Ready, quote, ready, set_up
from tests.support.shop import dump

pytestmark = pytest.mark.anyio

ALOE, JADE = "aloe-vera-12cm", "jade-9cm"
LIMITED = """
[[discount_codes]]
code = "FEW"
kind = "percentage"
percent = "10"
limit = 5
"""


async def begun(shop: PayShop, checkout: Ready) -> str:
    """Press Pay; give our name for the payment."""
    await shop.till.desk.pay(checkout.pressed())
    return (await shop.payment(checkout.token)).reference


async def said(shop: PayShop, reference: str, *kinds: FactKind) -> None:
    """Let the provider say so, each in a webhook of its own."""

    def say(uow: UnitOfWork, kind: FactKind) -> None:
        payment = uow.payments.by_reference(reference)
        assert payment is not None
        amount = payment.amount_minor if kind is FactKind.CAPTURED else 0
        fact = Fact(kind.value, kind, amount, payment.currency)
        assert apply_facts(uow, "sandbox", reference, [fact], source="webhook")

    for kind in kinds:
        await shop.db.write(partial(say, kind=kind))


async def goes_back(shop: PayShop) -> bool:
    """Say whether there is no order, and one refund of everything."""
    rows = await dump(shop.db)
    return (len(rows["orders"]), len(rows["refunds"])) == (0, 1)


@pytest.mark.parametrize("first", [FactKind.DECLINED, FactKind.CAPTURED])
async def test_a_decline_before_or_after_a_capture_changes_nothing(
    shop: PayShop, first: FactKind
) -> None:
    checkout = await ready(shop.db)
    reference = await begun(shop, checkout)
    other = {FactKind.DECLINED: FactKind.CAPTURED, FactKind.CAPTURED: FactKind.DECLINED}[first]
    await said(shop, reference, first, other)
    assert await shop.status(checkout.token) == "completed"
    assert await shop.left(ALOE) == (22, 0)
    payment = await shop.payment(checkout.token)
    assert (payment.status, payment.needs_attention) == (PaymentStatus.CAPTURED, False)
    assert (await dump(shop.db))["refunds"] == []


async def test_a_payment_that_was_called_off_as_well_goes_back(shop: PayShop) -> None:
    reference = await begun(shop, await ready(shop.db))
    await said(shop, reference, FactKind.DECLINED, FactKind.CANCELED, FactKind.CAPTURED)
    assert await goes_back(shop)


async def test_units_that_somebody_else_holds_by_then_are_not_taken_away(shop: PayShop) -> None:
    checkout = await ready(shop.db, aloe_vera=20, jade=30)
    reference = await begun(shop, checkout)
    await said(shop, reference, FactKind.DECLINED)
    await begun(shop, await ready(shop.db, jade=30))
    await said(shop, reference, FactKind.CAPTURED)
    assert await goes_back(shop)
    assert (await shop.left(ALOE), await shop.left(JADE)) == ((24, 0), (50, 30))


async def test_another_delivery_is_another_order(shop: PayShop) -> None:
    checkout = await ready(shop.db)
    reference = await begun(shop, checkout)
    await said(shop, reference, FactKind.DECLINED)

    def choose(uow: UnitOfWork) -> None:
        row = uow.checkouts.by_page_token(checkout.token)
        assert row is not None
        row.option_id = "express"

    await shop.db.write(choose)
    await said(shop, reference, FactKind.CAPTURED)
    assert await goes_back(shop)


async def test_an_attempt_that_another_one_followed_goes_back(shop: PayShop) -> None:
    checkout = await ready(shop.db)
    first = await begun(shop, checkout)
    await said(shop, first, FactKind.DECLINED)
    second = await begun(shop, await quote(shop.db, checkout))
    await said(shop, second, FactKind.DECLINED)
    await said(shop, first, FactKind.CAPTURED)
    assert await goes_back(shop)


async def test_a_limited_discount_may_be_somebody_elses_by_then(shop: PayShop) -> None:
    await set_up(shop.db, LIMITED)
    reference = await begun(shop, await ready(shop.db, codes=("FEW",)))
    await said(shop, reference, FactKind.DECLINED, FactKind.CAPTURED)
    assert await goes_back(shop)


async def test_what_has_gone_back_before_it_is_heard_of_is_a_refunded_order(
    shop: PayShop,
) -> None:
    checkout = await ready(shop.db)
    reference = await begun(shop, checkout)
    payment = await shop.payment(checkout.token)
    amount = payment.amount_minor
    facts = [
        Fact("captured", FactKind.CAPTURED, amount, "USD"),
        Fact("refunded", FactKind.REFUND_SUCCEEDED, amount, "USD", "re_1"),
    ]
    await shop.db.write(lambda uow: apply_facts(uow, "sandbox", reference, facts, source="webhook"))
    page = await shop.page(checkout.token)
    assert page.checkout.order is not None
    assert page.checkout.order.status == "refunded"
