"""The settings of mail: which carrier there is, and who writes to whom."""

import re
from dataclasses import dataclass, field
from ipaddress import ip_address
from typing import Final, Literal
from urllib.parse import SplitResult, unquote, urlsplit

from plantly.settings.reader import Reader

Mode = Literal["console", "smtp", "off"]
Security = Literal["starttls", "tls", "none"]

_MODES: Final = ("console", "smtp", "off")
_PORTS: Final = {"smtp": 587, "smtps": 465}
_MOST_MERCHANTS: Final = 5
_LONGEST: Final = 254
_ADDRESS = re.compile(
    r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*"
    r"@(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z0-9-]{2,63}",
    re.ASCII,
)
_SHAPE: Final = (
    "PLANTLY_SMTP_URL cannot be read: write it as smtp://user:password@host:587 (STARTTLS) or "
    "smtps://user:password@host:465 (TLS), with %40 for an @ in the password."
)


@dataclass(frozen=True, slots=True)
class SmtpServer:
    """A mail server, and how to come in."""

    host: str
    port: int
    security: Security
    """`none` only on this machine: elsewhere nothing is said in the clear."""
    user: str | None = field(repr=False)
    password: str | None = field(repr=False)


@dataclass(frozen=True, slots=True)
class MailSettings:
    """Whether mail is sent, by whom, and who hears of new orders."""

    mode: Mode = "console"
    smtp: SmtpServer | None = None
    """There is one whenever the mode is `smtp`."""
    sender: str | None = None
    """The address that mails come from; without one it is made of the public address."""
    sender_name: str | None = None
    """What stands before it; without one it is the shop's name."""
    merchants: tuple[str, ...] = ()

    @property
    def reaches_buyers(self) -> bool:
        """Say whether mails leave this machine."""
        return self.mode == "smtp"


def read_mail(read: Reader) -> MailSettings:
    """Read how mail is sent; the settings are judged together."""
    said = read.text("PLANTLY_MAIL", "")
    mode = _mode(read.choice("PLANTLY_MAIL", "console", _MODES))
    url = read.text("PLANTLY_SMTP_URL", "")
    smtp = _server(url) if url else None
    by, name, sender = _sender(read.text("PLANTLY_MAIL_FROM", ""))
    if url and smtp is None:
        read.problems.append(_SHAPE)
    if url and said != "smtp":
        read.problems.append("PLANTLY_SMTP_URL is set, but not used: set PLANTLY_MAIL=smtp, too.")
    if mode == "smtp" and not url:
        read.problems.append("PLANTLY_MAIL=smtp needs PLANTLY_SMTP_URL.")
    if mode == "smtp" and not by:
        read.problems.append("PLANTLY_MAIL=smtp needs PLANTLY_MAIL_FROM, the shop's own address.")
    if by and not _is_address(sender):
        read.problems.append(
            "PLANTLY_MAIL_FROM cannot be read: write it as shop@example.com or "
            "Green Corner <shop@example.com>."
        )
    return MailSettings(
        mode=mode,
        smtp=smtp,
        sender=sender or None,
        sender_name=name or None,
        merchants=_merchants(read),
    )


def _mode(text: str) -> Mode:
    if text == "smtp":
        return "smtp"
    return "off" if text == "off" else "console"


def _sender(said: str) -> tuple[str, str, str]:
    """Return what was said, and in it the name and the address."""
    named = re.fullmatch(r"([^<>@\x00-\x1f]+)<([^<>]+)>", said)
    name, address = named.groups() if named else ("", said)
    return said, " ".join(name.replace('"', "").split()), address.strip()


def _merchants(read: Reader) -> tuple[str, ...]:
    addresses = tuple(dict.fromkeys(read.items("PLANTLY_MAIL_MERCHANT")))
    if len(addresses) > _MOST_MERCHANTS or not all(map(_is_address, addresses)):
        read.problems.append(
            "PLANTLY_MAIL_MERCHANT cannot be read: it takes addresses such as orders@example.com, "
            f"separated by commas, {_MOST_MERCHANTS} at most."
        )
        return ()
    return addresses


def _server(url: str) -> SmtpServer | None:
    """Read the URL of a mail server, None when that cannot be done: it may hold a password."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return None
    host = parts.hostname or ""
    if (
        not _is_server(parts, host)
        or port == 0
        or (parts.username is None) != (parts.password is None)
    ):
        return None
    security: Security = "tls" if parts.scheme == "smtps" else "starttls"
    if parts.scheme == "smtp" and _is_here(host):
        security = "none"
    return SmtpServer(
        host=host,
        port=port or _PORTS[parts.scheme],
        security=security,
        user=None if parts.username is None else unquote(parts.username),
        password=None if parts.password is None else unquote(parts.password),
    )


def _is_server(parts: SplitResult, host: str) -> bool:
    only = parts.path in {"", "/"} and not parts.query and not parts.fragment
    return parts.scheme in _PORTS and only and bool(re.fullmatch(r"[A-Za-z0-9.:_-]+", host))


def _is_here(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def _is_address(text: str) -> bool:
    return len(text) <= _LONGEST and _ADDRESS.fullmatch(text) is not None
