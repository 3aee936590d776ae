"""What each mail says: subject, title and sentences. The templates add what the order holds."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from plantly.domain.money_text import format_money
from plantly.domain.order_mail import MailKind
from plantly.domain.order_return import ReturnReason
from plantly.services.order_sheet import OrderSheet


@dataclass(frozen=True, slots=True)
class Told:
    """One line of what a mail is about."""

    name: str
    quantity: int


@dataclass(frozen=True, slots=True)
class Track:
    """Where to follow a parcel; each part may be empty."""

    carrier: str
    number: str
    url: str


@dataclass(frozen=True, slots=True)
class Words:
    """What a mail says of its own."""

    subject: str
    preview: str
    """What a list of mails shows beside the subject."""
    title: str
    paragraphs: tuple[str, ...]
    told: tuple[Told, ...] = ()
    """What it is about, when that is not the whole order."""
    told_title: str = ""
    track: Track | None = None
    shows_order: bool = False
    """It shows every line, the totals and the delivery."""
    command: str = ""
    """What the merchant types next."""


def words_for(kind: MailKind, sheet: OrderSheet, data: Mapping[str, Any]) -> Words:
    """Return what a mail says; `data` are those of the event that it tells of."""
    return _WORDS[kind](sheet, data)


def _confirmation(sheet: OrderSheet, _: Mapping[str, Any]) -> Words:
    how = "when it is ready to be picked up" if sheet.is_pickup else "when it is on its way"
    paid = "Your payment has arrived, and your" if sheet.total_minor else "Your"
    return Words(
        subject=f"Your order {sheet.order_number} at {sheet.shop.name}",
        preview=f"Thank you! It is confirmed: {_total(sheet)}.",
        title="Thank you for your order",
        paragraphs=(f"{paid} order is confirmed. We write again {how}.",),
        shows_order=True,
    )


def _shipped(sheet: OrderSheet, data: Mapping[str, Any]) -> Words:
    partly = data["fulfillment_status"] == "partially_fulfilled"
    if sheet.is_pickup:
        subject, title = "is ready to be picked up", "Ready to be picked up"
        sentence = "The items below are waiting for you."
    else:
        subject, title = "is on its way", "Your order is on its way"
        sentence = "The items below have left us."
    if partly:
        subject, title = f"{subject}, in part", title.replace("Your order", "A part of your order")
        sentence = f"{sentence} The rest follows, and we write again."
    return Words(
        subject=f"Your order {sheet.order_number} {subject}",
        preview=sentence,
        title=title,
        paragraphs=(sentence,),
        told=_told(sheet, data),
        told_title="Ready now" if sheet.is_pickup else "In this parcel",
        track=Track(data["carrier"], data["tracking_number"], data["tracking_url"]),
    )


def _refunded(sheet: OrderSheet, data: Mapping[str, Any]) -> Words:
    amount = format_money(data["amount_minor"], sheet.currency)
    return Words(
        subject=f"Your refund of {amount} for order {sheet.order_number}",
        preview=f"{amount} is on its way back to you.",
        title=f"{amount} goes back to you",
        paragraphs=(
            "It goes the way that you paid. It can take some days until your bank shows it.",
        ),
        told=_told(sheet, data),
        told_title="For",
    )


def _canceled(sheet: OrderSheet, _: Mapping[str, Any]) -> Words:
    nothing = "Nothing of it will be sent."
    money = "What you paid goes back to you the way that it came. We write when it is done."
    return Words(
        subject=f"Your order {sheet.order_number} is canceled",
        preview=nothing,
        title="Your order is canceled",
        paragraphs=(nothing, money) if sheet.total_minor else (nothing,),
    )


def _return_requested(sheet: OrderSheet, data: Mapping[str, Any]) -> Words:
    return Words(
        subject=f"Your return for order {sheet.order_number}: we have got it",
        preview="We look at it and write again.",
        title="We have got your return request",
        paragraphs=(
            "We look at it and write again. Please keep the items until then.",
            f"Your reason: {_reason(data)}.",
        ),
        told=_told(sheet, data),
        told_title="To be returned",
    )


def _return_approved(sheet: OrderSheet, data: Mapping[str, Any]) -> Words:
    return Words(
        subject=f"Your return for order {sheet.order_number} is accepted",
        preview="Please send it back to us.",
        title="Please send it back",
        paragraphs=(
            "We take back the items below. Please pack them well.",
            "Put the order number into the parcel, so that we know whose they are.",
            "If you do not know where to send it, just answer this mail.",
        ),
        told=_told(sheet, data),
        told_title="To be returned",
    )


def _return_declined(sheet: OrderSheet, data: Mapping[str, Any]) -> Words:
    return Words(
        subject=f"Your return for order {sheet.order_number}",
        preview="We cannot take it back.",
        title="We cannot take this back",
        paragraphs=(
            "We have looked at your request, and cannot take back the items below.",
            "If you see that otherwise, please answer this mail.",
        ),
        told=_told(sheet, data),
        told_title="Your request",
    )


def _return_received(sheet: OrderSheet, data: Mapping[str, Any]) -> Words:
    refund = "Your refund is on its way: we write when it is done."
    return Words(
        subject=f"Your return for order {sheet.order_number} has arrived",
        preview="Thank you for sending it back.",
        title="Your return has arrived",
        paragraphs=(
            "Thank you for sending it back.",
            *((refund,) if data["refund"] else ()),
        ),
        told=_told(sheet, data),
        told_title="Returned",
    )


def _new_order(sheet: OrderSheet, _: Mapping[str, Any]) -> Words:
    units = sum(item.quantity for item in sheet.items)
    noun = "item" if units == 1 else "items"
    return Words(
        subject=f"New order {sheet.order_number}: {_total(sheet)}",
        preview=f"{units} {noun}, {sheet.delivery or 'without delivery'}.",
        title=f"New order: {_total(sheet)}",
        paragraphs=(
            "It is paid. Who bought it stands in the shop only, so that it can be erased there.",
        ),
        shows_order=True,
        command=f"plantly orders show {sheet.order_number}",
    )


def _new_return(sheet: OrderSheet, data: Mapping[str, Any]) -> Words:
    return Words(
        subject=f"Return request for order {sheet.order_number}",
        preview=f"{_reason(data)}.",
        title="Somebody wants to return something",
        paragraphs=(f"Their reason: {_reason(data)}.", "They were told that you will answer."),
        told=_told(sheet, data),
        told_title="To be returned",
        command=f"plantly orders show {sheet.order_number}",
    )


_WORDS: Mapping[MailKind, Callable[[OrderSheet, Mapping[str, Any]], Words]] = {
    MailKind.ORDER_CONFIRMATION: _confirmation,
    MailKind.ORDER_SHIPPED: _shipped,
    MailKind.ORDER_REFUNDED: _refunded,
    MailKind.ORDER_CANCELED: _canceled,
    MailKind.RETURN_REQUESTED: _return_requested,
    MailKind.RETURN_APPROVED: _return_approved,
    MailKind.RETURN_DECLINED: _return_declined,
    MailKind.RETURN_RECEIVED: _return_received,
    MailKind.NEW_ORDER: _new_order,
    MailKind.NEW_RETURN: _new_return,
}


def _total(sheet: OrderSheet) -> str:
    return format_money(sheet.total_minor, sheet.currency)


def _told(sheet: OrderSheet, data: Mapping[str, Any]) -> tuple[Told, ...]:
    return tuple(Told(sheet.named(line["sku"]), line["quantity"]) for line in data["lines"])


def _reason(data: Mapping[str, Any]) -> str:
    return ReturnReason(data["reason"]).display_text
