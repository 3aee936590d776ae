"""`plantly payments`, on both databases: where the money is, and what a person does about it."""

from collections.abc import Iterator
from typing import Any
from unittest.mock import patch

import pytest

from plantly.cli import transactions
from plantly.db import UnitOfWork
from plantly.db.tables import OutboxRow, PaymentRow, RefundRow
from plantly.domain.errors import ProviderUnavailable
from plantly.domain.payment import Fact, FactKind
from plantly.payments.gateway import PaymentRef, Snapshot
from plantly.payments.sandbox import SandboxGateway
from plantly.services.attention import REASONS, REMEDIES
from plantly.services.payment_events import apply_facts
from plantly.services.refunds import note_refund_given_up
from tests.support.builders import fact
from tests.support.cli import Shell
from tests.support.orders import empty_checkout, payment_of


@pytest.fixture
def shop_url(sqlite_shop_url: str) -> str:
    """Give a shop on SQLite: what this is about knows no engine."""
    return sqlite_shop_url


@pytest.fixture
def shop(shell: Shell, shop_url: str) -> Shell:
    shell.set("PLANTLY_DATABASE_URL", shop_url)
    return shell


def write(work: Any) -> Any:
    return transactions.write(transactions.current_settings(), work)


def begun() -> str:
    """Begin a payment; give our name for it."""

    def begin(uow: UnitOfWork) -> str:
        payment = payment_of(uow, empty_checkout(uow), 1000)
        payment.next_poll_at = uow.now
        return payment.reference

    reference: str = write(begin)
    return reference


def say(reference: str, *facts: Fact) -> None:
    write(lambda uow: apply_facts(uow, "sandbox", reference, facts, source="webhook"))


def paid_too_much() -> str:
    """Let the provider capture another amount than was agreed, so that it goes back."""
    reference = begun()
    say(reference, fact(FactKind.CAPTURED, 4321))
    return reference


def give_up() -> None:
    """Let the worker have tried the refund too often."""

    def work(uow: UnitOfWork) -> None:
        message = uow.session.query(OutboxRow).one()
        message.dead_at, message.attempts = uow.now, 20
        note_refund_given_up(uow, "sandbox", message.payload["refund"])

    write(work)


class _Provider:
    """What the provider has, by our name for each payment."""

    def __init__(self) -> None:
        self.has: dict[str, tuple[Fact, ...]] = {}
        self.asked: list[str] = []

    async def fetch(self, ref: PaymentRef) -> Snapshot | None:
        self.asked.append(ref.reference)
        if ref.reference not in self.has:
            raise ProviderUnavailable("down")
        return Snapshot(f"sbx_{ref.reference}", self.has[ref.reference], closed=True)


@pytest.fixture
def provider() -> Iterator[_Provider]:
    fake = _Provider()
    with patch.object(SandboxGateway, "fetch", side_effect=fake.fetch):
        yield fake


def test_a_shop_without_payments_says_so(shop: Shell) -> None:
    assert shop.done("payments", "list") == "There is no payment yet.\n"
    assert shop.done("payments", "list", "--status", "captured") == "There is no such payment.\n"
    assert shop.done("payments", "attention") == "No payment needs you.\n"
    assert shop.json("payments", "attention") == []


def test_payments_are_listed_newest_first_and_by_status(shop: Shell) -> None:
    first, second = begun(), paid_too_much()
    assert [p["reference"] for p in shop.json("payments", "list")] == [second, first]
    (captured,) = shop.json("payments", "list", "--status", "captured")
    assert (captured["reference"], captured["captured_minor"]) == (second, 4321)
    table = shop.done("payments", "list")
    assert "43.21 USD" in table
    assert "captured (needs you)" in table


def test_a_payment_is_shown_with_all_that_was_said_of_it(shop: Shell) -> None:
    reference = paid_too_much()
    history = shop.json("payments", "show", reference)
    assert [f["kind"] for f in history["facts"]] == ["captured"]
    assert [(r["status"], r["reason"]) for r in history["refunds"]] == [("pending", "wrong_amount")]
    text = shop.done("payments", "show", reference)
    assert text.startswith(f"{reference}  captured")
    assert "refund pending (wrong_amount)" in text
    assert "plantly payments attention" in text
    give_up()
    assert f"plantly payments retry {reference}" in shop.done("payments", "show", reference)
    unsaid = shop.done("payments", "show", begun())
    assert "Asked     again at" in unsaid
    assert "WHEN" not in unsaid


@pytest.mark.parametrize("command", ["show", "retry", "resolve", "reconcile"])
def test_an_unknown_payment_is_refused(shop: Shell, command: str) -> None:
    assert "pay_9" in shop.refused("payments", command, "pay_9")


