"""Limited discounts: every use is counted, and there are never more than the merchant allows."""

from collections import Counter
from typing import Final

from plantly.db import UnitOfWork
from tests.support.checks.rows import Check, rows


def _uses_are_what_the_counts_say(uow: UnitOfWork) -> list[str]:
    used: Counter[tuple[str, str]] = Counter()
    for row in rows(
        uow, "SELECT discount_key, buyer_key FROM discount_uses WHERE state <> 'released'"
    ):
        used[row.discount_key, ""] += 1
        if row.buyer_key is not None:
            used[row.discount_key, row.buyer_key] += 1
    counted = {
        (row.discount_key, row.buyer_key): row.used
        for row in rows(uow, "SELECT discount_key, buyer_key, used FROM discount_counts")
    }
    return [
        f"discount {name}: {counted.get(name, 0)} counted, {used[name]} used"
        for name in counted.keys() | used.keys()
        if counted.get(name, 0) != used[name]
    ]


def _no_limit_is_passed(uow: UnitOfWork) -> list[str]:
    if not uow.shop.exists():
        return []
    limits = {d.key: (d.limit, d.limit_per_buyer) for d in uow.shop.current().config.discounts}
    broken = []
    for row in rows(uow, "SELECT discount_key, buyer_key, used FROM discount_counts"):
        in_all, of_each = limits.get(row.discount_key, (None, None))
        limit = of_each if row.buyer_key else in_all
        if limit is not None and row.used > limit:
            broken.append(f"discount {row.discount_key}: {row.used} uses of {limit}")
    return broken


def _a_use_ends_with_its_payment(uow: UnitOfWork) -> list[str]:
    found = rows(
        uow,
        "SELECT u.id, u.state, p.status, o.id AS order_id FROM discount_uses u "
        "JOIN payments p ON p.id = u.payment_id LEFT JOIN orders o ON o.payment_id = p.id",
    )
    waiting = ("created", "pending", "authorized")
    return [
        f"use {row.id} is {row.state}, its payment {row.status}, its order {row.order_id}"
        for row in found
        if (row.state == "claimed") != (row.order_id is not None)
        or (row.state == "active" and row.status not in waiting)
    ]


CHECKS: Final[tuple[Check, ...]] = (
    _uses_are_what_the_counts_say,
    _no_limit_is_passed,
    _a_use_ends_with_its_payment,
)
