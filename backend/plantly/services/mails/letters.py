"""Put a mail into words, paper and an envelope."""

import hashlib
import re
from dataclasses import dataclass
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP, SMTPUTF8
from email.utils import format_datetime, localtime, make_msgid
from pathlib import Path
from typing import Any, Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from plantly.domain.colors import accent_on
from plantly.domain.money_text import format_money
from plantly.domain.order_mail import MailKind
from plantly.domain.text import clean_line
from plantly.services.mails.words import Words, words_for
from plantly.services.order_sheet import OrderSheet

_LIGHT: Final = "#ffffff"
_DARK: Final = "#1b1e1c"
_PLAIN: Final = re.compile(r"[^@\s<>,;:\"()\[\]\\\x00-\x1f]+@[^@\s<>,;:\"()\[\]\\\x00-\x1f]+")


class UnusableAddress(Exception):
    """A mail program would read somebody else in this address, or nobody."""


@dataclass(frozen=True, slots=True)
class Sender:
    """Who writes, and where the shop is."""

    address: str
    name: str | None
    """Without one it is the shop's."""
    public_url: str

    @property
    def domain(self) -> str:
        """Return the part behind the @."""
        return self.address.rpartition("@")[2]


@dataclass(frozen=True, slots=True)
class Occasion:
    """What a mail is about, read in one transaction."""

    kind: MailKind
    sheet: OrderSheet
    data: dict[str, Any]
    """Those of the event that it tells of."""
    recipients: tuple[str, ...]
    page_path: str
    """Of the order's page."""
    name: str
    """The same for every try to send the same mail, another one for each mail."""
    at: datetime


def write_letter(occasion: Occasion, sender: Sender) -> EmailMessage:
    """Return the mail, ready to be carried.

    Raises:
        UnusableAddress: It would go to somebody else than it should.
    """
    words = words_for(occasion.kind, occasion.sheet, occasion.data)
    values = _values(occasion, sender, words)
    message = _envelope(occasion, sender, words)
    message.set_content(_TEXT.get_template("mail.txt.j2").render(values), cte="quoted-printable")
    html = _HTML.get_template("mail.html.j2").render(values)
    message.add_alternative(html, subtype="html", cte="quoted-printable")
    return message


def write_test(shop_name: str, recipient: str, sender: Sender) -> EmailMessage:
    """Return a mail with which a merchant tries the way out.

    Raises:
        UnusableAddress: It would go to somebody else than it should.
    """
    message = EmailMessage(policy=SMTP if recipient.isascii() else SMTPUTF8)
    name = clean_line(sender.name or shop_name)
    message["From"] = Address(name, addr_spec=sender.address)
    message["To"] = _address(recipient)
    message["Subject"] = f"A test mail of {clean_line(shop_name)}"
    message["Date"] = localtime()
    message["Message-ID"] = make_msgid(domain=sender.domain)
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(f"This mail came from {sender.public_url}. Mails to buyers will, too.\n")
    return message


def _envelope(occasion: Occasion, sender: Sender, words: Words) -> EmailMessage:
    ascii_only = all(address.isascii() for address in occasion.recipients)
    message = EmailMessage(policy=SMTP if ascii_only else SMTPUTF8)
    sheet = occasion.sheet
    # Of what people type, only an address comes into the headers: no name of theirs.
    message["From"] = Address(clean_line(sender.name or sheet.shop.name), addr_spec=sender.address)
    message["To"] = [_address(recipient) for recipient in occasion.recipients]
    answers = sheet.shop.support_email
    # What the merchant wrote there may be no address: the mail goes out all the same.
    if not occasion.kind.is_for_merchant and answers.isascii() and _PLAIN.fullmatch(answers):
        message["Reply-To"] = _address(answers)
    message["Subject"] = clean_line(words.subject)
    message["Date"] = format_datetime(occasion.at)
    message["Message-ID"] = f"<{_digest(occasion.name)}@{sender.domain}>"
    # Mail programs show all mails of an order as one conversation.
    message["References"] = f"<{_digest(sheet.order_number)}@{sender.domain}>"
    message["Auto-Submitted"] = "auto-generated"
    message["X-Auto-Response-Suppress"] = "All"
    message["Content-Language"] = "en"
    return message


def _values(occasion: Occasion, sender: Sender, words: Words) -> dict[str, Any]:
    sheet = occasion.sheet
    kinds = {row["type"] for row in sheet.totals}
    reduced = kinds & {"discount", "items_discount"}
    for_merchant = occasion.kind.is_for_merchant
    return {
        "words": words,
        "sheet": sheet,
        "shop": sheet.shop,
        "rows": [r for r in sheet.totals if r["type"] != "items_base_amount" or reduced],
        "url": None if for_merchant else f"{sender.public_url}{occasion.page_path}",
        "public_url": sender.public_url,
        "for_merchant": for_merchant,
        "buyer": None if for_merchant else sheet.buyer,
        "light": accent_on(sheet.shop.accent, _LIGHT),
        "dark": accent_on(sheet.shop.accent_dark, _DARK),
    }


def _address(text: str) -> Address:
    """Return an address that nobody can read otherwise; those who carry mail guess at the rest."""
    if not _PLAIN.fullmatch(text):
        raise UnusableAddress
    user, _, domain = text.partition("@")
    return Address("", user, domain)


def _digest(name: str) -> str:
    return hashlib.sha256(f"mail {name}".encode()).hexdigest()[:40]


def _only_a_line(value: object) -> object:
    """Keep what others typed to one line, without anything invisible."""
    if isinstance(value, str) and not isinstance(value, Markup):
        return clean_line(value)
    return value


def _environment(*, escapes: bool) -> Environment:
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=escapes,  # noqa: S701 - plain text has nothing to escape, HTML always does
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_only_a_line,
    )
    environment.filters["money"] = format_money
    return environment


_TEXT: Final = _environment(escapes=False)
_HTML: Final = _environment(escapes=True)
