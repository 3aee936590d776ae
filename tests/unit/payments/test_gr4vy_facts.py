"""What transactions, refunds and captures of Gr4vy say, by every status that is documented."""

from typing import Any, get_args

import pytest
from gr4vy.models import CaptureStatus, RefundStatus, TransactionStatus

from plantly.domain.payment import Fact, FactKind
from plantly.payments.gr4vy_facts import (
    capture_facts,
    is_authorized,
    is_on_its_way,
    refund_facts,
    transaction_facts,
)


def words(statuses: object) -> set[str]:
    return set(get_args(get_args(statuses)[0]))


def transaction(status: str, **changes: Any) -> dict[str, Any]:
    return {
        "id": "t1",
        "status": status,
        "currency": "USD",
        "amount": 3810,
        "authorized_amount": 3810,
        "captured_amount": 0,
        "intent": "capture",
        "intent_outcome": "succeeded",
        **changes,
    }


SAYS = {
    "processing": [("pending:t1", FactKind.PENDING)],
    "buyer_approval_pending": [],
    "authorization_succeeded": [("authorized:t1:3810:USD", FactKind.AUTHORIZED)],
    "authorization_declined": [("declined:t1", FactKind.DECLINED)],
    "authorization_failed": [("failed:t1", FactKind.FAILED)],
    "authorization_void_pending": [],
    "authorization_voided": [("canceled:t1", FactKind.CANCELED)],
    "capture_pending": [("pending:t1", FactKind.PENDING)],
    "capture_succeeded": [("captured:t1:3810:USD", FactKind.CAPTURED)],
    "a_status_of_tomorrow": [],
}


def test_every_documented_status_is_thought_of() -> None:
    assert words(TransactionStatus) == set(SAYS) - {"a_status_of_tomorrow"}
    assert words(RefundStatus) == {"processing", "succeeded", "failed", "declined", "voided"}
    assert words(CaptureStatus) == {"succeeded", "pending", "declined", "failed", "canceled"}


@pytest.mark.parametrize("status", SAYS)
def test_a_transaction_says(status: str) -> None:
    captured = 3810 if status == "capture_succeeded" else 0
    facts = transaction_facts(transaction(status, captured_amount=captured))
    assert [(fact.key, fact.kind) for fact in facts] == SAYS[status]


def test_what_captures_itself_is_left_alone() -> None:
    """With delayed capture the money is authorized for a moment: it is not ours to capture."""
    between = transaction("authorization_succeeded", intent_outcome="pending")
    assert [fact.kind for fact in transaction_facts(between)] == [FactKind.PENDING]
    assert is_on_its_way(between)
    for ours in (
        transaction("authorization_succeeded", intent="authorize", intent_outcome="pending"),
        transaction("authorization_succeeded", intent_outcome="failed"),
    ):
        assert [fact.kind for fact in transaction_facts(ours)] == [FactKind.AUTHORIZED]
        assert is_authorized(ours)
        assert not is_on_its_way(ours)


@pytest.mark.parametrize("amount", [None, True, "3810", 38.1, 0, -1, 2**53])
def test_an_amount_that_is_none_is_no_money(amount: object) -> None:
    assert transaction_facts(transaction("capture_succeeded", captured_amount=amount)) == ()
    refund = {"id": "r1", "currency": "USD", "status": "succeeded", "amount": amount}
    assert refund_facts([refund]) == ()


@pytest.mark.parametrize(
    "changes", [{"id": None}, {"id": "a b"}, {"currency": "usd"}, {"currency": None}]
)
def test_what_has_no_name_or_currency_says_nothing(changes: dict[str, Any]) -> None:
    assert transaction_facts(transaction("capture_succeeded", captured_amount=1, **changes)) == ()


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        ("processing", FactKind.REFUND_PENDING),
        ("succeeded", FactKind.REFUND_SUCCEEDED),
        ("failed", FactKind.REFUND_FAILED),
        ("declined", FactKind.REFUND_FAILED),
        ("voided", FactKind.REFUND_FAILED),
    ],
)
def test_a_refund_says(status: str, kind: FactKind) -> None:
    refund = {"id": "r1", "currency": "USD", "status": status, "amount": 1500}
    assert refund_facts([refund]) == (Fact(f"{kind}:r1:1500", kind, 1500, "USD", "r1"),)


def test_a_refund_of_tomorrow_says_nothing() -> None:
    refund = {"id": "r1", "currency": "USD", "status": "thinking", "amount": 1500}
    assert refund_facts([refund]) == ()


@pytest.mark.parametrize(
    ("status", "final", "keys"),
    [
        ("pending", True, ["pending:t1"]),
        ("succeeded", True, ["captured:t1:1500:USD"]),
        ("succeeded", False, []),
        ("declined", True, []),
        ("failed", True, []),
        ("canceled", True, []),
    ],
)
def test_a_capture_says(status: str, *, final: bool, keys: list[str]) -> None:
    capture = {"transaction_id": "t1", "currency": "USD", "amount": 1500, "status": status}
    assert [fact.key for fact in capture_facts({**capture, "final": final})] == keys
    assert capture_facts({**capture, "transaction_id": None}) == ()
