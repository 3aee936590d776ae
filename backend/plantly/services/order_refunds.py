"""Give money of an order back: for units of its lines, an amount, or all that is left."""

from collections.abc import Mapping
from dataclasses import dataclass

from plantly.db import UnitOfWork
from plantly.db.tables import OrderRow, PaymentRow, RefundLineRow, RefundRow
from plantly.domain.errors import IdempotencyConflict, InvalidInput
from plantly.domain.money import EXPONENTS, MAX_MINOR, Currency, minor_from_major
from plantly.domain.order import LineProgress, OrderStatus
from plantly.domain.refunds import RefundReason, share_of
from plantly.services.order_desk import (
    check_key,
    find_order,
    lock_order,
    positions_of,
    progress_of,
)
from plantly.services.refund_decisions import refundable
from plantly.services.refund_events import tell_refunds
from plantly.services.refunds import decide_or_refuse, refund_name
from plantly.services.restock import put_back
from plantly.services.typed_amounts import read_amount


@dataclass(frozen=True, slots=True)
class RefundAsk:
    """What is to go back: units by SKU, or an amount, or all that is left when neither is said."""

    lines: Mapping[str, int] | None = None
    amount_minor: int | None = None
    reason: RefundReason = RefundReason.REQUESTED
    restock: bool = False
    """Put the units back on the shelf."""
    came_back: bool = False
    """The units were sent and have come back; else those that were not sent yet go first."""


@dataclass(frozen=True, slots=True)
class RefundGiven:
    """A refund that was decided on, and what can still go back after it."""

    amount_minor: int
    currency: str
    status: str
    lines: Mapping[str, int]
    left_minor: int


@dataclass(frozen=True, slots=True)
class _Share:
    """Units of one line that are paid back."""

    line: LineProgress
    quantity: int
    amount_minor: int


def refund_order(uow: UnitOfWork, order_number: str, ask: RefundAsk, key: str) -> RefundGiven:
    """Decide on a refund of an order; the same key gives the first decision again.

    Raises:
        NotFound: There is no such order.
        InvalidInput: So much, or so many, cannot go back.
        IdempotencyConflict: The key was used for another refund.
    """
    order = find_order(uow, order_number)
    payment = lock_order(uow, order).payment
    refund = refund_locked(uow, order, payment, ask, check_key(key))
    skus = {line.position: line.sku for line in order.lines}
    lines = {
        skus[line.position]: line.quantity
        for line, of in uow.aftercare.refund_lines_of(payment.id)
        if of.id == refund.id
    }
    left = refundable(payment)
    return RefundGiven(refund.amount_minor, refund.currency, refund.status, lines, left)


def amount_in(currency: str, text: str) -> int:
    """Return an amount that somebody typed in minor units of the order's currency.

    Raises:
        InvalidInput: It is no amount of that currency.
    """
    typed = read_amount(text)
    if typed is None or typed.currency not in (None, currency):
        raise InvalidInput("amount", f"amount: send a number of {currency}, such as 12.50.")
    minor = minor_from_major(typed.number, Currency(currency))
    if minor is None or minor > MAX_MINOR:
        digits = EXPONENTS[currency]
        raise InvalidInput("amount", f"amount: {currency} has {digits} decimals, send no others.")
    return minor


def refund_locked(
    uow: UnitOfWork, order: OrderRow, payment: PaymentRow, ask: RefundAsk, key: str
) -> RefundRow:
    """Decide on a refund of an order that is locked, and its payment with it.

    Raises:
        InvalidInput, IdempotencyConflict: See `refund_order`.
    """
    name = refund_name(payment.reference, key)
    known = uow.payments.refund_by_key(name)
    if known is not None:
        _check_same(uow, order, payment, ask, known)
        return known
    if ask.lines is not None and ask.amount_minor is not None:
        raise InvalidInput("amount_minor", "Refund either lines or an amount, not both.")
    shares = _shares(uow, order, payment, ask)
    amount = _amount(payment, ask, shares)
    refund = decide_or_refuse(uow, payment, amount, ask.reason, name)
    rows, back = _rows(refund, shares, ask)
    uow.aftercare.add_refund_lines(rows)
    put_back(uow, order, back)
    tell_refunds(uow, order, payment, "merchant")
    return refund