def test_the_provider_is_asked_now_about_what_is_not_settled(
    shop: Shell, provider: _Provider
) -> None:
    declined, settled = begun(), begun()
    back = fact(FactKind.REFUND_SUCCEEDED, 4321, ref="sbr_1")
    say(settled, fact(FactKind.CAPTURED, 4321), back)
    provider.has = dict.fromkeys((declined, settled), (fact(FactKind.DECLINED, 0),))
    said = shop.done("payments", "reconcile")
    assert said.splitlines() == [
        f"{declined}  1 new facts, status created -> declined",
        "1 payments asked about, 1 of them changed.",
    ]
    assert provider.asked == [declined]
    again = shop.json("payments", "reconcile", "--all")
    assert {one["reference"]: one["changes"] for one in again} == {
        declined: [],
        settled: ["1 new facts"],
    }
    (one,) = shop.json("payments", "reconcile", declined)
    assert (one["answered"], one["changes"]) == (True, [])


def test_a_provider_that_is_down_is_given_up_on_soon(shop: Shell, provider: _Provider) -> None:
    references = [begun() for _ in range(6)]
    result = shop.run("payments", "reconcile")
    assert result.exit_code == 1
    assert "did not answer for 6 of 6 payments" in result.stderr
    assert provider.asked == references[:3]


def test_attention_says_why_and_what_to_do(shop: Shell) -> None:
    reference = paid_too_much()
    (one,) = shop.json("payments", "attention")
    assert (one["reference"], one["reason"]) == (reference, "wrong_amount")
    text = shop.done("payments", "attention")
    assert REASONS["wrong_amount"] in text
    assert f"plantly payments resolve {reference}" in text
    assert "43.21 USD captured, 0.00 USD refunded" in text


def test_every_reason_has_a_remedy_that_is_a_command() -> None:
    assert REASONS.keys() == REMEDIES.keys()
    assert all("plantly payments" in remedy for remedy in REMEDIES.values())


def test_what_was_given_up_on_can_be_tried_again(shop: Shell) -> None:
    reference = paid_too_much()
    give_up()
    assert shop.json("payments", "attention")[0]["reason"] == "refund_failed"
    assert shop.done("payments", "retry", reference) == "The worker tries again: 1 thing.\n"
    assert shop.json("payments", "attention") == []
    message, refund = write(_message_and_refund)
    assert (message.dead_at, message.attempts, refund.status) == (None, 0, "pending")
    assert "Nothing about" in shop.refused("payments", "retry", reference)


def test_a_refund_that_cannot_go_back_any_more_is_not_tried_again(shop: Shell) -> None:
    reference = paid_too_much()
    give_up()
    back = fact(FactKind.REFUND_SUCCEEDED, 4321, ref="sbr_by_hand")
    say(reference, back)
    assert "cannot go back any more" in shop.refused("payments", "retry", reference)
    message, _ = write(_message_and_refund)
    assert message.dead_at is not None


def test_a_refund_that_has_gone_through_after_all_is_only_noted(shop: Shell) -> None:
    reference = paid_too_much()
    give_up()

    def go_through(uow: UnitOfWork) -> None:
        refund = uow.session.query(RefundRow).one()
        refund.status, refund.refund_ref = "succeeded", "sbr_1"

    write(go_through)
    say(reference, fact(FactKind.REFUND_SUCCEEDED, 4321, ref="sbr_1"))
    shop.done("payments", "retry", reference)
    _, refund = write(_message_and_refund)
    assert refund.status == "succeeded"


def test_a_message_that_is_no_refund_is_only_tried_again(shop: Shell) -> None:
    reference = begun()

    def kill(uow: UnitOfWork) -> None:
        uow.outbox.put("void_payment", "void:1", {"reference": reference}, uow.now)
        uow.outbox.put("void_payment", "void:2", {"reference": "another"}, uow.now)
        for message in uow.session.query(OutboxRow):
            message.dead_at = uow.now

    write(kill)
    shop.done("payments", "retry", reference)
    dead = write(lambda uow: [row.dedupe_key for row in uow.outbox.dead(10)])
    assert dead == ["void:2"]


def test_a_person_can_say_that_it_is_settled(shop: Shell) -> None:
    reference = paid_too_much()
    give_up()
    say(reference, fact(FactKind.REFUND_SUCCEEDED, 4321, ref="sbr_by_hand"))
    assert "needs nobody" in shop.done("payments", "resolve", reference)
    assert shop.json("payments", "attention") == []
    assert write(lambda uow: uow.outbox.count_dead()) == 0
    assert "waits for attention" in shop.refused("payments", "resolve", reference)
    assert write(_refused_refund) == "failed"


def _message_and_refund(uow: UnitOfWork) -> tuple[OutboxRow, RefundRow]:
    return uow.session.query(OutboxRow).one(), uow.session.query(RefundRow).one()


def _refused_refund(uow: UnitOfWork) -> str:
    assert uow.session.query(PaymentRow).one().needs_attention is False
    return uow.session.query(RefundRow).one().status


def test_show_says_what_disputes_have_taken(shop: Shell) -> None:
    reference = begun()
    lost = Fact("lost", FactKind.DISPUTE_LOST, 400, "USD", dispute_ref="du_1")
    say(reference, fact(FactKind.CAPTURED, 1000), lost)
    shown = shop.done("payments", "show", reference)
    assert "Dispute   4.00 USD (lost) du_1" in shown
    assert "Taken     4.00 USD by disputes: it cannot be given back as well" in shown
