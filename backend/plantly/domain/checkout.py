"""The states of a checkout session, and what a buyer has to tell it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from plantly.domain.errors import IllegalMove

SESSION_LIFETIME = timedelta(hours=1)
"""How long a checkout session can be paid after its last start."""

PAYMENT_LIFETIME = timedelta(minutes=30)
"""How long the provider's own session lives; stock stays held until it is closed."""


class CheckoutStatus(StrEnum):
    """Where a checkout session stands."""

    INCOMPLETE = "incomplete"
    NOT_READY_FOR_PAYMENT = "not_ready_for_payment"
    READY_FOR_PAYMENT = "ready_for_payment"
    COMPLETE_IN_PROGRESS = "complete_in_progress"
    COMPLETED = "completed"
    CANCELED = "canceled"
    EXPIRED = "expired"


_S = CheckoutStatus
_OPEN = frozenset({_S.INCOMPLETE, _S.NOT_READY_FOR_PAYMENT, _S.READY_FOR_PAYMENT})
_MOVES: Mapping[CheckoutStatus, frozenset[CheckoutStatus]] = {
    _S.INCOMPLETE: _OPEN | {_S.CANCELED, _S.EXPIRED},
    _S.NOT_READY_FOR_PAYMENT: _OPEN | {_S.CANCELED, _S.EXPIRED},
    _S.READY_FOR_PAYMENT: _OPEN | {_S.COMPLETE_IN_PROGRESS, _S.CANCELED, _S.EXPIRED},
    _S.COMPLETE_IN_PROGRESS: frozenset(
        {_S.READY_FOR_PAYMENT, _S.COMPLETED, _S.CANCELED, _S.EXPIRED}
    ),
    _S.COMPLETED: frozenset(),
    _S.CANCELED: frozenset(),
    _S.EXPIRED: frozenset(),
}


def move(current: CheckoutStatus, target: CheckoutStatus) -> CheckoutStatus:
    """Return `target` if a checkout session may go there.

    Raises:
        IllegalMove: The session is finished, or the move skips a step.
    """
    if target not in _MOVES[current]:
        raise IllegalMove(current, target)
    return target


def is_open(status: CheckoutStatus) -> bool:
    """Say whether the buyer can still change the session."""
    return status in _OPEN


def is_final(status: CheckoutStatus) -> bool:
    """Say whether the session will never change again."""
    return not _MOVES[status]


@dataclass(frozen=True, slots=True)
class Buyer:
    """Who buys and where the goods go. Personal data: never logged, never shown to a model."""

    email: str
    name: str
    line1: str
    line2: str
    city: str
    region: str
    postal_code: str
    country: str
    phone: str = ""


_EMAIL = re.compile(r"[^@\s<>,;:\"()\[\]\\]+@[^@\s.<>,;:\"()\[\]\\]+(\.[^@\s.<>,;:\"()\[\]\\]+)+")
_REGION_COUNTRIES = frozenset({"US", "CA"})
_POSTAL_CODES = {
    "US": (re.compile(r"\d{5}(-\d{4})?"), "a ZIP code such as 94107"),
    "CA": (re.compile(r"[A-Za-z]\d[A-Za-z] ?\d[A-Za-z]\d"), "a postal code such as K1A 0B1"),
    "GB": (re.compile(r"[A-Za-z]{1,2}\d[A-Za-z\d]? ?\d[A-Za-z]{2}"), "a postcode such as SW1A 1AA"),
    "DE": (re.compile(r"\d{5}"), "a postal code of five digits such as 10115"),
    "FR": (re.compile(r"\d{5}"), "a postal code of five digits such as 75001"),
    "ES": (re.compile(r"\d{5}"), "a postal code of five digits such as 28001"),
    "IT": (re.compile(r"\d{5}"), "a postal code of five digits such as 00118"),
    "NL": (re.compile(r"\d{4} ?[A-Za-z]{2}"), "a postal code such as 1012 AB"),
}
_MAX_LENGTH = 120
_CARD_DIGITS = range(13, 20)
_DIGITS = re.compile(r"\d+(?:[ -]\d+)*")


def buyer_problems(buyer: Buyer, countries: tuple[str, ...]) -> dict[str, str]:
    """Return a sentence for every field that cannot be accepted, none when all is well."""
    problems: dict[str, str] = {}
    for field in ("email", "name", "line1", "city"):
        if not getattr(buyer, field):
            problems[field] = "This field is needed."
    if buyer.email and not _EMAIL.fullmatch(buyer.email):
        problems["email"] = "Enter an e-mail address such as name@example.com."
    if buyer.country not in countries:
        problems["country"] = "Choose one of the countries that we deliver to."
    elif buyer.country in _REGION_COUNTRIES and not re.fullmatch(r"[A-Z]{2}", buyer.region):
        problems["region"] = "Enter the two letters of the state or province, such as CA."
    shape = _POSTAL_CODES.get(buyer.country)
    if shape is not None and not shape[0].fullmatch(buyer.postal_code):
        problems["postal_code"] = f"Enter {shape[1]}."
    for field in Buyer.__dataclass_fields__:
        problem = _text_problem(getattr(buyer, field))
        if problem:
            problems[field] = problem
    return problems


def looks_like_card_number(text: str) -> bool:
    """Say whether the text holds 13 to 19 digits that pass the Luhn check.

    Groups of digits are tried together and apart, so that a date behind the number hides nothing.
    """
    for run in _DIGITS.findall(text):
        groups = re.split(r"[ -]", run)
        for start in range(len(groups)):
            number = ""
            for group in groups[start:]:
                number += group
                if len(number) in _CARD_DIGITS and _passes_luhn(number):
                    return True
                if len(number) >= _CARD_DIGITS.stop:
                    break
    return False


def _passes_luhn(number: str) -> bool:
    digits = [int(c) for c in reversed(number)]
    doubled = [d * 2 - 9 * (d > 4) for d in digits[1::2]]  # noqa: PLR2004 - Luhn's rule
    return (sum(digits[::2]) + sum(doubled)) % 10 == 0


def _text_problem(value: str) -> str | None:
    if len(value) > _MAX_LENGTH:
        return f"Use at most {_MAX_LENGTH} characters."
    if any(ord(c) < ord(" ") or c == "\x7f" for c in value):
        return "Remove the control characters."
    if looks_like_card_number(value):
        return "This looks like a card number. Never type one here; you pay on the next page."
    return None
