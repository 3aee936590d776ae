"""A mail server on this machine, with or without TLS and a login, that can be told to misbehave."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from ipaddress import ip_address
from pathlib import Path
from typing import Any, Final

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from plantly.settings import SmtpServer
from tests.support.mails import parsed

USER: Final = "shop"
PASSWORD: Final = "correct horse"


@dataclass
class MailServer:
    """What came in, and what is answered."""

    mails: list[EmailMessage] = field(default_factory=list)
    recipients: list[list[str]] = field(default_factory=list)
    refuse: str = ""
    """What is answered to the whole mail, such as `451 later`."""
    refuse_recipient: str = ""
    refuse_sender: str = ""
    secure: list[bool] = field(default_factory=list)
    port: int = 0

    async def handle_MAIL(  # noqa: N802 - the names and arguments that aiosmtpd calls
        self, _: SMTP, __: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """Take or refuse a sender."""
        if self.refuse_sender:
            return self.refuse_sender
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 OK"

    async def handle_RCPT(  # noqa: N802 - as above
        self, _: SMTP, __: Session, envelope: Envelope, address: str, ___: list[str]
    ) -> str:
        """Take or refuse a recipient."""
        if self.refuse_recipient:
            return f"{self.refuse_recipient} {address}"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(  # noqa: N802 - as above
        self, _: SMTP, session: Session, envelope: Envelope
    ) -> str:
        """Keep a mail."""
        if self.refuse:
            return self.refuse
        assert isinstance(envelope.content, bytes)
        self.mails.append(parsed(envelope.content))
        self.recipients.append(list(envelope.rcpt_tos))
        self.secure.append(session.ssl is not None)
        return "250 OK"

    def settings(self, security: Any = "none", **login: str | None) -> SmtpServer:
        """Give the settings of a shop that uses this server."""
        return SmtpServer(
            "127.0.0.1", self.port, security, login.get("user"), login.get("password")
        )


def _login(_: SMTP, __: Session, ___: Envelope, ____: str, said: Any) -> AuthResult:
    assert isinstance(said, LoginPassword)
    right = said.login == USER.encode() and said.password == PASSWORD.encode()
    return AuthResult(success=right, handled=False)


@asynccontextmanager
async def mail_server(
    certificate: "Certificate | None" = None, *, port: int = 0, login: bool = False
) -> AsyncIterator[MailServer]:
    """Run a mail server; with a certificate it wants STARTTLS before anything else."""
    server = MailServer()
    sessions: list[SMTP] = []

    def protocol() -> SMTP:
        session = SMTP(
            server,
            hostname="mail.fern.example",
            tls_context=certificate.context if certificate else None,
            require_starttls=certificate is not None,
            authenticator=_login if login else None,
            auth_required=login,
            auth_require_tls=certificate is not None,
        )
        sessions.append(session)
        return session

    running = await asyncio.get_running_loop().create_server(protocol, "127.0.0.1", port)
    server.port = running.sockets[0].getsockname()[1]
    try:
        yield server
    finally:
        running.close()
        for session in sessions:
            if session.transport is not None:
                session.transport.close()
        tasks = [s._handler_coroutine for s in sessions if s._handler_coroutine is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await running.wait_closed()


@dataclass(frozen=True)
class Certificate:
    """A certificate that nobody but the test trusts."""

    context: ssl.SSLContext
    trusted: ssl.SSLContext


def make_certificate(folder: Path) -> Certificate:
    """Make a certificate for this machine."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "mail of a test")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False
        )
        .sign(key, hashes.SHA256())
    )
    chain, secret = folder / "mail.pem", folder / "mail.key"
    chain.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    secret.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(chain, secret)
    return Certificate(context, ssl.create_default_context(cafile=chain))
