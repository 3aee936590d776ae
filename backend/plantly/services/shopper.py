"""Who is calling, as far as a shop without accounts can know."""

import hashlib
from dataclasses import dataclass

from plantly.domain.cart import is_trustworthy_hint


@dataclass(frozen=True, slots=True)
class Shopper:
    """A caller, known by the hashed hint of its conversation when the host sent a good one.

    A hint finds the open cart of its conversation. It also narrows ids: what was made in one
    conversation is not found from another one, so that a shared chat shows nobody's cart.
    `account_hash` is the hashed account that somebody signed in to; it goes before the hint.
    """

    hint_hash: str | None = None
    account_hash: str | None = None

    def may_see(self, owner_hint_hash: str | None) -> bool:
        """Say whether something made under that hint may be shown to this caller."""
        if self.hint_hash is None or owner_hint_hash is None:
            return True
        return self.hint_hash == owner_hint_hash

    def may_open(self, owner_hash: str | None, hint_hash: str | None) -> bool:
        """Say whether a cart is this caller's: with an owner, no conversation opens it."""
        if owner_hash is not None:
            return owner_hash == self.account_hash
        return self.may_see(hint_hash)


def shopper_from_hint(hint: object, *, trust: bool) -> Shopper:
    """Return the caller behind a host's conversation hint; a weak hint counts as none."""
    if not trust or not isinstance(hint, str) or not is_trustworthy_hint(hint):
        return Shopper()
    return Shopper(hashlib.sha256(f"plantly conversation {hint}".encode()).hexdigest())
