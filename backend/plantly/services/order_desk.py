"""What every change of an order begins with: the order itself, alone, and what became of it."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from plantly.db import UnitOfWork
from plantly.db.repositories.payments import PaymentChain
from plantly.db.tables import BuyerRow, OrderLineRow, OrderRow
from plantly.domain.errors import InvalidInput, NotFound
from plantly.domain.order import (
    FulfillmentStatus,
    LineProgress,
    OrderStatus,
    follow,
    fulfillment_status,
    read_order_number,
)
from plantly.domain.order_return import ReturnStatus

MOST_KEY = 64
"""Characters of the key under which somebody repeats a change."""


def find_order(uow: UnitOfWork, order_number: str) -> OrderRow:
    """Return an order by its number, as people type it.

    Raises:
        NotFound: There is none.
    """
    order = uow.orders.by_number(read_order_number(order_number))
    if order is None:
        raise NotFound("order_number", f"There is no order {order_number}.")
    return order


def lock_order(uow: UnitOfWork, order: OrderRow) -> PaymentChain:
    """Keep everybody else from changing an order, its refunds and its payment meanwhile.

    The lock is that of the payment: what a provider says changes the order as well.
    """
    payment = uow.payments.by_row_id(order.payment_id)
    chain = uow.payments.chain(payment.provider, payment.reference)
    uow.aftercare.read_again(order)
    return chain


def buyer_of(uow: UnitOfWork, order: OrderRow) -> BuyerRow | None:
    """Return who bought; None once that person was erased."""
    checkout = uow.checkouts.by_row_id(order.checkout_id)
    return checkout.buyer if checkout is not None else None


def progress_of(uow: UnitOfWork, order: OrderRow) -> dict[int, LineProgress]:
    """Return what has become of the units of each line, by its position in the order."""
    lines = {line.position: LineProgress(line.sku, line.quantity) for line in order.lines}
    for parcel in uow.aftercare.fulfillments_of(order.id):
        for sent in parcel.lines:
            lines[sent.position] = _plus(lines[sent.position], sent=sent.quantity)
    for back in uow.aftercare.returns_of(order.id):
        for unit in back.lines:
            if back.status is not ReturnStatus.DECLINED:
                lines[unit.position] = _plus(lines[unit.position], returning=unit.quantity)
            if back.restocked:
                lines[unit.position] = _plus(
                    lines[unit.position], to_restock=unit.quantity, restocked=unit.quantity
                )
    for given, refund in uow.aftercare.refund_lines_of(order.payment_id):
        line = _plus(lines[given.position], restocked=given.restocked)
        if refund.status != "failed":
            line = _plus(
                line,
                dropped=given.dropped,
                refunded=given.quantity,
                refunded_minor=given.amount_minor,
                to_restock=given.quantity if given.restock else 0,
                kept_off=0 if given.restock else given.quantity,
            )
        lines[given.position] = line
    return lines


def settle_goods(uow: UnitOfWork, order: OrderRow) -> None:
    """Let the states of an order follow its goods."""
    if order.status is OrderStatus.CANCELED:
        return
    parcels = uow.aftercare.fulfillments_of(order.id)
    arrived = all(parcel.delivered_at is not None for parcel in parcels)
    goods = fulfillment_status(progress_of(uow, order).values(), all_delivered=arrived)
    order.fulfillment_status = goods
    order.status = follow(order.status, goods)


def states_of(order: OrderRow) -> dict[str, Any]:
    """Return where an order stands, as every event of its history says."""
    return {
        "order_status": order.status.value,
        "fulfillment_status": FulfillmentStatus(order.fulfillment_status).value,
    }


def positions_of(order: OrderRow, wanted: Mapping[str, int]) -> dict[int, int]:
    """Return quantities by the position of the line, from quantities by SKU.

    Raises:
        InvalidInput: No line has that SKU, two have the same, or a quantity is not positive.
    """
    lines = {line.sku.casefold(): line for line in order.lines}
    found: dict[int, int] = {}
    for sku, quantity in wanted.items():
        line = lines.get(sku.strip().casefold())
        if line is None:
            there = ", ".join(line.sku for line in order.lines)
            raise InvalidInput("lines", f"The order has no {sku}: it has {there}.")
        if quantity < 1:
            raise InvalidInput("lines", f"{line.sku}: send a quantity of 1 or more.")
        if line.position in found:
            raise InvalidInput("lines", f"{line.sku} is named twice: name each SKU once.")
        found[line.position] = quantity
    return found


def as_lines(order: OrderRow, quantities: Mapping[int, int]) -> list[dict[str, Any]]:
    """Return quantities by position as an event tells of them."""
    return [
        {"sku": line.sku, "quantity": quantities[line.position]}
        for line in order.lines
        if quantities.get(line.position)
    ]


def named(lines: Iterable[OrderLineRow], position: int) -> str:
    """Return the SKU of the line at a position."""
    return next(line.sku for line in lines if line.position == position)


def check_key(key: str) -> str:
    """Return the key of a change that may be repeated.

    Raises:
        InvalidInput: It is empty or too long.
    """
    if not key.strip() or len(key) > MOST_KEY or not key.isprintable():
        raise InvalidInput("key", f"key: send 1 to {MOST_KEY} characters that can be read.")
    return key


def _plus(line: LineProgress, **more: int) -> LineProgress:
    return replace(line, **{name: getattr(line, name) + units for name, units in more.items()})
