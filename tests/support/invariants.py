"""What is true of every shop at every moment, whatever happened to it.

One checker, run over the database of every integration test when it ends.
"""

import json
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final

from sqlalchemy import Engine, event, inspect, text

from plantly.db import UnitOfWork
from plantly.db.base import Table
from plantly.domain.catalog import UNTRACKED_LIMIT
from plantly.domain.payment import Fact, FactKind, reduce_facts

Check = Callable[[UnitOfWork], list[str]]

WRITTEN_ONCE: Final = ("payment_facts", "order_lines", "catalog_changes")
"""Tables whose rows are only ever added."""


class InvariantBrokenError(AssertionError):
    """The shop is in a state that must never be."""


def check_invariants(uow: UnitOfWork) -> None:
    """Check all of them; a database without the tables holds nothing that could be wrong.

    Raises:
        InvariantBrokenError: It names every broken one.

    """
    there = set(inspect(uow.connection).get_table_names())
    if not {table.name for table in Table.metadata.sorted_tables} <= there:
        return
    broken = [sentence for check in CHECKS for sentence in check(uow)]
    if broken:
        raise InvariantBrokenError("The shop is broken:\n- " + "\n- ".join(broken))


@contextmanager
def nothing_is_rewritten() -> Iterator[None]:
    """Watch every statement of this process while entered.

    Raises:
        InvariantBrokenError: A row was changed in a table that only grows.

    """
    seen: list[str] = []

    def watch(_c: object, _cursor: object, statement: str, *_: object) -> None:
        words = statement.replace('"', "").split(None, 3)
        if words[:1] == ["UPDATE"] and words[1] in WRITTEN_ONCE:
            seen.append(statement)
        if words[:2] == ["DELETE", "FROM"] and words[2] in WRITTEN_ONCE:
            seen.append(statement)

    event.listen(Engine, "before_cursor_execute", watch)
    try:
        yield
    finally:
        event.remove(Engine, "before_cursor_execute", watch)
    if seen:
        raise InvariantBrokenError(f"Rows that are written once were changed: {seen}")


def _rows(uow: UnitOfWork, statement: str) -> Sequence[Any]:
    return uow.connection.execute(text(statement)).all()


def _document(value: Any) -> Any:
    return json.loads(value) if isinstance(value, str) else value


