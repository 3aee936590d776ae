"""Orders: one for each cart, at the agreed total, which is the sum of its parts."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from plantly.db import UnitOfWork
from tests.support.checks.rows import Check, document, rows


def _one_order_at_most(uow: UnitOfWork) -> list[str]:
    by_cart = rows(
        uow,
        "SELECT c.cart_id, COUNT(*) AS n FROM orders o JOIN checkout_sessions c "
        "ON c.id = o.checkout_id WHERE c.cart_id IS NOT NULL "
        "GROUP BY c.cart_id HAVING COUNT(*) > 1",
    )
    by_checkout = rows(
        uow, "SELECT checkout_id FROM orders GROUP BY checkout_id HAVING COUNT(*) > 1"
    )
    return [f"cart {row.cart_id} has {row.n} orders" for row in by_cart] + [
        f"checkout session {row.checkout_id} has several orders" for row in by_checkout
    ]


def _completed_means_ordered(uow: UnitOfWork) -> list[str]:
    found = rows(
        uow,
        "SELECT c.id, c.status, o.id AS order_id FROM checkout_sessions c "
        "LEFT JOIN orders o ON o.checkout_id = c.id",
    )
    return [
        f"checkout session {row.id} is {row.status}, its order is {row.order_id}"
        for row in found
        if (row.status == "completed") != (row.order_id is not None)
    ]


def _orders_add_up(uow: UnitOfWork) -> list[str]:
    broken = []
    for row in rows(
        uow,
        "SELECT o.id, o.total_minor, o.currency, o.totals, p.amount_minor, p.captured_minor, "
        "p.currency AS paid_currency, c.total_minor AS agreed, "
        "(SELECT SUM(l.quantity * l.unit_amount_minor) FROM order_lines l "
        " WHERE l.order_id = o.id) AS items "
        "FROM orders o JOIN payments p ON p.id = o.payment_id "
        "JOIN checkout_sessions c ON c.id = o.checkout_id",
    ):
        entries = document(row.totals)
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


def _what_is_paid_was_agreed(uow: UnitOfWork) -> list[str]:
    found = rows(
        uow,
        "SELECT c.id, c.status, c.totals, c.total_minor, "
        "(SELECT COUNT(*) FROM checkout_lines l "
        " WHERE l.checkout_id = c.id AND l.unit_amount_minor IS NULL) AS open_lines "
        "FROM checkout_sessions c WHERE c.status IN ('complete_in_progress', 'completed')",
    )
    return [
        f"checkout session {row.id} is {row.status} without an agreed price"
        for row in found
        if row.open_lines or document(row.totals) is None or row.total_minor is None
    ]


def _totals_are_explained(uow: UnitOfWork) -> list[str]:
    broken = []
    for row in rows(
        uow,
        "SELECT o.id, o.total_minor, o.currency, o.totals, o.breakdown, c.breakdown AS agreed "
        "FROM orders o JOIN checkout_sessions c ON c.id = o.checkout_id "
        "WHERE o.breakdown IS NOT NULL",
    ):
        told = document(row.breakdown)
        # SQLite keeps None in a JSON column as a document of its own.
        if told is not None:
            problems = explained_wrongly(told, document(row.totals), row.total_minor)
            agreed = document(row.agreed)
            problems += ["another one was agreed to"] * (agreed not in (None, told))
            problems += ["another currency"] * (told["currency"] != row.currency)
            broken += [f"order {row.id}, breakdown: {problem}" for problem in problems]
    return broken


def explained_wrongly(
    told: Mapping[str, Any], entries: Sequence[Mapping[str, Any]], total_minor: int
) -> list[str]:
    """Give what is wrong with the explanation of a total."""
    parts = [*told["lines"], *([told["fulfillment"]] if told["fulfillment"] else [])]
    sums = {
        "total": sum(part["total_minor"] for part in parts),
        "tax": sum(tax["amount_minor"] for part in parts for tax in part["taxes"]),
        "items_base_amount": sum(line["base_minor"] for line in told["lines"]),
    }
    said = {kind: sum(e["amount_minor"] for e in entries if e["type"] == kind) for kind in sums}
    problems = [
        f"{kind} {said[kind]}, its parts {sums[kind]}" for kind in sums if said[kind] != sums[kind]
    ]
    problems += [f"{told['total_minor']} is not {total_minor}"] * (
        told["total_minor"] != total_minor
    )
    for part in parts:
        net = part["base_minor"] - sum(d["amount_minor"] for d in part["discounts"])
        added = sum(t["amount_minor"] for t in part["taxes"] if not t["included"])
        if (part["net_minor"], part["total_minor"]) != (net, net + added) or net < 0:
            problems.append(f"{part} does not add up")
    for line in told["lines"]:
        if line["base_minor"] != line["unit_amount_minor"] * line["quantity"]:
            problems.append(f"{line} has another price")
    return problems


def _a_refunded_order_got_all_of_it_back(uow: UnitOfWork) -> list[str]:
    found = rows(
        uow,
        "SELECT o.id, p.captured_minor, p.refunded_minor FROM orders o "
        "JOIN payments p ON p.id = o.payment_id "
        # An order does not come back to life when a refund fails later: a person hears of it.
        "WHERE o.status = 'refunded' AND p.attention_reason IS NULL",
    )
    return [
        f"order {row.id} is refunded, {row.refunded_minor} of {row.captured_minor} went back"
        for row in found
        if row.refunded_minor < row.captured_minor
    ]


def _terms_that_were_accepted_are_on_the_order(uow: UnitOfWork) -> list[str]:
    found = rows(
        uow,
        "SELECT o.id FROM orders o JOIN checkout_sessions c ON c.id = o.checkout_id "
        "WHERE COALESCE(o.terms_version, '') <> COALESCE(c.terms_version, '') "
        "OR (o.terms_version IS NULL) <> (o.terms_accepted_at IS NULL)",
    )
    return [f"order {row.id} has other terms than its session" for row in found]


def _a_press_leads_to_one_payment_of_its_session(uow: UnitOfWork) -> list[str]:
    known = {row.reference for row in rows(uow, "SELECT reference FROM payments")}
    found = rows(uow, "SELECT key, response FROM idempotency_records WHERE scope = 'pay'")
    return [
        f"the press {row.key} led to no payment"
        for row in found
        if document(row.response)["reference"] not in known
    ]


CHECKS: Final[tuple[Check, ...]] = (
    _one_order_at_most,
    _completed_means_ordered,
    _orders_add_up,
    _what_is_paid_was_agreed,
    _totals_are_explained,
    _a_refunded_order_got_all_of_it_back,
    _terms_that_were_accepted_are_on_the_order,
    _a_press_leads_to_one_payment_of_its_session,
)
