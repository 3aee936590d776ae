"""`plantly mail`: trying the way out, and mails that nobody took."""

import json

import anyio
import pytest
from sqlalchemy import select

from plantly.cli import transactions
from plantly.db import UnitOfWork
from plantly.db.tables import OrderRow, OutboxRow
from plantly.services.checkout import StartRequest, start_checkout
from plantly.services.order_mails import MAIL_TOPIC
from plantly.services.shopper import Shopper
from plantly.services.wanted import ItemRef
from plantly.services.workflows.mails import send_test
from plantly.settings import load_settings
from tests.support.cli import Shell
from tests.support.orders import pay
from tests.support.smtp import mail_server


@pytest.fixture
def shop(shell: Shell, sqlite_shop_url: str) -> Shell:
    shell.set("PLANTLY_DATABASE_URL", sqlite_shop_url)
    return shell


def give_up(uow: UnitOfWork) -> str:
    """Have a mail of a paid order that nobody took; give the order's number."""
    items = (ItemRef(quantity=1, product_id="aloe-vera"),)
    session = start_checkout(uow, Shopper(), StartRequest(items=items))
    number = pay(uow, session.public_id)
    order = uow.session.scalars(select(OrderRow)).one()
    payload = {"kind": "order_confirmation", "order_id": order.id, "event_id": 1}
    uow.outbox.put(MAIL_TOPIC, "mail:1:order_confirmation", payload, uow.now)
    row = uow.session.scalars(select(OutboxRow)).one()
    row.dead_at, row.attempts = uow.now, 40
    row.payload = {**payload, "trouble": "recipient_refused"}
    return number


def failing(shop: Shell) -> str:
    return transactions.write(transactions.current_settings(), give_up)


def test_a_shop_whose_mails_were_all_taken_says_so(shop: Shell) -> None:
    assert "Every mail was taken" in shop.done("mail", "failed")
    assert shop.done("mail", "failed", "--json").strip() == "[]"


def test_a_mail_that_nobody_took_is_told_and_can_be_tried_again(shop: Shell) -> None:
    number = failing(shop)
    assert "1 mails could not be sent" in shop.run("doctor").stdout
    assert number in shop.done("mail", "failed")
    (mail,) = json.loads(shop.done("mail", "failed", "--json"))
    assert (mail["order_number"], mail["kind"]) == (number, "order_confirmation")
    assert (mail["trouble"], mail["tries"]) == ("recipient_refused", 40)
    assert shop.done("mail", "retry", "PL-OTHER").strip() == "0 queued again."
    assert shop.done("mail", "retry", number).strip() == "1 queued again."
    assert shop.done("mail", "failed", "--json").strip() == "[]"
    assert "could not be sent" not in shop.run("doctor").stdout


def test_a_mail_that_is_not_wanted_any_more_is_dropped(shop: Shell) -> None:
    failing(shop)
    assert shop.done("mail", "drop").strip() == "1 will not be sent."
    assert shop.done("mail", "retry").strip() == "0 queued again."


def test_the_way_out_can_be_tried(shop: Shell, capfd: pytest.CaptureFixture[str]) -> None:
    said = shop.run("mail", "test", "me@example.com")
    assert said.exit_code == 0
    assert "took it" in said.stderr
    assert "A test mail of" in said.stderr + capfd.readouterr().err
    assert "no address" in shop.refused("mail", "test", "me@example.com>, <you@example.com")
    shop.set("PLANTLY_MAIL", "off")
    assert "PLANTLY_MAIL is off" in shop.refused("mail", "test", "me@example.com")


def test_what_keeps_a_mail_from_going_out_is_said() -> None:
    async def story() -> list[str | None]:
        async with mail_server() as server:
            settings = load_settings(
                {
                    "PLANTLY_MAIL": "smtp",
                    "PLANTLY_SMTP_URL": f"smtp://127.0.0.1:{server.port}",
                    "PLANTLY_MAIL_FROM": "shop@example.com",
                }
            )
            first = await send_test(settings, "Fern & Co", "me@example.com")
            assert [str(mail["Subject"]) for mail in server.mails] == ["A test mail of Fern & Co"]
            server.refuse_recipient = "550 nobody"
            return [first, await send_test(settings, "Fern & Co", "me@example.com")]

    assert anyio.run(story) == [None, "The mail server refused the recipient."]
