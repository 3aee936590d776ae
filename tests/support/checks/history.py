"""Orders and what followed them: the history tells all of it, and no unit is sent or paid twice."""

from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

from plantly.db import UnitOfWork
from plantly.domain.order_history import OrderEvent, ToldOrder, rebuild_order
from plantly.domain.refunds import OurRefund, known_refunds
from tests.support.checks.rows import Check, document, facts_by_payment, rows

_CONTENTS = ("order_number", "currency", "total_minor", "terms_version", "fulfillment_title")
_LINE = {
    "position": "position",
    "product": "product_slug",
    "variant": "variant_handle",
    "sku": "sku",
    "title": "title",
    "variant_title": "variant_title",
    "quantity": "quantity",
    "unit_amount_minor": "unit_amount_minor",
}


def _the_history_tells_of_every_order(uow: UnitOfWork) -> list[str]:
    told = _told(uow)
    kept = {row.id: row for row in rows(uow, "SELECT * FROM orders")}
    views = _views(uow)
    broken = []
    for order, row in kept.items():
        if order not in told:
            broken.append(f"order {order} has no history")
            continue
        for name, value in _as_told(told[order]).items():
            there = _as_kept(row, views[order])[name]
            if there != value:
                broken.append(f"order {order}: {name} is {there}, its history says {value}")
    return broken


def _told(uow: UnitOfWork) -> dict[int, ToldOrder]:
    events: dict[int, list[OrderEvent]] = {}
    for row in rows(uow, "SELECT order_id, kind, data, at FROM order_events ORDER BY id"):
        event = OrderEvent(row.kind, document(row.data), _moment(row.at))
        events.setdefault(row.order_id, []).append(event)
    return {order: rebuild_order(history) for order, history in events.items()}


def _as_told(order: ToldOrder) -> dict[str, Any]:
    return {
        **{name: order.contents.get(name) for name in _CONTENTS},
        "totals": order.contents.get("totals"),
        "breakdown": order.contents.get("breakdown"),
        "lines": order.contents.get("lines"),
        "placed_at": order.placed_at,
        "status": order.status.value,
        "fulfillment_status": order.fulfillment_status.value,
        "parcels": {
            f.number: (
                f.carrier,
                f.tracking_number,
                f.tracking_url,
                f.sent_at,
                f.delivered_at,
                _units(f.lines),
            )
            for f in order.fulfillments.values()
        },
        "refunds": {r.name: (r.amount_minor, r.status) for r in order.refunds.values()},
        "refunded units": {
            r.name: {line["sku"]: line["quantity"] for line in r.lines}
            for r in order.refunds.values()
            if r.lines
        },
        "returns": {
            r.number: (r.status.value, r.reason, r.refund, r.restocked, _units(r.lines))
            for r in order.returns.values()
        },
    }


def _units(lines: Any) -> dict[str, int]:
    return {line["sku"]: line["quantity"] for line in lines}


def _as_kept(row: Any, views: Mapping[str, Any]) -> dict[str, Any]:
    return {
        **{name: getattr(row, name) for name in _CONTENTS},
        "totals": document(row.totals),
        "breakdown": document(row.breakdown),
        "placed_at": _moment(row.placed_at),
        "status": row.status,
        "fulfillment_status": row.fulfillment_status,
        **views,
    }


def _views(uow: UnitOfWork) -> dict[int, dict[str, Any]]:
    names = ("lines", "parcels", "refunds", "refunded units", "returns")
    views: dict[int, dict[str, Any]] = {
        row.id: {name: {} for name in names} for row in rows(uow, "SELECT id FROM orders")
    }
    sku: dict[tuple[int, int], str] = {}
    for row in rows(uow, "SELECT * FROM order_lines ORDER BY order_id, position"):
        sku[row.order_id, row.position] = row.sku
        lines = views[row.order_id]["lines"] or []
        line = {key: getattr(row, column) for key, column in _LINE.items()}
        views[row.order_id]["lines"] = [*lines, line]
    for row in rows(uow, "SELECT * FROM fulfillments ORDER BY order_id, number"):
        units = _lines_of(uow, "fulfillment", row, sku)
        views[row.order_id]["parcels"][row.number] = (
            row.carrier,
            row.tracking_number,
            row.tracking_url,
            _moment(row.sent_at),
            None if row.delivered_at is None else _moment(row.delivered_at),
            units,
        )
    _add_refunds(uow, views, sku)
    for row in rows(
        uow,
        "SELECT t.*, r.idempotency_key AS refund FROM returns t "
        "LEFT JOIN refunds r ON r.id = t.refund_id ORDER BY t.order_id, t.number",
    ):
        units = _lines_of(uow, "return", row, sku)
        seen = (row.status, row.reason, row.refund, bool(row.restocked), units)
        views[row.order_id]["returns"][row.number] = seen
    return views


def _add_refunds(
    uow: UnitOfWork, views: dict[int, dict[str, Any]], sku: Mapping[tuple[int, int], str]
) -> None:
    facts = facts_by_payment(uow)
    ours: dict[int, list[OurRefund]] = {}
    for row in rows(uow, "SELECT * FROM refunds ORDER BY id"):
        refund = OurRefund(
            row.idempotency_key, row.amount_minor, row.reason, row.status, row.refund_ref
        )
        ours.setdefault(row.payment_id, []).append(refund)
    for row in rows(uow, "SELECT id, payment_id FROM orders"):
        known = known_refunds(facts.get(row.payment_id, []), ours.get(row.payment_id, []))
        views[row.id]["refunds"] = {r.name: (r.amount_minor, r.status) for r in known}
    for row in rows(
        uow,
        "SELECT o.id AS order_id, r.idempotency_key, l.position, l.quantity FROM refund_lines l "
        "JOIN refunds r ON r.id = l.refund_id JOIN orders o ON o.payment_id = r.payment_id",
    ):
        units = views[row.order_id]["refunded units"].setdefault(row.idempotency_key, {})
        units[sku[row.order_id, row.position]] = row.quantity