def _stock_adds_up(uow: UnitOfWork) -> list[str]:
    rows = _rows(
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
        for row in rows
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
    for row in _rows(uow, "SELECT payment_id, variant_id, quantity, state FROM stock_holds"):
        if row.state == "claimed":
            holds.setdefault(row.payment_id, Counter())[row.variant_id] += row.quantity
    sold: dict[int, Counter[int]] = {}
    for row in _rows(
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
    for row in _rows(
        uow,
        "SELECT o.order_number, l.sku, l.quantity "
        "FROM orders o JOIN order_lines l ON l.order_id = o.id",
    ):
        sold[f"order {row.order_number}", row.sku] += row.quantity
    told: Counter[tuple[str, str]] = Counter()
    for row in _rows(
        uow,
        "SELECT actor, sku, before, after FROM catalog_changes "
        "WHERE kind = 'stock' AND actor LIKE 'order %'",
    ):
        before, after = _document(row.before)["on_hand"], _document(row.after)["on_hand"]
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
    rows = _rows(
        uow,
        "SELECT v.sku FROM variants v JOIN stock s ON s.variant_id = v.id "
        "WHERE s.policy <> 'untracked'",
    )
    return {row.sku for row in rows}


def _what_was_sold_is_counted(uow: UnitOfWork) -> list[str]:
    rows = _rows(
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
        for row in rows
        if row.units_sold < row.sold
    ]


def _a_hold_ends_with_its_order(uow: UnitOfWork) -> list[str]:
    rows = _rows(
        uow,
        "SELECT h.id FROM stock_holds h JOIN orders o ON o.payment_id = h.payment_id "
        "WHERE h.state = 'active'",
    )
    return [f"hold {row.id} is active although its payment has an order" for row in rows]


def _one_order_at_most(uow: UnitOfWork) -> list[str]:
    by_cart = _rows(
        uow,
        "SELECT c.cart_id, COUNT(*) AS n FROM orders o JOIN checkout_sessions c "
        "ON c.id = o.checkout_id WHERE c.cart_id IS NOT NULL "
        "GROUP BY c.cart_id HAVING COUNT(*) > 1",
    )
    by_checkout = _rows(
        uow, "SELECT checkout_id FROM orders GROUP BY checkout_id HAVING COUNT(*) > 1"
    )
    return [f"cart {row.cart_id} has {row.n} orders" for row in by_cart] + [
        f"checkout session {row.checkout_id} has several orders" for row in by_checkout
    ]


def _completed_means_ordered(uow: UnitOfWork) -> list[str]:
    rows = _rows(
        uow,
        "SELECT c.id, c.status, o.id AS order_id FROM checkout_sessions c "
        "LEFT JOIN orders o ON o.checkout_id = c.id",
    )
    return [
        f"checkout session {row.id} is {row.status}, its order is {row.order_id}"
        for row in rows
        if (row.status == "completed") != (row.order_id is not None)
    ]


def _orders_add_up(uow: UnitOfWork) -> list[str]:
    broken = []
    for row in _rows(
        uow,
        "SELECT o.id, o.total_minor, o.currency, o.totals, p.amount_minor, p.captured_minor, "
        "p.currency AS paid_currency, c.total_minor AS agreed, "
        "(SELECT SUM(l.quantity * l.unit_amount_minor) FROM order_lines l "
        " WHERE l.order_id = o.id) AS items "
        "FROM orders o JOIN payments p ON p.id = o.payment_id "
        "JOIN checkout_sessions c ON c.id = o.checkout_id",
    ):
        entries = _document(row.totals)
        if total_of(entries) != row.total_minor:
            broken.append(f"order {row.id}: {row.total_minor} is not the sum of {entries}")
        if items_of(entries) != row.items:
            broken.append(f"order {row.id}: lines add up to {row.items}, not to {entries[0]}")
        if not row.total_minor == row.amount_minor == row.agreed <= row.captured_minor:
            broken.append(
                f"order {row.id}: total {row.total_minor}, agreed {row.agreed}, asked for "
                f"{row.amount_minor}, captured {row.captured_minor}"
            )
        if row.currency != row.paid_currency:
            broken.append(f"order {row.id} is in {row.currency}, paid in {row.paid_currency}")
    return broken


def total_of(entries: Sequence[dict[str, Any]]) -> int:
    """Add up what the typed rows of totals say; an included tax is inside the prices already."""
    counted = {"items_base_amount", "items_discount", "discount", "fulfillment", "fee"}
    added = [
        e["amount_minor"]
        for e in entries
        if e["type"] in counted
        or (e["type"] == "tax" and not e["display_text"].endswith("(included)"))
    ]
    return sum(added)


def items_of(entries: Sequence[dict[str, Any]]) -> int:
    """Give the price of the lines before everything else."""
    return sum(e["amount_minor"] for e in entries if e["type"] == "items_base_amount")


def _payments_are_what_their_facts_say(uow: UnitOfWork) -> list[str]:
    facts: dict[int, list[Fact]] = {}
    for row in _rows(
        uow,
        "SELECT payment_id, fact_key, kind, amount_minor, currency, refund_ref FROM payment_facts",
    ):
        said = Fact(
            row.fact_key, FactKind(row.kind), row.amount_minor, row.currency, row.refund_ref
        )
        facts.setdefault(row.payment_id, []).append(said)
    broken = []
    for row in _rows(uow, "SELECT id, status, captured_minor, refunded_minor FROM payments"):
        state = reduce_facts(facts.get(row.id, []))
        said_now = (row.status, row.captured_minor, row.refunded_minor)
        if said_now != (state.status.value, state.captured_minor, state.refunded_minor):
            broken.append(f"payment {row.id} is {said_now}, its facts say {state}")
    return broken


def _no_more_goes_back_than_came(uow: UnitOfWork) -> list[str]:
    rows = _rows(
        uow,
        "SELECT p.id, p.captured_minor, p.refunded_minor, "
        "(SELECT COALESCE(SUM(r.amount_minor), 0) FROM refunds r "
        " WHERE r.payment_id = p.id AND r.status <> 'failed') AS decided FROM payments p",
    )
    return [
        f"payment {row.id}: captured {row.captured_minor}, refunded {row.refunded_minor}, "
        f"decided on {row.decided}"
        for row in rows
        if max(row.refunded_minor, row.decided) > row.captured_minor
    ]


def _what_is_paid_was_agreed(uow: UnitOfWork) -> list[str]:
    rows = _rows(
        uow,
        "SELECT c.id, c.status, c.totals, c.total_minor, "
        "(SELECT COUNT(*) FROM checkout_lines l "
        " WHERE l.checkout_id = c.id AND l.unit_amount_minor IS NULL) AS open_lines "
        "FROM checkout_sessions c WHERE c.status IN ('complete_in_progress', 'completed')",
    )
    return [
        f"checkout session {row.id} is {row.status} without an agreed price"
        for row in rows
        if row.open_lines or _document(row.totals) is None or row.total_minor is None
    ]


def _listings_show_the_truth(uow: UnitOfWork) -> list[str]:
    rows = _rows(
        uow,
        "SELECT p.slug, p.list_price_minor, "
        "(SELECT COUNT(*) FROM variants v WHERE v.product_id = p.id AND v.is_default "
        " AND v.state = 'active') AS defaults, "
        "(SELECT COUNT(*) FROM prices r JOIN variants v ON v.id = r.variant_id "
        " WHERE v.product_id = p.id AND v.is_default "
        " AND (r.amount_minor = p.list_price_minor OR ("
        "   r.compare_at_minor = p.list_price_minor "
        "   AND (r.starts_at IS NOT NULL OR r.ends_at IS NOT NULL)))) AS prices "
        "FROM products p WHERE p.state = 'active'",
    )
    return [
        f"product {row.slug} is listed at {row.list_price_minor}: {row.defaults} defaults, "
        f"{row.prices} prices like that"
        for row in rows
        if row.defaults != 1 or row.prices < 1
    ]


CHECKS: Final[tuple[Check, ...]] = (
    _stock_adds_up,
    _what_was_sold_left_the_stock,
    _every_sale_is_in_the_history,
    _what_was_sold_is_counted,
    _a_hold_ends_with_its_order,
    _one_order_at_most,
    _completed_means_ordered,
    _orders_add_up,
    _payments_are_what_their_facts_say,
    _no_more_goes_back_than_came,
    _what_is_paid_was_agreed,
    _listings_show_the_truth,
)
