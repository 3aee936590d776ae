"""`plantly outgoing`, on both databases: who is told, with which secret, and what is told again."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from plantly.cli import transactions
from plantly.db import UnitOfWork
from plantly.db.tables import WebhookEndpointRow
from plantly.domain.outgoing import MOST_ENDPOINTS
from plantly.outbound.merchant_webhooks import Answer, Message, WebhookSender
from plantly.services.outgoing import add_endpoint, signing_secrets
from plantly.services.workflows.deliver import Job, claim, note
from tests.support.cli import Shell
from tests.support.receiver import something

URL = "https://erp.example/hooks"


@pytest.fixture
def shop(shell: Shell, shop_url: str) -> Shell:
    shell.set("PLANTLY_DATABASE_URL", shop_url)
    return shell


@pytest.fixture
def lone(shell: Shell, sqlite_shop_url: str) -> Shell:
    shell.set("PLANTLY_DATABASE_URL", sqlite_shop_url)
    return shell


def write(work: Any) -> Any:
    return transactions.write(transactions.current_settings(), work)


def add(shell: Shell, *arguments: str) -> Any:
    return shell.json("outgoing", "add", URL, *arguments)


def fails(status: int) -> None:
    """Let what is due be answered with a status."""

    def work(uow: UnitOfWork) -> None:
        (endpoint,) = uow.endpoints.all()
        jobs: list[Job] = claim(uow, uow.deliveries.due(endpoint.id, uow.now, 10))
        for job in jobs:
            note(uow, job, Answer(status))

    write(work)


def signing() -> tuple[str, ...]:
    def read(uow: UnitOfWork) -> tuple[str, ...]:
        (endpoint,) = uow.endpoints.all()
        return signing_secrets(endpoint, uow.now)

    secrets: tuple[str, ...] = write(read)
    return secrets


def test_a_secret_is_shown_once(shop: Shell) -> None:
    assert "Nobody is told yet" in shop.done("outgoing", "list")
    shown = shop.run("outgoing", "add", URL, "--events", "order.*,payment.captured")
    secret = shown.stdout.strip()
    assert (shown.exit_code, signing()) == (0, (secret,))
    assert secret.startswith("whsec_")
    (listed,) = shop.json("outgoing", "list")
    assert (listed["url"], listed["events"]) == (URL, ["order.*", "payment.captured"])
    assert listed["id"] in shown.stderr
    for said in (
        shop.done("outgoing", "list"),
        shop.done("outgoing", "show", listed["id"]),
        json.dumps([listed, shop.json("outgoing", "show", listed["id"])]),
    ):
        assert URL in said
        assert secret not in said


def test_a_new_secret_signs_beside_the_old_one_for_a_day(shop: Shell) -> None:
    made = add(shop)
    rotated = shop.json("outgoing", "rotate", made["id"])
    assert signing() == (rotated["secret"], made["secret"])
    assert rotated["older_secret_until"] is not None
    assert "say --now" in shop.refused("outgoing", "rotate", made["id"])
    assert "Older secret signs until" in shop.done("outgoing", "show", made["id"])

    def wait(uow: UnitOfWork) -> None:
        (endpoint,) = uow.endpoints.all()
        endpoint.older_until = uow.now

    write(wait)
    assert signing() == (rotated["secret"],)
    assert shop.json("outgoing", "show", made["id"])["older_secret_until"] is None


def test_a_secret_that_got_out_ends_at_once(lone: Shell) -> None:
    made = add(lone)
    shown = lone.run("outgoing", "rotate", made["id"])
    assert "The one before signs, too, until" in shown.stderr
    shown = lone.run("outgoing", "rotate", made["id"], "--now")
    assert signing() == (shown.stdout.strip(),)
    assert "The one before" not in shown.stderr


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["add", "http://erp.example/hooks"], "https only"),
        (["add", "https://10.0.0.7/hooks"], "PLANTLY_ALLOW_PRIVATE_FETCH"),
        (["add", URL, "--events", "order.lost"], "There is no event order.lost"),
        (["show", "whe_none"], "plantly outgoing list"),
        (["remove", "whe_none"], "plantly outgoing list"),
        (["enable", "whe_none"], "plantly outgoing list"),
        (["rotate", "whe_none"], "plantly outgoing list"),
        (["test", "whe_none"], "plantly outgoing list"),
        (["deliveries", "--endpoint", "whe_none"], "plantly outgoing list"),
        (["replay"], "Say what to send again"),
        (["replay", "evt_1", "--dead"], "Say what to send again"),
        (["replay", "evt_1"], "There is no event evt_1"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_what_cannot_be_done_is_refused(lone: Shell, arguments: list[str], said: str) -> None:
    assert said in lone.refused("outgoing", *arguments)


def test_nobody_is_told_twice(lone: Shell) -> None:
    made = add(lone)
    assert made["id"] in lone.refused("outgoing", "add", URL)

    def add_more(uow: UnitOfWork) -> None:
        for number in range(MOST_ENDPOINTS - 1):
            add_endpoint(uow, f"{URL}/{number}", "*")

    write(add_more)
    assert "20 already" in lone.refused("outgoing", "add", f"{URL}/more")


def test_whoever_is_removed_is_forgotten(shop: Shell) -> None:
    made = add(shop)
    write(something)
    assert shop.json("outgoing", "remove", made["id"]) == {"removed": made["id"]}
    assert shop.json("outgoing", "list") == []
    assert shop.json("outgoing", "deliveries") == []
    made = add(shop)
    assert "told nothing more" in shop.done("outgoing", "remove", made["id"])


def test_what_was_given_up_on_is_listed_and_sent_again(shop: Shell) -> None:
    made = add(shop)
    assert "Nothing was told yet" in shop.done("outgoing", "deliveries")
    write(something)
    fails(200)
    write(something)
    fails(410)
    assert [d["state"] for d in shop.json("outgoing", "deliveries")] == ["dead", "done"]
    (dead,) = shop.json("outgoing", "deliveries", "--dead", "--endpoint", made["id"])
    assert (dead["last_status"], dead["attempts"], dead["endpoint"]) == (410, 1, made["id"])
    assert dead["event_id"] in shop.done("outgoing", "deliveries", "--dead")
    assert "switched off (gone)" in shop.done("outgoing", "list")
    doctor = shop.run("doctor").stdout
    assert "1 of your systems are told nothing more" in doctor
    assert "1 outgoing webhooks were given up on" in doctor
    assert "plantly outgoing enable" in shop.refused("outgoing", "replay", dead["event_id"])
    assert shop.json("outgoing", "replay", "--dead") == {"deliveries": 0}
    assert "replay --dead" in shop.done("outgoing", "enable", made["id"])
    assert "is not switched off" in shop.refused("outgoing", "enable", made["id"])
    assert "1 delivery is sent again" in shop.done("outgoing", "replay", "--dead")
    assert "Nothing was given up on" in shop.done("outgoing", "deliveries", "--dead")
    assert shop.json("outgoing", "show", made["id"])["waiting"] == 1
    fails(200)
    assert shop.json("outgoing", "replay", dead["event_id"]) == {"deliveries": 1}


def test_a_receiver_that_fails_is_listed_as_failing(lone: Shell) -> None:
    made = add(lone)
    write(something)
    fails(500)
    assert "failing since" in lone.done("outgoing", "list")
    assert lone.json("outgoing", "show", made["id"])["failing_since"] is not None

    def switch_off(uow: UnitOfWork) -> None:
        endpoint: WebhookEndpointRow = uow.endpoints.all()[0]
        endpoint.disabled_at = datetime.now(UTC) - timedelta(days=1)

    write(switch_off)
    said = lone.json("outgoing", "enable", made["id"])
    assert (said["disabled_at"], said["failing_since"], said["waiting"]) == (None, None, 1)


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (Answer(503), "it answered 503"),
        (Answer(302, "redirect"), "give the last address itself"),
        (Answer(None, "timeout"), "within 10 seconds"),
    ],
    ids=["503", "302", "timeout"],
)
def test_a_receiver_is_tried_out_and_what_is_wrong_is_said(
    lone: Shell, monkeypatch: pytest.MonkeyPatch, answer: Answer, said: str
) -> None:
    sent: list[Message] = []
    answers = [Answer(204)]

    async def send(_self: WebhookSender, message: Message, _now: datetime) -> Answer:
        sent.append(message)
        return answers[0]

    monkeypatch.setattr(WebhookSender, "send", send)
    made = add(lone)
    assert "answered 204" in lone.done("outgoing", "test", made["id"])
    assert lone.json("outgoing", "test", made["id"])["delivered"] is True
    answers[:] = [answer]
    assert said in lone.refused("outgoing", "test", made["id"])
    assert json.loads(sent[0].body)["type"] == "webhook.test"
    assert (sent[0].url, sent[0].secrets) == (URL, (made["secret"],))
    assert lone.json("outgoing", "deliveries") == []
