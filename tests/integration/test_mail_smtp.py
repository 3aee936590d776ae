"""The SMTP carrier against a real mail server on this machine: TLS, logins, refusals, outages."""

import asyncio
import io
import logging
import ssl
from typing import Any

import aiosmtplib
import pytest

from plantly.domain.order_mail import MailKind
from plantly.outbound import mail
from plantly.outbound.mail import (
    SENTENCES,
    ConsoleCarrier,
    MailFailed,
    NoCarrier,
    SmtpCarrier,
    Trouble,
)
from plantly.settings import SmtpServer
from tests.support.mails import addressee, letter, sheet
from tests.support.smtp import PASSWORD, USER, Certificate, mail_server, make_certificate

pytestmark = pytest.mark.anyio


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    return make_certificate(tmp_path_factory.mktemp("mail"))


def carrier(server: SmtpServer, trusted: ssl.SSLContext | None = None) -> SmtpCarrier:
    return SmtpCarrier(server, own_name="fern.example", trusted=trusted, answer_seconds=5)


async def failure(
    server: SmtpServer, trusted: ssl.SSLContext | None = None, **changes: Any
) -> MailFailed:
    with pytest.raises(MailFailed) as failed:
        await carrier(server, trusted).carry(letter(MailKind.ORDER_CONFIRMATION, sheet(**changes)))
    error = failed.value
    assert str(error) == SENTENCES[error.trouble]
    # Nothing of what the server, or the library, said is left to be logged.
    assert error.__cause__ is None
    assert error.__suppress_context__
    return error


async def test_a_mail_arrives_as_it_was_written() -> None:
    async with mail_server() as server:
        sent = letter(MailKind.ORDER_CONFIRMATION)
        await carrier(server.settings()).carry(sent)
        (got,) = server.mails
    assert server.recipients == [["alex@example.com"]]
    assert got["Subject"] == sent["Subject"]
    assert got["Message-ID"] == sent["Message-ID"]
    parts = [part.get_content().replace("\r\n", "\n") for part in got.iter_parts()]
    assert parts == [part.get_content().replace("\r\n", "\n") for part in sent.iter_parts()]


async def test_every_merchant_gets_the_same_mail() -> None:
    async with mail_server() as server:
        message = letter(MailKind.NEW_ORDER)
        del message["To"]
        message["To"] = "anna@fern.example, bob@fern.example"
        await carrier(server.settings()).carry(message)
    assert server.recipients == [["anna@fern.example", "bob@fern.example"]]


async def test_the_login_is_told_over_tls_only(certificate: Certificate) -> None:
    async with mail_server(certificate, login=True) as server:
        settings = server.settings("starttls", user=USER, password=PASSWORD)
        await carrier(settings, certificate.trusted).carry(letter(MailKind.ORDER_SHIPPED))
    assert server.secure == [True]


async def test_a_wrong_login_is_told_without_repeating_it(
    certificate: Certificate, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, "aiosmtplib")
    caplog.set_level(logging.DEBUG, "plantly")
    async with mail_server(certificate, login=True) as server:
        settings = server.settings("starttls", user=USER, password="wrong horse")
        error = await failure(settings, certificate.trusted)
    assert (error.trouble, error.is_final) == (Trouble.LOGIN_REFUSED, False)
    ours = [r.getMessage() for r in caplog.records if not r.name.startswith("mail.log")]
    assert not any("horse" in text for text in ours)


async def test_a_certificate_of_nobody_we_know_is_not_trusted(certificate: Certificate) -> None:
    async with mail_server(certificate) as server:
        error = await failure(server.settings("starttls"))
    assert (error.trouble, error.is_final) == (Trouble.NOT_SECURE, False)
    assert server.mails == []


async def test_a_server_without_tls_learns_nothing(certificate: Certificate) -> None:
    async with mail_server() as server:
        error = await failure(server.settings("starttls"), certificate.trusted)
        assert error.trouble is Trouble.NOT_SECURE
        other = await failure(server.settings("tls"), certificate.trusted)
        assert other.trouble in {Trouble.NOT_SECURE, Trouble.UNREACHABLE}
    assert server.mails == []


@pytest.mark.parametrize(
    ("answers", "trouble", "is_final"),
    [
        ({"refuse_recipient": "550 no such user"}, Trouble.RECIPIENT_REFUSED, True),
        ({"refuse_recipient": "450 greylisted"}, Trouble.BUSY, False),
        ({"refuse_sender": "553 not yours"}, Trouble.SENDER_REFUSED, False),
        ({"refuse": "554 spam"}, Trouble.MESSAGE_REFUSED, True),
        ({"refuse": "451 later"}, Trouble.BUSY, False),
    ],
)
async def test_what_the_server_refuses_is_told_by_its_kind(
    answers: dict[str, str], trouble: Trouble, is_final: bool
) -> None:
    async with mail_server() as server:
        for name, answer in answers.items():
            setattr(server, name, answer)
        error = await failure(server.settings())
    assert (error.trouble, error.is_final) == (trouble, is_final)
    assert "alex@example.com" not in str(error)


async def test_an_address_that_a_server_cannot_be_told_is_refused_for_good() -> None:
    async with mail_server() as server:
        # This server knows no SMTPUTF8.
        error = await failure(server.settings(), buyer=addressee(email="j\u00fcrgen@example.com"))
    assert (error.trouble, error.is_final) == (Trouble.RECIPIENT_REFUSED, True)
    assert server.mails == []


async def test_a_server_that_is_down_is_unreachable_and_used_again_once_it_is_up() -> None:
    async with mail_server() as server:
        port, settings = server.port, server.settings()
    error = await failure(settings)
    assert (error.trouble, error.is_final) == (Trouble.UNREACHABLE, False)
    async with mail_server(port=port) as back:
        await carrier(settings).carry(letter(MailKind.ORDER_CONFIRMATION))
    assert len(back.mails) == 1


async def test_a_server_that_says_nothing_is_not_waited_for() -> None:
    gone = asyncio.Event()

    async def says_nothing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()
        await writer.wait_closed()
        gone.set()

    async with await asyncio.start_server(says_nothing, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        silent = SmtpCarrier(
            SmtpServer("127.0.0.1", port, "none", None, None),
            own_name="fern.example",
            answer_seconds=0.1,
        )
        with pytest.raises(MailFailed) as failed:
            await silent.carry(letter(MailKind.ORDER_CONFIRMATION))
        await gone.wait()
    assert failed.value.trouble is Trouble.TOO_SLOW


async def test_a_server_that_turns_us_away_at_the_door_is_busy() -> None:
    error = mail._failure(aiosmtplib.SMTPConnectResponseError(421, "alex@example.com"))
    assert (error.trouble, error.is_final) == (Trouble.BUSY, False)
    helo = mail._failure(aiosmtplib.SMTPHeloError(550, "go away"))
    assert (helo.trouble, helo.is_final) == (Trouble.BUSY, False)


async def test_a_developer_reads_mails_on_the_screen() -> None:
    screen = io.StringIO()
    await ConsoleCarrier(screen).carry(letter(MailKind.ORDER_CONFIRMATION))
    shown = screen.getvalue()
    for said in ("To: alex@example.com", "Subject: Your order", "Monstera deliciosa", "$60.55"):
        assert said in shown
    assert "<table" not in shown


async def test_off_is_off() -> None:
    nobody = NoCarrier()
    await nobody.carry(letter(MailKind.ORDER_CONFIRMATION))
    assert not nobody.is_on
