"""Rules of the cart: how many, how two become one, and which conversations are trusted."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta

from plantly.domain.errors import InvalidInput

MAX_LINES = 50
"""A cart with more different variants than this is no shopping any more."""

MAX_SAVED = 50
"""Different variants that can be saved for later in one cart."""

MAX_CODES = 5
"""Discount codes that one cart can carry."""

GUEST_LIFETIME = timedelta(days=30)
"""How long a cart without an owner is kept after its last change."""

ACCOUNT_LIFETIME = timedelta(days=180)
"""How long the cart of an account is kept after its last change."""

_SHOWABLE = 10**12
_HINT_ALPHABET = re.compile(r"[A-Za-z0-9_\-./+=:~]+")
_HINT_LENGTH = range(22, 257)
_HINT_DISTINCT = 8
_HINT_KINDS = 2


@dataclass(frozen=True, slots=True)
class HeldLine:
    """A quantity of a variant in a cart, and the price that the shopper saw with it."""

    quantity: int
    seen_amount_minor: int
    seen_currency: str


@dataclass(frozen=True, slots=True)
class CartContents:
    """What is in a cart, by variant. Nothing is in the cart and saved for later at once."""

    lines: Mapping[int, HeldLine]
    saved: Mapping[int, HeldLine]
    codes: tuple[str, ...]

    @property
    def is_full(self) -> bool:
        """Say whether there is more in it than shoppers can put in themselves."""
        return (
            len(self.lines) > MAX_LINES
            or len(self.saved) > MAX_SAVED
            or len(self.codes) > MAX_CODES
        )


def merge_carts(one: CartContents, other: CartContents, max_quantity: int) -> CartContents:
    """Return what a shopper with two carts has in one.

    Of each line the larger quantity counts, up to the shop's maximum; codes and saved lines are
    united. The order of merging and merging again make no difference, so that a repeated sign-in
    never doubles anything. The lower of two seen prices is kept: a rise is always said.
    """
    lines = _united(one.lines, other.lines, max_quantity)
    saved = _united(one.saved, other.saved, max_quantity)
    return CartContents(
        lines=lines,
        saved={key: line for key, line in saved.items() if key not in lines},
        codes=_united_codes((*one.codes, *other.codes)),
    )


def _united(
    one: Mapping[int, HeldLine], other: Mapping[int, HeldLine], max_quantity: int
) -> dict[int, HeldLine]:
    united: dict[int, HeldLine] = {}
    for key in sorted({*one, *other}):
        both = [lines[key] for lines in (one, other) if key in lines]
        seen = min((line.seen_currency, line.seen_amount_minor) for line in both)
        quantity = min(max_quantity, max(line.quantity for line in both))
        united[key] = HeldLine(quantity, seen[1], seen[0])
    return united


def _united_codes(codes: Iterable[str]) -> tuple[str, ...]:
    """Return codes once each, whatever their case, of two spellings the first in the alphabet."""
    spelled: dict[str, str] = {}
    for code in sorted(codes):
        spelled.setdefault(code.casefold(), code)
    return tuple(spelled[key] for key in sorted(spelled))


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
