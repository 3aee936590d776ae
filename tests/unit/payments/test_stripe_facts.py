"""What each webhook of Stripe says: the same as a read of the same thing, and never too much."""

from typing import Any, Final

import pytest

from plantly.domain.payment import Fact, FactKind
from plantly.payments.gateway import NormalizedEvent, VerifiedEvent
from plantly.payments.stripe_webhooks import StripeWebhooks

K = FactKind
WEBHOOKS: Final = StripeWebhooks(("whsec_plantly_test",), live=None)
SESSION: Final = {
    "id": "cs_1",
    "client_reference_id": "pay_1",
    "metadata": {"reference": "pay_1"},
    "payment_intent": "pi_1",
    "currency": "usd",
    "amount_total": 3810,
}
INTENT: Final = {"id": "pi_1", "metadata": {"reference": "pay_1"}, "currency": "usd"}
REFUND: Final = {"id": "re_1", "payment_intent": "pi_1", "currency": "usd", "amount": 810}
DISPUTE: Final = {"id": "du_1", "payment_intent": "pi_1", "currency": "usd", "amount": 3810}
CAPTURED: Final = Fact("captured:pi_1:3810:USD", K.CAPTURED, 3810, "USD")


def says(kind: str, resource: Any) -> NormalizedEvent:
    payload = {"id": "evt_1", "type": kind, "data": {"object": resource}}
    return WEBHOOKS.normalize(VerifiedEvent("evt_1", kind, payload))


def of(kind: FactKind) -> Fact:
    return Fact(kind.value, kind, 0, "USD")


@pytest.mark.parametrize(
    ("kind", "changes", "facts"),
    [
        ("completed", {"status": "complete", "payment_status": "paid"}, (CAPTURED,)),
        ("completed", {"status": "complete", "payment_status": "unpaid"}, (of(K.PENDING),)),
        ("completed", {"status": "complete", "payment_status": "no_payment_required"}, ()),
        ("completed", {"status": "complete", "payment_status": "new"}, ()),
        ("completed", {"status": "open", "payment_status": "unpaid"}, ()),
        ("async_payment_succeeded", {"status": "complete", "payment_status": "paid"}, (CAPTURED,)),
        (
            "async_payment_failed",
            {"status": "complete", "payment_status": "unpaid"},
            (of(K.DECLINED),),
        ),
        ("expired", {"status": "expired", "payment_status": "unpaid"}, (of(K.EXPIRED),)),
    ],
)
def test_a_session_is_paid_only_when_it_says_so(
    kind: str, changes: dict[str, str], facts: tuple[Fact, ...]
) -> None:
    said = says(f"checkout.session.{kind}", {**SESSION, **changes})
    assert said == NormalizedEvent("pay_1", "cs_1", facts, "pi_1")


@pytest.mark.parametrize(
    ("kind", "changes", "facts"),
    [
        ("succeeded", {"status": "succeeded", "amount_received": 3810}, (CAPTURED,)),
        ("processing", {"status": "processing"}, (of(K.PENDING),)),
        (
            "amount_capturable_updated",
            {"status": "requires_capture", "amount_capturable": 3810},
            (Fact("authorized:pi_1:3810:USD", K.AUTHORIZED, 3810, "USD"),),
        ),
        ("payment_failed", {"status": "requires_payment_method"}, ()),
        ("canceled", {"status": "canceled"}, (of(K.CANCELED),)),
        ("succeeded", {"status": "succeeded", "amount_received": 0}, ()),
        ("succeeded", {"status": "succeeded", "amount_received": "3810"}, ()),
        ("succeeded", {"status": "succeeded", "amount_received": True}, ()),
        ("succeeded", {"status": "succeeded", "amount_received": 3810, "currency": "$"}, ()),
        ("succeeded", {"status": "succeeded", "amount_received": 3810, "id": None}, ()),
    ],
)
def test_an_intent_says_what_became_of_the_money(
    kind: str, changes: dict[str, Any], facts: tuple[Fact, ...]
) -> None:
    said = says(f"payment_intent.{kind}", {**INTENT, **changes})
    assert (said.reference, said.session_ref, said.facts) == ("pay_1", None, facts)


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        ("pending", K.REFUND_PENDING),
        ("requires_action", K.REFUND_PENDING),
        ("succeeded", K.REFUND_SUCCEEDED),
        ("failed", K.REFUND_FAILED),
        ("canceled", K.REFUND_FAILED),
    ],
)
def test_a_refund_is_told_by_whichever_event(status: str, kind: FactKind) -> None:
    fact = Fact(f"{kind}:re_1:810", kind, 810, "USD", "re_1")
    refund = {**REFUND, "status": status}
    for name in ("refund.created", "refund.updated", "refund.failed", "charge.refund.updated"):
        assert says(name, refund) == NormalizedEvent(None, None, (fact,), "pi_1")
    charge = {"id": "ch_1", "payment_intent": "pi_1", "refunds": {"data": [refund]}}
    assert says("charge.refunded", charge).facts == (fact,)


def test_a_refund_of_ours_names_its_payment() -> None:
    refund = {**REFUND, "status": "succeeded", "metadata": {"reference": "pay_1"}}
    assert says("refund.created", refund).reference == "pay_1"


def test_a_charge_without_its_refunds_says_nothing() -> None:
    charge = {"id": "ch_1", "payment_intent": "pi_1", "amount_refunded": 810}
    assert says("charge.refunded", charge).facts == ()


def disputed(*kinds: FactKind) -> tuple[Fact, ...]:
    return tuple(Fact(f"{kind}:du_1:3810", kind, 3810, "USD", dispute_ref="du_1") for kind in kinds)


@pytest.mark.parametrize(
    ("status", "facts"),
    [
        ("warning_needs_response", disputed(K.DISPUTE_INQUIRED)),
        ("warning_under_review", disputed(K.DISPUTE_INQUIRED)),
        ("warning_closed", disputed(K.DISPUTE_INQUIRED, K.DISPUTE_WON)),
        ("prevented", disputed(K.DISPUTE_INQUIRED, K.DISPUTE_WON)),
        ("needs_response", disputed(K.DISPUTE_OPENED)),
        ("under_review", disputed(K.DISPUTE_OPENED)),
        ("won", disputed(K.DISPUTE_OPENED, K.DISPUTE_WON)),
        ("lost", disputed(K.DISPUTE_OPENED, K.DISPUTE_LOST)),
        ("new", ()),
    ],
)
def test_a_dispute_is_told_by_where_it_stands(status: str, facts: tuple[Fact, ...]) -> None:
    for kind in ("created", "updated", "closed", "funds_withdrawn", "funds_reinstated"):
        said = says(f"charge.dispute.{kind}", {**DISPUTE, "status": status})
        assert said == NormalizedEvent(None, None, facts, "pi_1")


@pytest.mark.parametrize(
    "resource", [None, [], {}, {**DISPUTE, "status": "lost", "amount": -1}, {"currency": "usd"}]
)
def test_what_cannot_be_read_says_nothing(resource: Any) -> None:
    assert says("charge.dispute.closed", resource).facts == ()
    assert says("refund.created", resource).facts == ()
    assert says("checkout.session.completed", resource).facts == ()


@pytest.mark.parametrize("resource", [None, [], {}, {"currency": 7}])
def test_a_failure_without_a_currency_says_nothing(resource: Any) -> None:
    assert says("checkout.session.async_payment_failed", resource).facts == ()


def test_an_unknown_kind_says_nothing() -> None:
    assert says("charge.succeeded", INTENT) == NormalizedEvent(None, None, ())
