"""Uses of limited discounts: held when payment starts, claimed by the order, released with it."""

import hashlib
import hmac
from collections.abc import Sequence

from plantly.db import UnitOfWork
from plantly.db.repositories.discounts import WantedUse
from plantly.domain.pricing import AppliedDiscount
from plantly.domain.shop import ShopConfig

_SECRET = "buyers"  # noqa: S105 - the name of a secret, not a secret


def exhausted(uow: UnitOfWork, shop: ShopConfig, email: str | None = None) -> frozenset[str]:
    """Return the keys of the discounts that everybody, or this buyer, has used up.

    It is for showing prices; what decides is `hold_uses`.
    """
    limited = {d.key: d for d in shop.discounts if d.limit is not None or d.limit_per_buyer}
    if not limited:
        return frozenset()
    buyer = known_buyer_key(uow, email) if email else None
    used = uow.discounts.used(limited.keys(), buyer)
    return frozenset(
        key
        for key, discount in limited.items()
        if _is_up(used[key][0], discount.limit)
        or (buyer is not None and _is_up(used[key][1], discount.limit_per_buyer))
    )


def hold_uses(
    uow: UnitOfWork, payment_id: int, applied: Sequence[AppliedDiscount], email: str
) -> str | None:
    """Use the limited ones of these discounts once more; return the name of one that is used up.

    In that case the caller must roll back.
    """
    limited = [d for d in applied if d.limit is not None or d.limit_per_buyer is not None]
    if not limited:
        return None
    secret = uow.shop.keep_secret(_SECRET, uow.ids.token("buy_"))
    buyer = buyer_key(secret, email)
    lacking = uow.discounts.hold(
        payment_id,
        [
            WantedUse(d.key, d.limit, buyer if d.limit_per_buyer else None, d.limit_per_buyer)
            for d in limited
        ],
    )
    return next((d.label for d in limited if d.key == lacking), None)


def known_buyer_key(uow: UnitOfWork, email: str) -> str | None:
    """Return what a buyer is counted under; None while nobody was ever counted."""
    secret = uow.shop.secret(_SECRET)
    return None if secret is None else buyer_key(secret, email)


def buyer_key(secret: str, email: str) -> str:
    """Return what a buyer is counted under: it tells nobody the e-mail address."""
    folded = email.strip().casefold()
    return hmac.new(secret.encode(), folded.encode(), hashlib.sha256).hexdigest()


def _is_up(used: int, limit: int | None) -> bool:
    return limit is not None and used >= limit
