"""Rules of the cart: how many, which lines, and when a version is stale."""

import re
from collections.abc import Mapping

from plantly.domain.errors import InvalidInput

MAX_LINES = 50
"""A cart with more different variants than this is no shopping any more."""

_SHOWABLE = 10**12
_HINT_ALPHABET = re.compile(r"[A-Za-z0-9_\-./+=:~]+")
_HINT_LENGTH = range(22, 257)
_HINT_DISTINCT = 8
_HINT_KINDS = 2


def check_quantity(quantity: int, maximum: int, field: str) -> int:
    """Return the quantity if a cart line may have it.

    Raises:
        InvalidInput: It is below 1 or above what the shop sells at once.
    """
    # Numbers of thousands of digits exist, and nobody wants to read one.
    shown = quantity if abs(quantity) < _SHOWABLE else "too small" if quantity < 0 else "too large"
    if quantity < 1:
        msg = (
            f"{field} is {shown}: send a whole number from 1 to {maximum}. "
            "To take a line out of the cart, name its variant in `remove`."
        )
        raise InvalidInput(field, msg)
    if quantity > maximum:
        raise InvalidInput(field, f"{field} is {shown}: send a whole number from 1 to {maximum}.")
    return quantity


def changed_quantities(
    current: Mapping[int, int], wanted: Mapping[int, int], *, add: bool
) -> dict[int, int]:
    """Return the new quantity of every line that `wanted` names."""
    if not add:
        return dict(wanted)
    return {key: current.get(key, 0) + quantity for key, quantity in wanted.items()}


def is_trustworthy_hint(hint: str) -> bool:
    """Say whether a conversation hint looks like at least 128 random bits.

    22 characters of base64 or 32 of hex carry 128 bits; names and counters do not.
    """
    if len(hint) not in _HINT_LENGTH or not _HINT_ALPHABET.fullmatch(hint):
        return False
    kinds = (any(map(kind, hint)) for kind in (str.islower, str.isupper, str.isdigit))
    if len(set(hint)) < _HINT_DISTINCT or sum(kinds) < _HINT_KINDS:
        return False
    hexadecimal = re.fullmatch(r"[0-9a-fA-F\-]+", hint) is not None
    return not hexadecimal or len(hint.replace("-", "")) >= 32  # noqa: PLR2004 - 4 bits a digit
