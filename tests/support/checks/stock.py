"""Units: none is sold twice, none is lost, and the history tells of each."""

from collections import Counter
from typing import Final

from plantly.db import UnitOfWork
from plantly.domain.catalog import UNTRACKED_LIMIT
from tests.support.checks.rows import Check, document, rows

_WAITING = ("created", "pending", "authorized")


def _stock_adds_up(uow: UnitOfWork) -> list[str]:
    found = rows(
        uow,
        """
        SELECT s.variant_id, s.on_hand, s.reserved, s.policy, s.backorder_limit,
               COALESCE(h.held, 0) AS held
        FROM stock s LEFT JOIN (
            SELECT variant_id, SUM(quantity) AS held FROM stock_holds
            WHERE state = 'active' GROUP BY variant_id
        ) h ON h.variant_id = s.variant_id
        """,
    )
    return [
        f"variant {row.variant_id}: {row.on_hand} on hand, {row.backorder_limit} beyond them "
        f"({row.policy}), {row.reserved} reserved, {row.held} held"
        for row in found
        if row.reserved != row.held
        or not 0 <= row.reserved <= row.on_hand + row.backorder_limit
        or not _limit_suits(row.policy, row.backorder_limit)
    ]


def _limit_suits(policy: str, limit: int) -> bool:
    """Say whether so many may be sold beyond the units at hand under that policy."""
    fixed = {"deny": 0, "untracked": UNTRACKED_LIMIT}
    return limit == fixed.get(policy, limit) and 0 <= limit <= UNTRACKED_LIMIT


def _what_was_sold_left_the_stock(uow: UnitOfWork) -> list[str]:
    holds: dict[int, Counter[int]] = {}
    for row in rows(uow, "SELECT payment_id, variant_id, quantity, state FROM stock_holds"):
        if row.state == "claimed":
            holds.setdefault(row.payment_id, Counter())[row.variant_id] += row.quantity
    sold: dict[int, Counter[int]] = {}
    for row in rows(
        uow,
        "SELECT o.payment_id, l.variant_id, l.quantity "
        "FROM orders o JOIN order_lines l ON l.order_id = o.id",
    ):
        sold.setdefault(row.payment_id, Counter())[row.variant_id] += row.quantity
    return [
        f"payment {payment}: sold {dict(sold.get(payment, {}))}, "
        f"claimed {dict(holds.get(payment, {}))}"
        for payment in holds.keys() | sold.keys()
        if holds.get(payment) != sold.get(payment)
    ]


def _every_sale_is_in_the_history(uow: UnitOfWork) -> list[str]:
    sold: Counter[tuple[str, str]] = Counter()
    for row in rows(
        uow,
        "SELECT o.order_number, l.sku, l.quantity "
        "FROM orders o JOIN order_lines l ON l.order_id = o.id",
    ):
        sold[f"order {row.order_number}", row.sku] += row.quantity
    told: Counter[tuple[str, str]] = Counter()
    for row in rows(
        uow,
        "SELECT actor, sku, before, after FROM catalog_changes "
        "WHERE kind = 'stock' AND actor LIKE 'order %'",
    ):
        before, after = document(row.before)["on_hand"], document(row.after)["on_hand"]
        told[row.actor, row.sku] += before - after
    # What was not counted when it was sold has nothing to tell.
    return [
        f"{actor} sold {sold[actor, sku]} of {sku}, the history says {told[actor, sku]}"
        for actor, sku in told
        if sold[actor, sku] != told[actor, sku]
    ] + [
        f"{actor} sold {sku}, of which the history says nothing"
        for actor, sku in sold.keys() - told.keys()
        if sku in _counted(uow)
    ]


def _counted(uow: UnitOfWork) -> set[str]:
    found = rows(
        uow,
        "SELECT v.sku FROM variants v JOIN stock s ON s.variant_id = v.id "
        "WHERE s.policy <> 'untracked'",
    )
    return {row.sku for row in found}


def _what_was_sold_is_counted(uow: UnitOfWork) -> list[str]:
    found = rows(
        uow,
        """
        SELECT p.slug, p.units_sold, COALESCE(SUM(l.quantity), 0) AS sold FROM products p
        LEFT JOIN variants v ON v.product_id = p.id
        LEFT JOIN order_lines l ON l.variant_id = v.id
        GROUP BY p.id, p.slug, p.units_sold
        """,
    )
    return [
        f"product {row.slug}: {row.units_sold} counted as sold, {row.sold} ordered"
        for row in found
        if row.units_sold < row.sold
    ]


def _a_hold_ends_with_its_order(uow: UnitOfWork) -> list[str]:
    found = rows(
        uow,
        "SELECT h.id FROM stock_holds h JOIN orders o ON o.payment_id = h.payment_id "
        "WHERE h.state = 'active'",
    )
    return [f"hold {row.id} is active although its payment has an order" for row in found]


def _a_hold_lives_as_long_as_its_payment(uow: UnitOfWork) -> list[str]:
    found = rows(
        uow,
        "SELECT h.id, h.state, p.status, p.session_ref, c.status AS checkout, o.id AS order_id "
        "FROM stock_holds h JOIN payments p ON p.id = h.payment_id "
        "JOIN checkout_sessions c ON c.id = p.checkout_id "
        "LEFT JOIN orders o ON o.payment_id = p.id",
    )
    return [
        f"hold {row.id} is {row.state}, its payment {row.status}, its session {row.checkout}, "
        f"its order {row.order_id}"
        for row in found
        for live in (row.status in _WAITING and row.checkout == "complete_in_progress",)
        if (row.state == "active" and not live)
        # What can be paid at the provider must be here to be sold.
        or (row.state == "released" and live and row.session_ref is not None)
        or (row.state == "claimed") != (row.order_id is not None)
    ]


def _the_history_leads_to_what_is_there(uow: UnitOfWork) -> list[str]:
    """Follow every sale and every delivery from the first count to the units at hand now."""
    now = {
        row.sku: row.on_hand
        for row in rows(
            uow,
            "SELECT v.sku, s.on_hand FROM variants v JOIN stock s ON s.variant_id = v.id "
            "WHERE s.policy <> 'untracked'",
        )
    }
    left: dict[str, int] = {}
    broken = []
    for row in rows(
        uow,
        "SELECT id, sku, before, after FROM catalog_changes "
        "WHERE kind = 'stock' AND sku IS NOT NULL ORDER BY id",
    ):
        before, after = document(row.before).get("on_hand"), document(row.after).get("on_hand")
        if before is None or after is None:
            continue
        if left.setdefault(row.sku, before) != before:
            broken.append(f"change {row.id} of {row.sku} begins at {before}, not {left[row.sku]}")
        left[row.sku] = after
    return broken + [
        f"{sku}: {now[sku]} on hand, {units} by its history"
        for sku, units in left.items()
        if sku in now and now[sku] != units
    ]


CHECKS: Final[tuple[Check, ...]] = (
    _stock_adds_up,
    _what_was_sold_left_the_stock,
    _every_sale_is_in_the_history,
    _what_was_sold_is_counted,
    _a_hold_ends_with_its_order,
    _a_hold_lives_as_long_as_its_payment,
)
WHEN_SETTLED: Final[tuple[Check, ...]] = (_the_history_leads_to_what_is_there,)
"""For shops whose stock is changed as merchants change it, not straight in the tables."""