def _lines_of(
    uow: UnitOfWork, what: str, of: Any, sku: Mapping[tuple[int, int], str]
) -> dict[str, int]:
    # Neither name nor number is anybody's input.
    found = rows(
        uow,
        f"SELECT position, quantity FROM {what}_lines WHERE {what}_id = {of.id} ORDER BY position",  # noqa: S608
    )
    return {sku[of.order_id, row.position]: row.quantity for row in found}


def _moment(value: Any) -> datetime:
    """Give a column as a moment: SQLite keeps it as text."""
    if isinstance(value, datetime):
        return value.astimezone(UTC)
    return datetime.fromisoformat(value).replace(tzinfo=UTC)


_UNITS = """
    SELECT l.order_id, l.position, l.quantity AS bought,
        (SELECT COALESCE(SUM(x.quantity), 0) FROM fulfillment_lines x
            JOIN fulfillments f ON f.id = x.fulfillment_id
            WHERE f.order_id = l.order_id AND x.position = l.position) AS sent,
        (SELECT COALESCE(SUM(x.quantity), 0) FROM return_lines x
            JOIN returns t ON t.id = x.return_id
            WHERE t.order_id = l.order_id AND x.position = l.position
            AND t.status <> 'declined') AS returned,
        (SELECT COALESCE(SUM(x.quantity), 0) FROM refund_lines x
            JOIN refunds r ON r.id = x.refund_id JOIN orders o ON o.payment_id = r.payment_id
            WHERE o.id = l.order_id AND x.position = l.position
            AND r.status <> 'failed') AS refunded,
        (SELECT COALESCE(SUM(x.dropped), 0) FROM refund_lines x
            JOIN refunds r ON r.id = x.refund_id JOIN orders o ON o.payment_id = r.payment_id
            WHERE o.id = l.order_id AND x.position = l.position
            AND r.status <> 'failed') AS dropped
    FROM order_lines l
"""


def _no_unit_goes_twice(uow: UnitOfWork) -> list[str]:
    failed = {
        row.order_id
        for row in rows(
            uow,
            "SELECT o.id AS order_id FROM refunds r JOIN orders o ON o.payment_id = r.payment_id "
            "WHERE r.status = 'failed'",
        )
    }
    return [
        f"line {row.position} of order {row.order_id}: {row.bought} bought, {row.sent} sent, "
        f"{row.returned} returned, {row.refunded} refunded, {row.dropped} never sent"
        for row in rows(uow, _UNITS)
        if row.sent > row.bought
        or row.returned > row.sent
        or row.refunded > row.bought
        # What was sent after its refund had failed may be refunded after all.
        or (row.sent + row.dropped > row.bought and row.order_id not in failed)
    ]


def _lines_of_refunds_are_worth_no_more_than_the_refund(uow: UnitOfWork) -> list[str]:
    found = rows(
        uow,
        "SELECT r.id, r.amount_minor, SUM(l.amount_minor) AS lines FROM refunds r "
        "JOIN refund_lines l ON l.refund_id = r.id GROUP BY r.id, r.amount_minor",
    )
    return [
        f"refund {row.id} over {row.amount_minor} has lines over {row.lines}"
        for row in found
        if row.lines > row.amount_minor
    ]


def _what_came_back_is_in_the_history(uow: UnitOfWork) -> list[str]:
    """Compare what orders say was put back on the shelf with what the catalog's history says."""
    back: Counter[tuple[str, str]] = Counter()
    for row in rows(
        uow,
        "SELECT o.order_number, l.sku, x.restocked AS quantity FROM refund_lines x "
        "JOIN refunds r ON r.id = x.refund_id JOIN orders o ON o.payment_id = r.payment_id "
        "JOIN order_lines l ON l.order_id = o.id AND l.position = x.position "
        "UNION ALL "
        "SELECT o.order_number, l.sku, x.quantity FROM return_lines x "
        "JOIN returns t ON t.id = x.return_id JOIN orders o ON o.id = t.order_id "
        "JOIN order_lines l ON l.order_id = o.id AND l.position = x.position "
        "WHERE t.restocked",
    ):
        back[f"back from {row.order_number}", row.sku] += row.quantity
    for row in rows(
        uow,
        "SELECT o.order_number, e.data FROM order_events e JOIN orders o ON o.id = e.order_id "
        "WHERE e.kind = 'order.canceled'",
    ):
        for line in document(row.data)["restocked"]:
            back[f"back from {row.order_number}", line["sku"]] += line["quantity"]
    told: Counter[tuple[str, str]] = Counter()
    for row in rows(
        uow,
        "SELECT actor, sku, before, after FROM catalog_changes "
        "WHERE kind = 'stock' AND actor LIKE 'back from %'",
    ):
        told[row.actor, row.sku] += document(row.after)["on_hand"] - document(row.before)["on_hand"]
    # What was not counted when it came back has nothing to tell.
    return [
        f"{actor}: {back[actor, sku]} of {sku}, the history says {told[actor, sku]}"
        for actor, sku in told
        if told[actor, sku] != back[actor, sku]
    ]


CHECKS: Final[tuple[Check, ...]] = (
    _the_history_tells_of_every_order,
    _no_unit_goes_twice,
    _lines_of_refunds_are_worth_no_more_than_the_refund,
)
WITHOUT_ORDERS: Final[tuple[Check, ...]] = (_what_came_back_is_in_the_history,)
"""What has something to look at even where there is no order."""
