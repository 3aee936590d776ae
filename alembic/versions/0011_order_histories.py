"""Give the orders that are there already a history that begins with what they are now."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB

from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

DOCUMENT = sa.JSON().with_variant(JSONB(), "postgresql")
MOMENT = sa.DateTime(timezone=True)
PORTION = 500
CONTENTS = (
    "order_number",
    "currency",
    "total_minor",
    "totals",
    "breakdown",
    "terms_version",
    "fulfillment_title",
)
LINE_NAMES = {
    "position": "position",
    "product": "product_slug",
    "variant": "variant_handle",
    "sku": "sku",
    "title": "title",
    "variant_title": "variant_title",
    "quantity": "quantity",
    "unit_amount_minor": "unit_amount_minor",
}
REFUND_KINDS = {
    "pending": "order.refund_decided",
    "succeeded": "order.refunded",
    "failed": "order.refund_failed",
}
EVENTS = sa.table(
    "order_events",
    *map(sa.column, ("order_id", "kind", "actor")),
    sa.column("data", DOCUMENT),
    sa.column("at", MOMENT),
)
ORDERS = sa.table(
    "orders",
    *(sa.column(name) for name in CONTENTS if name not in {"totals", "breakdown"}),
    *(sa.column(name, DOCUMENT) for name in ("totals", "breakdown")),
    *map(sa.column, ("id", "payment_id", "status", "fulfillment_status")),
    sa.column("placed_at", MOMENT),
)
LINES = sa.table("order_lines", sa.column("order_id"), *map(sa.column, LINE_NAMES.values()))
REFUNDS = sa.table(
    "refunds",
    *map(sa.column, ("id", "payment_id", "idempotency_key", "status", "refund_ref")),
    *map(sa.column, ("amount_minor", "currency", "reason")),
    sa.column("created_at", MOMENT),
)
FACTS_OF = sa.table(
    "payment_facts",
    *map(sa.column, ("id", "payment_id", "kind", "refund_ref", "amount_minor", "currency")),
    sa.column("recorded_at", MOMENT),
)
PAYMENTS = sa.table("payments", sa.column("id"), sa.column("captured_minor"))
SAID = {"refund_pending": "pending", "refund_succeeded": "succeeded", "refund_failed": "failed"}
FINAL = ("", "pending", "succeeded", "failed")
"""What is said of a refund, each outranking those before it."""

OVER = ("canceled", "refunded")


def upgrade() -> None:
    """Write how each order began and what went back since, as far as it is known."""
    connection = op.get_bind()
    for orders in _portions(connection):
        lines = _by(connection, LINES, LINES.c.order_id, [order["id"] for order in orders])
        paid_by = [order["payment_id"] for order in orders]
        ours = _by(connection, REFUNDS, REFUNDS.c.payment_id, paid_by)
        facts = _by(connection, FACTS_OF, FACTS_OF.c.payment_id, paid_by)
        captured = _by(connection, PAYMENTS, PAYMENTS.c.id, paid_by)
        events: list[dict[str, Any]] = []
        for order in orders:
            payment = order["payment_id"]
            refunds = _refunds(ours[payment], facts[payment])
            if _is_all_back(order["status"], captured[payment][0]["captured_minor"], refunds):
                # Earlier editions left an order as it was, however much of its money was back.
                is_this = ORDERS.c.id == order["id"]
                connection.execute(sa.update(ORDERS).where(is_this).values(status="refunded"))
                events += _events(order, "refunded", lines[order["id"]], refunds)
            else:
                events += _events(order, order["status"], lines[order["id"]], refunds)
        connection.execute(sa.insert(EVENTS), events)


def downgrade() -> None:
    """Leave the histories as they are: what has happened stays so."""


def _portions(connection: sa.Connection) -> Iterator[Sequence[Any]]:
    """Give the orders without a history, the oldest first, so many that memory never matters."""
    last = 0
    known = sa.exists().where(EVENTS.c.order_id == ORDERS.c.id)
    while True:
        wanted = sa.select(ORDERS).where(ORDERS.c.id > last, ~known).order_by(ORDERS.c.id)
        orders = connection.execute(wanted.limit(PORTION)).mappings().all()
        if not orders:
            return
        last = orders[-1]["id"]
        yield orders


def _by(
    connection: sa.Connection, table: sa.TableClause, column: sa.ColumnClause[Any], keys: list[int]
) -> dict[int, list[Any]]:
    """Return the rows of a portion by what they belong to, in their order."""
    found: dict[int, list[Any]] = defaultdict(list)
    order = table.c.position if "position" in table.c else table.c.id
    wanted = sa.select(table).where(column.in_(keys)).order_by(order)
    for row in connection.execute(wanted).mappings():
        found[row[column.name]].append(row)
    return found


def _is_all_back(status: str, captured_minor: int, refunds: Sequence[dict[str, Any]]) -> bool:
    back = sum(refund["amount_minor"] for refund in refunds if refund["status"] == "succeeded")
    return status not in OVER and 0 < captured_minor <= back


def _events(
    order: Any, status: str, lines: Sequence[Any], refunds: Sequence[dict[str, Any]]
) -> Iterator[dict[str, Any]]:
    """Give the history of one order: how it was placed, and each refund as it stands."""
    fulfilled = {"fulfillment_status": order["fulfillment_status"]}
    contents = {name: order[name] for name in CONTENTS}
    contents["lines"] = [{key: line[name] for key, name in LINE_NAMES.items()} for line in lines]
    contents |= {"order_status": order["status"], **fulfilled}
    yield {
        "order_id": order["id"],
        "kind": "order.placed",
        "actor": "buyer",
        "data": contents,
        "at": order["placed_at"],
    }
    for refund in refunds:
        data = {name: refund[name] for name in ("amount_minor", "currency", "reason")}
        data |= {"refund": refund["idempotency_key"], "lines": []}
        yield {
            "order_id": order["id"],
            "kind": REFUND_KINDS[refund["status"]],
            "actor": "shop",
            "data": {**data, "order_status": status, **fulfilled},
            "at": refund["created_at"],
        }


def _refunds(ours: Sequence[Any], facts: Sequence[Any]) -> list[dict[str, Any]]:
    """Return the refunds of a payment: the shop's, then those that were made at the provider."""
    refunds = [dict(refund) for refund in ours]
    names = {refund["refund_ref"] for refund in refunds}
    # What the provider has not named yet may be one that it has told of: it is told later.
    unnamed = {
        refund["amount_minor"]
        for refund in refunds
        if refund["status"] == "pending" and refund["refund_ref"] is None
    }
    told: dict[str, dict[str, Any]] = {}
    for fact in facts:
        name = fact["refund_ref"]
        if name is None or name in names or fact["amount_minor"] in unnamed:
            continue
        first = {**fact, "idempotency_key": name, "reason": "provider", "status": ""}
        refund = told.setdefault(name, {**first, "created_at": fact["recorded_at"]})
        refund["amount_minor"] = max(refund["amount_minor"], fact["amount_minor"])
        refund["status"] = max(refund["status"], SAID[fact["kind"]], key=FINAL.index)
    return [*refunds, *told.values()]
