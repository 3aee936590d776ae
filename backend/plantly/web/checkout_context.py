"""What the templates of the checkout page are filled with."""

import re
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from plantly.domain.checkout import GIFT_NOTE_LENGTH, Buyer, is_open, looks_like_card_number
from plantly.domain.messages import Message
from plantly.domain.records import fields_of
from plantly.services.addresses import address_lines, region_code
from plantly.services.checkout_page import Page
from plantly.services.checkout_view import CheckoutView
from plantly.services.terms import terms_of
from plantly.web.checkout_states import State
from plantly.web.explanation import explained
from plantly.web.forms import CONTACT_FIELDS, NAME_FIELD, labels, place_fields
from plantly.web.tongue import Tongue

_LONGEST_AMOUNT = 15
_LINE = re.compile(r"items\[(\d+)\]", re.ASCII)


@dataclass(frozen=True, slots=True)
class Typed:
    """What stands in the form, and what is wrong with it by field."""

    values: Mapping[str, str]
    problems: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class TypedCode:
    """A discount code that was entered, and why it takes nothing off."""

    value: str = ""
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Refused:
    """What was pressed in vain on the payment step, and why."""

    notice: Message | None = None
    code: TypedCode = TypedCode()
    terms: str = ""
    """Why the terms have to be looked at."""
    accepted: str | None = None
    """The version of the terms whose box was ticked."""


_NOTHING = Refused()


def details_context(
    tongue: Tongue, page: Page, typed: Typed | None = None, *, notice: Message | None = None
) -> dict[str, Any]:
    """Return the values of the step that asks who buys and where the goods go."""
    form = typed or Typed(fields_of(page.buyer) if page.buyer else _blank(page))
    values = {name: _unless_card(value) for name, value in form.values.items()}
    country = values["country"]
    return {
        **_shown(tongue, page),
        "notices": _notices(tongue, page, notice),
        "typed": {**values, "region": region_code(country, values["region"])},
        "problems": form.problems,
        "labels": labels(country),
        "contact_fields": CONTACT_FIELDS,
        "name_field": NAME_FIELD,
        "place_fields": place_fields(country),
        "countries": tongue.countries(page.shop.countries()),
        "gift_note_length": GIFT_NOTE_LENGTH,
    }


def payment_context(
    tongue: Tongue, page: Page, buyer: Buyer, refused: Refused = _NOTHING
) -> dict[str, Any]:
    """Return the values of the step that asks for the delivery, and to pay.

    Each has a key of its own: pressing Pay twice on one page is pressing it once.
    """
    checkout = page.checkout
    return {
        **_shown(tongue, page),
        "notices": _notices(tongue, page, refused.notice),
        "buyer": buyer,
        "address": address_lines(buyer),
        "country": tongue.country(buyer.country),
        "choices": _choices(tongue, checkout),
        "code": replace(refused.code, value=_unless_card(refused.code.value)),
        "currencies": _currencies(tongue, page),
        "key": secrets.token_urlsafe(18),
        "terms": terms_of(page.shop),
        "terms_problem": refused.terms,
        "accepted": refused.accepted,
        "can_pay": bool(checkout.option_id) and not checkout.blocked,
    }


def state_context(
    tongue: Tongue, page: Page, state: State, notice: Message | None = None
) -> dict[str, Any]:
    """Return the values of a page with nothing to fill in."""
    # What became of the money is said on a closed page too.
    paid = [m for m in page.checkout.messages if page.is_mine and m.code.startswith("payment_")]
    return {**_shown(tongue, page), "notices": _told(tongue, notice, paid), "state": state}


def embed_context(
    tongue: Tongue, page: Page, script_url: str, options: Mapping[str, Any]
) -> dict[str, Any]:
    """Return the values of the page with the provider's form, which `options` set up."""
    return {
        **_shown(tongue, page),
        "notices": _notices(tongue, page, None),
        "script_url": script_url,
        "options": dict(options),
    }


def quote_change(tongue: Tongue, page: Page, shown: str) -> str:
    """Say how the total differs from the one that the buyer has seen."""
    now = tongue.money(page.checkout.total_minor, page.checkout.currency)
    plain = shown.isascii() and shown.isdigit() and len(shown) <= _LONGEST_AMOUNT
    if not plain or int(shown) == page.checkout.total_minor:
        return tongue.t("page.checkout.changed", now=now)
    before = tongue.money(int(shown), page.checkout.currency)
    return tongue.t("page.checkout.changed_from", before=before, now=now)


def _shown(tongue: Tongue, page: Page) -> dict[str, Any]:
    """Return what the summary of every step shows."""
    return {
        "checkout": page.checkout,
        "line_notes": _line_notes(tongue, page.checkout),
        "explained": explained(tongue, page.checkout),
        "may_change": is_open(page.checkout.status) and not page.is_over,
    }


def _choices(tongue: Tongue, checkout: CheckoutView) -> list[dict[str, str]]:
    return [
        {
            "id": offer.option.id,
            "title": offer.option.title,
            "description": offer.option.description,
            "price": (
                tongue.money(offer.amount_minor, checkout.currency)
                if offer.amount_minor
                else tongue.t("common.free")
            ),
        }
        for offer in checkout.offers
    ]


def _currencies(tongue: Tongue, page: Page) -> tuple[tuple[str, str], ...]:
    """Return code and name of the currencies to choose from, none when there is no choice."""
    codes = page.currencies
    if not codes or codes == (page.checkout.currency,):
        return ()
    shown = codes if page.checkout.currency in codes else (page.checkout.currency, *codes)
    return tuple((code, tongue.currency_name(code)) for code in shown)


def _line_of(message: Message) -> int | None:
    """Return the position of the line that a hint is about."""
    found = _LINE.fullmatch(message.param or "")
    return int(found[1]) if found is not None and message.type == "info" else None


def _line_notes(tongue: Tongue, checkout: CheckoutView) -> dict[int, list[str]]:
    """Return what is said about single lines, by their position, without their names."""
    notes: dict[int, list[str]] = {}
    for message in checkout.messages:
        line = _line_of(message)
        if line is not None:
            item = checkout.items[line]
            named = f"{item.name} ({item.variant})" if item.variant else item.name
            # As a value in a sentence of the other direction, the name has marks around it.
            marked = tongue.message(message).removeprefix(f"\u2068{named}\u2069: ")
            text = marked.removeprefix(f"{named}: ")
            notes.setdefault(line, []).append(f"{text[:1].upper()}{text[1:]}")
    return notes


def _notices(tongue: Tongue, page: Page, notice: Message | None) -> list[Message]:
    """Return what is said above everything: not what stands at a line."""
    return _told(tongue, notice, [m for m in page.checkout.messages if _line_of(m) is None])


def _told(tongue: Tongue, first: Message | None, rest: Sequence[Message]) -> list[Message]:
    """Say messages in the reader's language, after one that is in it, and none twice."""
    told = [replace(message, content=tongue.message(message)) for message in rest]
    if first is None:
        return told
    return [first, *(message for message in told if message.content != first.content)]


def _unless_card(typed: str) -> str:
    """Return what was typed, but never a card number: it is not sent back to anybody."""
    return "" if looks_like_card_number(typed) else typed


def _blank(page: Page) -> dict[str, str]:
    """Return an empty form, in the country of the shop's first zone."""
    home = page.shop.zones[0].countries[0] if page.shop.zones else ""
    return {**dict.fromkeys(Buyer.__dataclass_fields__, ""), "country": home}
