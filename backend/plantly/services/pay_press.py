"""A press on Pay, and the first result that a repeated one gets again."""

import hashlib
import json
from dataclasses import dataclass
from datetime import timedelta

from plantly.db import UnitOfWork
from plantly.db.tables import PaymentRow
from plantly.domain.errors import IdempotencyConflict
from plantly.domain.visitor import NOBODY, Visitor

_SCOPE = "pay"
_KEPT_FOR = timedelta(days=1)
_ANOTHER = "This form was sent before with something else in it: please look at the page again."


@dataclass(frozen=True, slots=True)
class PayPress:
    """A press on Pay: `quote_hash` is of the totals that were shown."""

    token: str
    browser: str | None
    quote_hash: str
    option_id: str | None = None
    """The delivery that was selected when Pay was pressed."""
    key: str | None = None
    """Names this rendering of the pay form: pressed again it gives the first result."""
    terms_version: str | None = None
    """The version of the terms that was accepted."""
    visitor: Visitor = NOBODY
    """Who presses, for the limits."""
    in_conversation: bool = False
    """It was pressed in the conversation that the session is of, not in a browser at its page."""


def first_payment(uow: UnitOfWork, press: PayPress) -> PaymentRow | None:
    """Return the payment that the same press has begun or found before.

    Raises:
        IdempotencyConflict: The key came with another body then.
    """
    if press.key is None:
        return None
    first = uow.carts.first_answer(_SCOPE, _name(press), uow.now)
    if first is None:
        return None
    if first.request_hash != _body(press):
        raise IdempotencyConflict(_ANOTHER)
    return uow.payments.by_reference(first.response["reference"], lock=True)


def keep_press(uow: UnitOfWork, press: PayPress, reference: str) -> None:
    """Keep which payment a press has led to."""
    if press.key is None:
        return
    until = uow.now + _KEPT_FOR
    answer = {"reference": reference}
    uow.carts.keep_answer(_SCOPE, _name(press), _body(press), answer, until)


def _name(press: PayPress) -> str:
    """Return the name of a press: a key counts for its own checkout only."""
    return _digest(press.token, press.key)


def _body(press: PayPress) -> str:
    return _digest(press.quote_hash, press.option_id, press.terms_version)


def _digest(*parts: str | None) -> str:
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()
