"""Slow down who tries out cards: by browser, e-mail and address, and by what was declined.

A shop is a good place to learn which stolen cards still work: the answer costs nothing. So attempts
are counted when they begin, and once more, much more strictly, when the provider declines them.
"""

from datetime import timedelta
from typing import Final

from plantly.db import UnitOfWork
from plantly.db.tables import CheckoutRow
from plantly.domain.limits import microseconds
from plantly.domain.visitor import Cost, Visitor
from plantly.services.limits import check, pay

_KEPT_FOR: Final = timedelta(days=2)


def count_attempt(
    uow: UnitOfWork, checkout: CheckoutRow, payment_id: int, browser: str | None
) -> None:
    """Count an attempt to pay, and remember whom a decline of it will be held against.

    Raises:
        RateLimited: There were too many, or too many of them were declined.
        LimitsUnavailable: See `CountedDatabase`.
    """
    visitor = uow.visitor
    declines = _declines(visitor, checkout.public_id)
    for name, cost in declines.items():
        check(uow, name, [cost])
    email = checkout.buyer.email.strip().casefold() if checkout.buyer else ""
    wanted = (
        ("payments", "email", email),
        ("payments", "browser", browser),
        ("payments_address", "address", visitor.address),
    )
    costs = [visitor.cost(name, kind, value) for name, kind, value in wanted if value]
    pay(uow, "payments", [cost for cost in costs if cost is not None])
    if declines:
        uow.limits.keep_origin(payment_id, list(declines.values()), uow.now + _KEPT_FOR)


def note_declines(uow: UnitOfWork, payment_id: int, number: int) -> None:
    """Count what the provider has declined. Facts about money are kept even where that fails."""
    if number > 0:
        uow.limits.spend_for_origin(payment_id, number, microseconds(uow.now))


def _declines(visitor: Visitor, checkout_id: str) -> dict[str, Cost]:
    """Return what a decline costs, by the limit that it is refused under."""
    found = {"declines_session": visitor.cost("declines_session", "session", checkout_id)}
    if visitor.address:
        found["declines"] = visitor.cost("declines_address", "address", visitor.address)
    return {name: cost for name, cost in found.items() if cost is not None}
