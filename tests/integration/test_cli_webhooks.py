"""`plantly webhooks`, on both databases: what came is listed, and replayed without harm."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from plantly.cli import transactions
from plantly.db import UnitOfWork
from plantly.db.tables import InboxRow, PaymentRow
from plantly.domain.payment import Fact, FactKind
from plantly.payments.gateway import NormalizedEvent, VerifiedEvent
from plantly.services.payment_events import receive
from tests.support.cli import Shell
from tests.support.orders import empty_checkout, payment_of
from tests.support.shop import rows_of_every_table


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


def arrive(
    event_id: str, reference: str | None, *kinds: FactKind, session_ref: str | None = None
) -> None:
    """Let a webhook come that says these things of a payment."""
    facts = tuple(Fact(kind.value, kind, 0, "USD") for kind in kinds)
    event = VerifiedEvent(event_id, "payment.declined", {})
    said = NormalizedEvent(reference, session_ref, facts)
    write(lambda uow: receive(uow, "sandbox", event, said))


def begun(session_ref: str | None = None) -> str:
    """Begin a payment; give our name for it."""

    def begin(uow: UnitOfWork) -> str:
        payment = payment_of(uow, empty_checkout(uow), 1000)
        payment.session_ref, payment.next_poll_at = session_ref, uow.now
        return payment.reference

    reference: str = write(begin)
    return reference


def rename(reference: str, to: str) -> None:
    def change(uow: UnitOfWork) -> None:
        uow.session.query(PaymentRow).filter_by(reference=reference).one().reference = to

    write(change)


def test_a_shop_without_events_says_so(shop: Shell) -> None:
    assert shop.done("webhooks", "list") == "There is no event yet.\n"
    assert shop.done("webhooks", "list", "--unhandled") == "No event waits.\n"
    assert shop.json("webhooks", "list") == []


def test_events_are_listed_newest_first_and_those_that_wait_apart(shop: Shell) -> None:
    arrive("evt_1", begun(), FactKind.DECLINED)
    arrive("evt_2", "pay_unknown", FactKind.DECLINED)
    listed = shop.json("webhooks", "list")
    assert [(e["event_id"], e["outcome"]) for e in listed] == [
        ("evt_2", "waiting"),
        ("evt_1", "applied"),
    ]
    assert listed[0]["facts"] == ["declined"]
    assert (listed[0]["handled_at"], bool(listed[1]["handled_at"])) == (None, True)
    waiting = shop.done("webhooks", "list", "--unhandled")
    assert "evt_2" in waiting
    assert "evt_1" not in waiting
    assert len(shop.json("webhooks", "list", "--limit", "1")) == 1


def test_a_replay_of_what_is_known_changes_nothing(shop: Shell) -> None:
    arrive("evt_1", begun(), FactKind.DECLINED)
    before = write(rows_of_every_table)
    assert shop.done("webhooks", "replay", "evt_1") == "evt_1  nothing new\n"
    assert "1 events replayed, 0 of them" in shop.done("webhooks", "replay", "--since", "1h")
    assert write(rows_of_every_table) == before


def test_a_replay_says_what_it_has_changed(shop: Shell) -> None:
    arrive("evt_1", "pay_early", FactKind.DECLINED)
    said = shop.done("webhooks", "replay", "evt_1")
    assert said == "evt_1  speaks of a payment that is not known here\n"
    rename(begun(), "pay_early")
    assert shop.done("webhooks", "replay", "evt_1") == (
        "evt_1  1 new facts, status created -> declined\n"
    )
    (event,) = shop.json("webhooks", "list")
    assert event["outcome"] == "applied"
    assert shop.json("webhooks", "list", "--unhandled") == []


def test_an_event_that_only_has_the_providers_name_for_a_payment_waits_for_it(shop: Shell) -> None:
    arrive("evt_1", None, FactKind.DECLINED, session_ref="sbx_1")
    assert shop.json("webhooks", "replay", "evt_1")[0]["outcome"] == "unknown_payment"
    reference = begun(session_ref="sbx_1")
    (done,) = shop.json("webhooks", "replay", "--unhandled")
    assert (done["outcome"], done["reference"]) == ("changed", reference)


def test_an_event_that_says_nothing_is_left_alone(shop: Shell) -> None:
    arrive("evt_1", None)
    assert shop.done("webhooks", "replay", "evt_1") == "evt_1  says nothing about a payment\n"


def test_all_that_wait_are_replayed_in_their_order_and_counted(shop: Shell) -> None:
    for number in range(5):
        arrive(f"evt_{number}", f"pay_{number}", FactKind.DECLINED)
    for number in (1, 3):
        rename(begun(), f"pay_{number}")
    said = shop.done("webhooks", "replay", "--unhandled").splitlines()
    assert [line.split()[0] for line in said[:-1]] == ["evt_1", "evt_3"]
    assert said[-1] == "5 events replayed, 2 of them changed something."


@pytest.mark.parametrize(
    ("since", "count"),
    [("30m", 1), ("2h", 2), ("1d", 2), ("2001-01-01", 2), ("{:%Y-%m-%dT%H:%M}", 1)],
)
def test_a_replay_can_begin_at_a_moment(shop: Shell, since: str, count: int) -> None:
    arrive("evt_old", "pay_1", FactKind.DECLINED)
    hour_ago = datetime.now(UTC) - timedelta(hours=1)

    def make_older(uow: UnitOfWork) -> None:
        uow.session.query(InboxRow).one().received_at = hour_ago

    write(make_older)
    arrive("evt_new", "pay_2", FactKind.DECLINED)
    moment = since.format(hour_ago + timedelta(minutes=5))
    assert len(shop.json("webhooks", "replay", "--since", moment)) == count


@pytest.mark.parametrize(
    "arguments", [[], ["evt_1", "--unhandled"], ["--unhandled", "--since", "1h"]]
)
def test_what_to_replay_has_to_be_said_once(shell: Shell, arguments: list[str]) -> None:
    assert "Say what to replay" in shell.refused("webhooks", "replay", *arguments)


@pytest.mark.parametrize("since", ["yesterday", "0m", "5x", ""])
def test_a_moment_that_cannot_be_read_is_refused(shell: Shell, since: str) -> None:
    assert "--since takes" in shell.refused("webhooks", "replay", "--since", since)


def test_an_unknown_event_is_refused(shop: Shell) -> None:
    assert shop.refused("webhooks", "replay", "evt_9") == "There is no webhook event evt_9.\n"
