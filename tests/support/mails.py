"""Mails for tests: orders to write about, and a mail server that keeps what it gets."""

from dataclasses import dataclass, field
from datetime import timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from html import unescape
from re import DOTALL, sub
from typing import Any, Final

from plantly.domain.order_mail import MailKind
from plantly.services.mails.letters import Occasion, Sender, write_letter
from plantly.services.order_lines import OrderLine
from plantly.services.order_sheet import Addressee, OrderSheet
from tests.support.builders import shop_config
from tests.support.clock import START

NUMBER: Final = "PL-4X7K-9Q2M-TB3V-H6WD"
PAGE: Final = f"/order/{NUMBER}_c2VjcmV0LXByb29mLWhlcmU"
SENDER: Final = Sender("shop@fern.example", None, "https://fern.example")
LINE: Final = {"sku": "MON-17", "quantity": 2}
STATES: Final = {"order_status": "shipped", "fulfillment_status": "fulfilled"}
EVENT: Final[dict[str, Any]] = {
    "carrier": "Parcel Post",
    "tracking_number": "PP 123 456 789",
    "tracking_url": "https://carrier.example/track/123456789",
    "lines": [LINE],
    "amount_minor": 1250,
    "reason": "damaged",
    "refund": "refund-1",
    **STATES,
}
"""What an event of any kind says: each mail reads what it needs of it."""


def item(**changes: Any) -> OrderLine:
    """Make a line of two monsteras for 24.00 each."""
    values: dict[str, Any] = {
        "product_slug": "monstera-deliciosa",
        "variant_handle": "monstera-17cm",
        "sku": "MON-17",
        "name": "Monstera deliciosa",
        "variant": "17 cm pot",
        "quantity": 2,
        "unit_amount_minor": 2400,
    }
    return OrderLine(**{**values, **changes})


def addressee(**changes: Any) -> Addressee:
    """Make a buyer with an address."""
    values: dict[str, Any] = {
        "email": "alex@example.com",
        "address": ("Alex Green", "1 Garden Street", "San Francisco, CA 94107", "United States"),
        "phone": "",
        "gift_note": "",
    }
    return Addressee(**{**values, **changes})


def row(kind: str, amount_minor: int, text: str) -> dict[str, Any]:
    """Make a row of the totals."""
    return {"type": kind, "amount_minor": amount_minor, "display_text": text}


def sheet(**changes: Any) -> OrderSheet:
    """Make an order of two monsteras and an aloe, ten percent off, delivered for 5.95."""
    values: dict[str, Any] = {
        "shop": shop_config(),
        "order_number": NUMBER,
        "currency": "USD",
        "total_minor": 6055,
        "items": (
            item(),
            item(sku="ALO-12", name="Aloe vera", variant="", quantity=1, unit_amount_minor=1267),
        ),
        "totals": (
            row("items_base_amount", 6067, "Items"),
            row("discount", -607, "WELCOME10"),
            row("subtotal", 5460, "Subtotal"),
            row("fulfillment", 595, "Standard shipping"),
            row("total", 6055, "Total"),
        ),
        "breakdown": None,
        "delivery": "Standard shipping",
        "is_pickup": False,
        "terms_version": "0123456789ab",
        "placed_at": START - timedelta(hours=1),
        "buyer": addressee(),
    }
    return OrderSheet(**{**values, **changes})


def letter(kind: MailKind, order: OrderSheet | None = None, **data: Any) -> EmailMessage:
    """Write a mail about an order, by default the usual one."""
    about = order or sheet()
    buyer = (about.buyer.email,) if about.buyer else ("nobody@example.com",)
    occasion = Occasion(
        kind=kind,
        sheet=about,
        data={**EVENT, **data},
        recipients=("orders@fern.example",) if kind.is_for_merchant else buyer,
        page_path=PAGE,
        name=f"{about.order_number} mail:1",
        at=START,
    )
    return write_letter(occasion, SENDER)


def parsed(raw: bytes) -> EmailMessage:
    """Read a mail as a mail program does."""
    return message_from_bytes(raw, policy=policy.default)


def text_of(message: EmailMessage) -> str:
    """Give the plain text of a mail."""
    body = message.get_body(("plain",))
    assert body is not None
    text: str = body.get_content()
    return text.replace("\r\n", "\n")


def html_of(message: EmailMessage) -> str:
    """Give the HTML of a mail."""
    body = message.get_body(("html",))
    assert body is not None
    html: str = body.get_content()
    return html


def read_html(message: EmailMessage) -> str:
    """Give what can be read of the HTML of a mail."""
    plain = sub(r"<style.*?</style>|<!--.*?-->|<[^>]*>", " ", html_of(message), flags=DOTALL)
    return " ".join(unescape(plain).split())


@dataclass
class Mailbox:
    """A carrier that keeps what it carries."""

    is_on: bool = True
    is_quick: bool = True
    mails: list[EmailMessage] = field(default_factory=list)
    failures: list[Exception] = field(default_factory=list)
    """Raised one after the other, before anything is taken."""

    async def carry(self, message: EmailMessage) -> None:
        """Keep a mail, as it comes out of the wire."""
        if self.failures:
            raise self.failures.pop(0)
        self.mails.append(parsed(message.as_bytes()))

    @property
    def subjects(self) -> list[str]:
        """Give the subjects of what came."""
        return [str(mail["Subject"]) for mail in self.mails]
