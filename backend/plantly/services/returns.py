"""Goods that come back: the buyer asks, the merchant answers and notes what arrived."""

from collections.abc import Mapping
from dataclasses import dataclass

from plantly.db import UnitOfWork
from plantly.db.tables import OrderRow, PaymentRow, ReturnLineRow, ReturnRow
from plantly.domain.checkout import looks_like_card_number
from plantly.domain.errors import IllegalMove, InvalidInput, NotFound
from plantly.domain.order_history import RETURN_KINDS
from plantly.domain.order_return import MOST_NOTE, ReturnReason, ReturnStatus, move
from plantly.domain.refunds import RefundReason
from plantly.domain.said import Said
from plantly.services.order_desk import (
    as_lines,
    buyer_of,
    find_order,
    lock_order,
    named,
    positions_of,
    progress_of,
    states_of,
)
from plantly.services.order_events import record_order_event
from plantly.services.order_refunds import RefundAsk, refund_locked
from plantly.services.restock import put_back

_MERCHANT = "merchant"


@dataclass(frozen=True, slots=True)
class ReturnView:
    """A return without anything that the buyer wrote; its lines are quantities by SKU."""

    number: int
    status: str
    reason: str
    lines: Mapping[str, int]
    refund_minor: int | None
    """What goes back for it, once it was received with a refund."""


@dataclass(frozen=True, slots=True)
class Receipt:
    """What to do with goods that came back."""

    refund: bool = False
    restock: bool = False


def returnable_lines(uow: UnitOfWork, order: OrderRow) -> dict[str, int]:
    """Return how many units of each line can be sent back, by SKU; lines with none are left out."""
    progress = progress_of(uow, order).values()
    return {line.sku: line.returnable for line in progress if line.returnable}


def request_return(
    uow: UnitOfWork, order: OrderRow, lines: Mapping[str, int], reason: str, note: str = ""
) -> ReturnView:
    """Ask to send units back, by SKU. Whoever presses twice gets the first return again.

    The note is kept with the buyer and nowhere else; there is none once the buyer was erased.

    Raises:
        InvalidInput: The reason is not on the list, the note cannot be kept, or so many units
            were not sent, or come back already.
    """
    why, written = _reason(reason), _note(note)
    lock_order(uow, order)
    wanted = positions_of(order, lines)
    known = uow.aftercare.returns_of(order.id)
    same = next((row for row in known if _is_same(row, wanted, why)), None)
    if same is not None:
        return view_return(uow, order, same)
    _check_left(uow, order, wanted)
    row = ReturnRow(
        order_id=order.id,
        number=len(known) + 1,
        status=ReturnStatus.REQUESTED,
        reason=why,
        refund_id=None,
        restocked=False,
        requested_at=uow.now,
        changed_at=uow.now,
        lines=[
            ReturnLineRow(position=position, quantity=wanted[position])
            for position in sorted(wanted)
        ],
    )
    uow.aftercare.add(row)
    _keep_note(uow, order, row.number, written)
    _record(uow, order, row, "buyer")
    return view_return(uow, order, row)


def approve_return(uow: UnitOfWork, order_number: str, number: int) -> ReturnView:
    """Agree to take goods back.

    Raises:
        NotFound: There is no such order or return.
        InvalidInput: It was declined or received.
    """
    return _answer(uow, order_number, number, ReturnStatus.APPROVED)


def decline_return(uow: UnitOfWork, order_number: str, number: int) -> ReturnView:
    """Refuse to take goods back, or give up on goods that never came.

    Raises:
        NotFound: There is no such order or return.
        InvalidInput: It was received.
    """
    return _answer(uow, order_number, number, ReturnStatus.DECLINED)


def receive_return(uow: UnitOfWork, order_number: str, number: int, receipt: Receipt) -> ReturnView:
    """Note that goods came back; refund what they cost and put them on the shelf if asked to.

    Raises:
        NotFound: There is no such order or return.
        InvalidInput: It was declined, or its refund is not possible any more.
    """
    order, payment, row = _locked(uow, order_number, number)
    if row.status is ReturnStatus.RECEIVED:
        return view_return(uow, order, row)
    _move(uow, row, ReturnStatus.RECEIVED)
    quantities = {line.position: line.quantity for line in row.lines}
    if receipt.refund:
        lines = {named(order.lines, p): quantity for p, quantity in quantities.items()}
        ask = RefundAsk(
            lines=lines, reason=RefundReason.RETURNED, restock=receipt.restock, came_back=True
        )
        # A line end is in no key that a person may use.
        row.refund_id = refund_locked(uow, order, payment, ask, f"return\n{number}").id
    elif receipt.restock:
        row.restocked = True
        put_back(uow, order, quantities)
    _record(uow, order, row, _MERCHANT)
    return view_return(uow, order, row)


