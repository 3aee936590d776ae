"""What the templates of the checkout page are filled with."""

import secrets
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from plantly.domain.checkout import GIFT_NOTE_LENGTH, Buyer
from plantly.domain.messages import Message
from plantly.services.addresses import address_lines, region_code
from plantly.services.checkout_page import Page
from plantly.services.money_text import format_money
from plantly.services.terms import terms_of
from plantly.web.checkout_states import State
from plantly.web.forms import CONTACT_FIELDS, NAME_FIELD, country_names, labels, place_fields

_LONGEST_AMOUNT = 15


@dataclass(frozen=True, slots=True)
class Typed:
    """What stands in the form, and what is wrong with it by field."""

    values: Mapping[str, str]
    problems: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class TypedCode:
    """A discount code that was entered, and why it takes nothing off."""

    value: str
    problem: str


def details_context(
    page: Page, typed: Typed | None = None, *, notice: Message | None = None
) -> dict[str, Any]:
    """Return the values of the step that asks who buys and where the goods go."""
    form = typed or Typed(asdict(page.buyer) if page.buyer else _blank(page))
    country = form.values["country"]
    return {
        "checkout": page.checkout,
        "notices": _notices(page, notice),
        "typed": {**form.values, "region": region_code(country, form.values["region"])},
        "problems": form.problems,
        "labels": labels(country),
        "contact_fields": CONTACT_FIELDS,
        "name_field": NAME_FIELD,
        "place_fields": place_fields(country),
        "countries": country_names(page.shop.countries()),
        "gift_note_length": GIFT_NOTE_LENGTH,
    }


def payment_context(
    page: Page, buyer: Buyer, notice: Message | None = None, code: TypedCode | None = None
) -> dict[str, Any]:
    """Return the values of the step that asks for the delivery, and to pay.

    Each has a key of its own: pressing Pay twice on one page is pressing it once.
    """
    checkout = page.checkout
    subtotal = sum(entry.amount_minor for entry in checkout.totals if entry.type == "subtotal")
    names = dict(country_names(page.shop.countries()))
    choices = []
    for option in checkout.options:
        amount = option.price_for(subtotal)
        price = format_money(amount, checkout.currency) if amount else "Free"
        choices.append(
            {
                "id": option.id,
                "title": option.title,
                "description": option.description,
                "price": price,
            }
        )
    return {
        "checkout": checkout,
        "notices": _notices(page, notice),
        "buyer": buyer,
        "address": address_lines(buyer),
        "country": names.get(buyer.country, buyer.country),
        "choices": choices,
        "code": code or TypedCode("", ""),
        "key": secrets.token_urlsafe(18),
        "terms": terms_of(page.shop),
        "can_pay": bool(checkout.option_id) and not checkout.blocked and checkout.total_minor > 0,
    }


def state_context(page: Page, state: State, notice: Message | None = None) -> dict[str, Any]:
    """Return the values of a page with nothing to fill in."""
    notices = (notice,) if notice is not None else ()
    return {"checkout": page.checkout, "notices": notices, "state": state}


def quote_change(page: Page, shown: str) -> str:
    """Say how the total differs from the one that the buyer has seen."""
    now = format_money(page.checkout.total_minor, page.checkout.currency)
    plain = shown.isascii() and shown.isdigit() and len(shown) <= _LONGEST_AMOUNT
    if not plain or int(shown) == page.checkout.total_minor:
        return f"Something in this order has changed. The total is {now}: please look again."
    before = format_money(int(shown), page.checkout.currency)
    return f"The total was {before} and is {now} now: please look again, then pay."


def _notices(page: Page, notice: Message | None) -> tuple[Message, ...]:
    first = (notice,) if notice is not None else ()
    said = {message.content for message in first}
    return (*first, *(m for m in page.checkout.messages if m.content not in said))


def _blank(page: Page) -> dict[str, str]:
    """Return an empty form, in the country of the shop's first zone."""
    home = page.shop.zones[0].countries[0] if page.shop.zones else ""
    return {**dict.fromkeys(Buyer.__dataclass_fields__, ""), "country": home}
