"""The states of a checkout session, and what a buyer has to tell it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from plantly.domain.errors import IllegalMove
from plantly.domain.said import Said

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
    district: str = ""
    gift_note: str = ""


GIFT_NOTE_LENGTH = 300
"""How many characters a note to go with a gift may have."""

_EMAIL = re.compile(r"[^@\s<>,;:\"()\[\]\\]+@[^@\s.<>,;:\"()\[\]\\]+(\.[^@\s.<>,;:\"()\[\]\\]+)+")
_MAX_LENGTH = 120
_CARD_DIGITS = range(13, 20)
_LINE_END = re.compile("\r?\n")
_BETWEEN = r"[\s.\u2010-\u2015-]{1,3}"
"""What people and programs write between groups of digits, the hyphens and dashes among it."""

_DIGITS = re.compile(rf"\d+(?:{_BETWEEN}\d+)*")


def buyer_problems(buyer: Buyer) -> dict[str, str]:
    """Return a sentence for every field that no country accepts, none when all is well.

    Where the goods go is judged by the rules of the country, which are not told here.
    """
    problems: dict[str, str] = {}
    for field in ("email", "name"):
        if not getattr(buyer, field):
            problems[field] = Said("This field is needed.", "form.needed")
    if buyer.email and not _EMAIL.fullmatch(buyer.email):
        text = "Enter an e-mail address such as name@example.com."
        problems["email"] = Said(text, "form.no_email")
    for field in Buyer.__dataclass_fields__:
        problem = _text_problem(field, getattr(buyer, field))
        if problem:
            problems[field] = problem
    return problems


def looks_like_card_number(text: str) -> bool:
    """Say whether the text holds 13 to 19 digits that pass the Luhn check.

    Groups of digits are tried together and apart, so that a date behind the number hides nothing.
    """
    for run in _DIGITS.findall(text):
        groups = re.split(_BETWEEN, run)
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


def _text_problem(field: str, value: str) -> str | None:
    longest = GIFT_NOTE_LENGTH if field == "gift_note" else _MAX_LENGTH
    text = _LINE_END.sub(" ", value) if field == "gift_note" else value
    if len(text) > longest:
        return Said(f"Use at most {longest} characters.", "form.too_long", most=longest)
    if any(ord(c) < ord(" ") or c == "\x7f" for c in text):
        return Said("Remove the control characters.", "form.control_characters")
    if looks_like_card_number(text):
        text = "This looks like a card number. Never type one here; you pay on the next page."
        return Said(text, "form.card_number")
    return None