def _shares(
    uow: UnitOfWork, order: OrderRow, payment: PaymentRow, ask: RefundAsk
) -> dict[int, _Share]:
    """Return what is paid back of each line, by its position; nothing for an amount."""
    if ask.amount_minor is not None:
        if ask.restock:
            text = "Only units go back on the shelf: say which lines, or refund all of it."
            raise InvalidInput("lines", text)
        return {}
    if order.status is OrderStatus.CANCELED:
        if ask.lines is not None:
            text = "This order is canceled, its units are back: refund an amount, or all of it."
            raise InvalidInput("lines", text)
        return {}
    progress = progress_of(uow, order)
    if ask.lines is None:
        return _all_shares(order, progress, refundable(payment))
    totals = _line_totals(order)
    shares = {}
    for position, quantity in positions_of(order, ask.lines).items():
        line = progress[position]
        if quantity > line.refundable:
            text = f"{line.sku}: {quantity} cannot be refunded, at most {line.refundable} can."
            raise InvalidInput("lines", text)
        if position not in totals:
            text = "How this order's total was made is not known: refund an amount instead."
            raise InvalidInput("lines", text)
        worth = share_of(totals[position], line, quantity)
        shares[position] = _Share(line, quantity, worth)
    return shares


def _all_shares(
    order: OrderRow, progress: Mapping[int, LineProgress], left_minor: int
) -> dict[int, _Share]:
    """Return every unit that is left, worth what it cost as far as there is money for it."""
    totals = _line_totals(order)
    shares = {}
    for position, line in progress.items():
        if line.refundable:
            worth = share_of(totals[position], line, line.refundable) if position in totals else 0
            worth = min(worth, left_minor)
            left_minor -= worth
            shares[position] = _Share(line, line.refundable, worth)
    return shares


def _line_totals(order: OrderRow) -> dict[int, int]:
    """Return what was paid for each line, its discounts and taxes counted, by its position."""
    explained = order.breakdown["lines"] if order.breakdown else []
    paid = {line["variant"]: line["total_minor"] for line in explained}
    return {
        line.position: paid[line.variant_handle]
        for line in order.lines
        if line.variant_handle in paid
    }


def _amount(payment: PaymentRow, ask: RefundAsk, shares: Mapping[int, _Share]) -> int:
    if ask.amount_minor is not None:
        return ask.amount_minor
    if ask.lines is None:
        if not refundable(payment):
            raise InvalidInput("order_number", "Nothing is left that could go back.")
        return refundable(payment)
    amount = sum(share.amount_minor for share in shares.values())
    if not amount:
        raise InvalidInput("lines", "Nothing was paid for these units.")
    return amount


def _rows(
    refund: RefundRow, shares: Mapping[int, _Share], ask: RefundAsk
) -> tuple[list[RefundLineRow], dict[int, int]]:
    """Return the lines of a refund, and which units go back on the shelf with it."""
    rows, back = [], {}
    for position, share in shares.items():
        line, quantity = share.line, share.quantity
        # What a refund that failed has put back is there already.
        missing = line.to_restock + quantity - line.restocked if ask.restock else 0
        back[position] = max(0, min(quantity, missing))
        rows.append(
            RefundLineRow(
                refund_id=refund.id,
                position=position,
                quantity=quantity,
                amount_minor=share.amount_minor,
                dropped=0 if ask.came_back else min(quantity, line.to_send),
                restock=ask.restock,
                restocked=back[position],
            )
        )
    return rows, back


def _check_same(
    uow: UnitOfWork, order: OrderRow, payment: PaymentRow, ask: RefundAsk, known: RefundRow
) -> None:
    """Check that a key is used for what it was used for before."""
    lines = [line for line, of in uow.aftercare.refund_lines_of(payment.id) if of.id == known.id]
    held = {line.position: line.quantity for line in lines}
    if ask.amount_minor is not None:
        same = not held and known.amount_minor == ask.amount_minor
    elif ask.lines is not None:
        restocks = all(line.restock == ask.restock for line in lines)
        same = positions_of(order, ask.lines) == held and restocks
    else:
        same = _was_all(uow, order, payment, known)
    if not same:
        raise IdempotencyConflict("This key was used for another refund of this order.")


def _was_all(uow: UnitOfWork, order: OrderRow, payment: PaymentRow, known: RefundRow) -> bool:
    """Say whether a refund can have been of all that was left: of money, and of units."""
    left = refundable(payment)
    if known.status == "failed":
        return left <= known.amount_minor
    later = [of for of in uow.payments.refunds_of(payment.id) if of.id > known.id]
    canceled = order.status is OrderStatus.CANCELED
    units_left = any(line.refundable for line in progress_of(uow, order).values())
    return not (left or any(of.status != "failed" for of in later)) and (canceled or not units_left)
