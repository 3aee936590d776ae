"""Send mail: over SMTP, onto the screen of a developer, or not at all."""

import logging
import ssl
import sys
from collections.abc import Mapping
from email.message import EmailMessage
from enum import StrEnum
from typing import Final, Protocol, TextIO

import aiosmtplib
import anyio

from plantly.settings.mail import SmtpServer

log = logging.getLogger("plantly.mail")

_ANSWER_SECONDS: Final = 10.0
_WHOLE_SECONDS: Final = 20.0
_PERMANENT: Final = range(550, 560)


class Trouble(StrEnum):
    """Why a mail was not taken. The server's own words are not kept: they repeat addresses."""

    UNREACHABLE = "unreachable"
    TOO_SLOW = "too_slow"
    NOT_SECURE = "not_secure"
    LOGIN_REFUSED = "login_refused"
    SENDER_REFUSED = "sender_refused"
    RECIPIENT_REFUSED = "recipient_refused"
    MESSAGE_REFUSED = "message_refused"
    BUSY = "busy"


SENTENCES: Final[Mapping[Trouble, str]] = {
    Trouble.UNREACHABLE: "The mail server cannot be reached: check host and port.",
    Trouble.TOO_SLOW: "The mail server did not answer in time.",
    Trouble.NOT_SECURE: (
        "No secure connection to the mail server came about: it has to offer TLS with a "
        "certificate for its name. Use smtps:// where it speaks TLS from the start."
    ),
    Trouble.LOGIN_REFUSED: "The mail server refused user and password.",
    Trouble.SENDER_REFUSED: "The mail server does not send for PLANTLY_MAIL_FROM.",
    Trouble.RECIPIENT_REFUSED: "The mail server refused the recipient.",
    Trouble.MESSAGE_REFUSED: "The mail server refused the message.",
    Trouble.BUSY: "The mail server asked to try again later.",
}
"""What each trouble means, in a sentence for the merchant."""


class MailFailed(Exception):
    """A mail was not taken; `is_final` when trying again would change nothing."""

    def __init__(self, trouble: Trouble, *, is_final: bool = False) -> None:
        super().__init__(SENTENCES[trouble])
        self.trouble = trouble
        self.is_final = is_final


class Carrier(Protocol):
    """Takes a mail to where it goes."""

    @property
    def is_on(self) -> bool:
        """Say whether mails go anywhere at all."""

    @property
    def is_quick(self) -> bool:
        """Say whether it needs no other machine, so that there is nothing to wait for."""

    async def carry(self, message: EmailMessage) -> None:
        """Hand over a mail that has one sender.

        Raises:
            MailFailed: It was not taken.
        """


class NoCarrier:
    """Sends nothing, for shops that do not want to."""

    is_on = False
    is_quick = True

    async def carry(self, message: EmailMessage) -> None:
        """Do nothing."""


class ConsoleCarrier:
    """Writes what would be sent onto the screen of whoever develops the shop.

    It is no log: in production there is no such carrier.
    """

    is_on = True
    is_quick = True

    def __init__(self, screen: TextIO | None = None) -> None:
        self._screen = screen

    async def carry(self, message: EmailMessage) -> None:
        """Write the mail's text, with the headers that a reader sees."""
        body = message.get_body(("plain",))
        text = body.get_content() if body is not None else ""
        shown = [f"{name}: {message[name]}" for name in ("From", "To", "Subject")]
        rule = "-" * 72
        print(rule, *shown, "", text.strip(), rule, sep="\n", file=self._screen or sys.stderr)


class SmtpCarrier:
    """Sends over SMTP, each mail on a connection of its own.

    Away from this machine nothing is said before TLS stands and the certificate is checked.
    """

    is_on = True
    is_quick = False

    def __init__(
        self,
        server: SmtpServer,
        *,
        own_name: str,
        trusted: ssl.SSLContext | None = None,
        answer_seconds: float = _ANSWER_SECONDS,
    ) -> None:
        self._server = server
        self._own_name = own_name
        self._trusted = trusted
        self._answer_seconds = answer_seconds

    async def carry(self, message: EmailMessage) -> None:
        """Hand over a mail to the server."""
        try:
            # The library's limit is for one answer; a server that drips must end as well.
            with anyio.fail_after(min(_WHOLE_SECONDS, 2 * self._answer_seconds)):
                await self._send(message)
        except (aiosmtplib.SMTPException, OSError, ValueError) as error:
            # Its text names address or user: it is left behind, with the chain that would show it.
            raise _failure(error) from None

    async def _send(self, message: EmailMessage) -> None:
        server = self._server
        client = aiosmtplib.SMTP(
            hostname=server.host,
            port=server.port,
            username=server.user,
            password=server.password,
            local_hostname=self._own_name,
            timeout=self._answer_seconds,
            use_tls=server.security == "tls",
            start_tls=server.security == "starttls",
            tls_context=self._trusted,
        )
        async with client:
            await client.send_message(
                message,
                sender=message["From"].addresses[0].addr_spec,
                recipients=[to.addr_spec for to in message["To"].addresses],
            )


def _failure(error: Exception) -> MailFailed:
    """Tell what went wrong by the kind of the error, never by its text."""
    # First, because a certificate that is not trusted is a ValueError as well.
    if _is_about_tls(error):
        return MailFailed(Trouble.NOT_SECURE)
    if isinstance(error, aiosmtplib.SMTPRecipientsRefused):
        return _refused(Trouble.RECIPIENT_REFUSED, error.recipients[0].code)
    if isinstance(error, aiosmtplib.SMTPNotSupported | ValueError):
        # An address that this server, or no server at all, can be told.
        return MailFailed(Trouble.RECIPIENT_REFUSED, is_final=True)
    if type(error) is aiosmtplib.SMTPResponseException or isinstance(
        error, aiosmtplib.SMTPDataError
    ):
        return _refused(Trouble.MESSAGE_REFUSED, error.code)
    for kind, trouble in _BY_KIND:
        if isinstance(error, kind):
            return MailFailed(trouble)
    return MailFailed(Trouble.UNREACHABLE)


def _refused(trouble: Trouble, code: int) -> MailFailed:
    if code in _PERMANENT:
        return MailFailed(trouble, is_final=True)
    return MailFailed(Trouble.BUSY)


def _is_about_tls(error: Exception) -> bool:
    causes = (error, error.__cause__, error.__context__)
    plain = type(error) is aiosmtplib.SMTPException and "TLS" in str(error)
    return plain or any(isinstance(cause, ssl.SSLError) for cause in causes)


_BY_KIND: Final[tuple[tuple[type[Exception], Trouble], ...]] = (
    (aiosmtplib.SMTPSenderRefused, Trouble.SENDER_REFUSED),
    (aiosmtplib.SMTPAuthenticationError, Trouble.LOGIN_REFUSED),
    (aiosmtplib.SMTPResponseException, Trouble.BUSY),
    (TimeoutError, Trouble.TOO_SLOW),
)
