"""Tokens of a payment sheet at the sandbox: a few words, each of which does a certain thing."""

from collections.abc import Mapping
from typing import Any, Final

from plantly.db import UnitOfWork
from plantly.domain.errors import InvalidInput
from plantly.domain.sandbox_chaos import Chaos
from plantly.services.sandbox_events import resource
from plantly.services.sandbox_moves import become, capture, found

TOKENS: Final[Mapping[str, str]] = {
    "tok_sandbox_approve": "captured",
    "tok_sandbox_decline": "declined",
    "tok_sandbox_3ds": "requires_3ds",
    "tok_sandbox_later": "pending",
}
"""What becomes of a payment that is charged with a token.

Whatever stands behind it is part of the token, so that each sheet has one of its own:
`tok_sandbox_approve_7f3a`.
"""


def charge_token(
    uow: UnitOfWork, chaos: Chaos, payment_id: str, token: str, *, manual: bool
) -> dict[str, Any]:
    """Charge a token; a payment that is over, or under way, stays as it is.

    `manual` sets the money aside instead of taking it.

    Raises:
        NotFound: There is no such payment.
        InvalidInput: There is no such token.
    """
    outcome = next((what for known, what in TOKENS.items() if token.startswith(known)), None)
    if outcome is None:
        raise InvalidInput("token", f"The tokens of the sandbox are {', '.join(TOKENS)}.")
    row = found(uow.sandbox.by_public_id(payment_id, lock=True))
    if row.status != "open":
        return resource(row)
    if row.expires_at <= uow.now:
        become(uow, chaos, row, "expired")
    elif outcome == "captured" and not manual:
        capture(uow, chaos, row, row.amount_minor)
    else:
        become(uow, chaos, row, "authorized" if outcome == "captured" else outcome)
    return resource(row)