def list_returns(uow: UnitOfWork, order: OrderRow) -> tuple[ReturnView, ...]:
    """Return what comes back of an order, the first one first."""
    return tuple(view_return(uow, order, row) for row in uow.aftercare.returns_of(order.id))


def view_return(uow: UnitOfWork, order: OrderRow, row: ReturnRow) -> ReturnView:
    """Return a return as it is shown."""
    refund = uow.aftercare.refund(row.refund_id)
    return ReturnView(
        number=row.number,
        status=row.status.value,
        reason=row.reason.value,
        lines={named(order.lines, line.position): line.quantity for line in row.lines},
        refund_minor=refund.amount_minor if refund else None,
    )


def _answer(uow: UnitOfWork, order_number: str, number: int, status: ReturnStatus) -> ReturnView:
    order, _, row = _locked(uow, order_number, number)
    if row.status is not status:
        _move(uow, row, status)
        _record(uow, order, row, _MERCHANT)
    return view_return(uow, order, row)


def _locked(
    uow: UnitOfWork, order_number: str, number: int
) -> tuple[OrderRow, PaymentRow, ReturnRow]:
    order = find_order(uow, order_number)
    payment = lock_order(uow, order).payment
    for row in uow.aftercare.returns_of(order.id):
        if row.number == number:
            return order, payment, row
    raise NotFound("number", f"Order {order.order_number} has no return {number}.")


def _move(uow: UnitOfWork, row: ReturnRow, status: ReturnStatus) -> None:
    try:
        row.status = move(row.status, status)
    except IllegalMove:
        text = f"Return {row.number} is {row.status} already: it cannot be {status} any more."
        raise InvalidInput("number", text) from None
    row.changed_at = uow.now


def _check_left(uow: UnitOfWork, order: OrderRow, wanted: Mapping[int, int]) -> None:
    progress = progress_of(uow, order)
    if not wanted:
        raise InvalidInput("lines", "Say what is to go back: at least one unit.")
    for position, quantity in wanted.items():
        line = progress[position]
        if quantity > line.returnable:
            text = f"{line.sku}: {quantity} cannot go back, at most {line.returnable} can."
            raise InvalidInput("lines", text)


def _is_same(row: ReturnRow, wanted: Mapping[int, int], reason: ReturnReason) -> bool:
    held = {line.position: line.quantity for line in row.lines}
    return row.status is ReturnStatus.REQUESTED and row.reason is reason and held == wanted


def _reason(reason: str) -> ReturnReason:
    try:
        return ReturnReason(reason)
    except ValueError:
        known = ", ".join(ReturnReason)
        text = f"Choose one of these reasons: {known}."
        raise InvalidInput("reason", Said(text, "form.choose_reason")) from None


def _note(note: str) -> str:
    text = " ".join(note.split())
    if len(text) > MOST_NOTE:
        text = f"Use at most {MOST_NOTE} characters."
        raise InvalidInput("note", Said(text, "form.too_long", most=MOST_NOTE))
    if not text.isprintable():
        raise InvalidInput(
            "note", Said("Remove the control characters.", "form.control_characters")
        )
    if looks_like_card_number(text):
        text = "This looks like a card number. Never type one here."
        raise InvalidInput("note", Said(text, "form.card_number_here"))
    return text


def _keep_note(uow: UnitOfWork, order: OrderRow, number: int, note: str) -> None:
    buyer = buyer_of(uow, order)
    if note and buyer is not None:
        buyer.return_notes = {**buyer.return_notes, str(number): note}


def _record(uow: UnitOfWork, order: OrderRow, row: ReturnRow, actor: str) -> None:
    refund = uow.aftercare.refund(row.refund_id)
    data = {
        "return": row.number,
        "reason": row.reason.value,
        "lines": as_lines(order, {line.position: line.quantity for line in row.lines}),
        "refund": refund.idempotency_key if refund else None,
        "restocked": row.restocked,
        **states_of(order),
    }
    record_order_event(uow, order, RETURN_KINDS[row.status], data, actor)
