"""Write to the buyer and to the merchant about an order: what is queued, and what is sent of it.

The queue names no person. Who gets a mail is looked up when it is sent, so that nothing goes to
somebody who was erased meanwhile.
"""

from typing import Any

from plantly.db import UnitOfWork
from plantly.db.tables import OrderEventRow, OrderRow
from plantly.domain.errors import InvalidInput, NotFound
from plantly.domain.order_mail import MailKind, mails_after
from plantly.services.order_desk import buyer_of

MAIL_TOPIC = "send_mail"


def queue_mails(uow: UnitOfWork, order: OrderRow, event: OrderEventRow) -> None:
    """Queue the mails that follow from an event, each of them once."""
    mails = {f"mail:{event.id}:{kind}": kind for kind in mails_after(event.kind)}
    if mails:
        wanted = {key: _payload(order, event, kind) for key, kind in mails.items()}
        uow.outbox.put_all(MAIL_TOPIC, wanted, uow.now)


def resend(uow: UnitOfWork, order: OrderRow, kind: str) -> str:
    """Queue a mail once more, about the newest event that it follows from; return what to say.

    Raises:
        InvalidInput: There is no such mail, or nothing has happened that it could tell of.
        NotFound: The buyer was erased.
    """
    try:
        wanted = MailKind(kind)
    except ValueError as error:
        known = ", ".join(MailKind)
        raise InvalidInput("kind", f"There is no mail {kind!r}: use one of {known}.") from error
    events = [e for e in uow.orders.events_of(order.id) if wanted in mails_after(e.kind)]
    if not events:
        text = f"Nothing has happened to {order.order_number} that {wanted} could tell of."
        raise InvalidInput("kind", text)
    if not wanted.is_for_merchant and buyer_of(uow, order) is None:
        text = f"The buyer of {order.order_number} was erased: there is nobody to write to."
        raise NotFound("order_number", text, was_guessed=False)
    key = f"mail:{events[-1].id}:{wanted}:{uow.ids.token('again_')}"
    uow.outbox.put(MAIL_TOPIC, key, _payload(order, events[-1], wanted), uow.now)
    return f"{wanted} of {order.order_number} is queued and goes out with the next round."


def _payload(order: OrderRow, event: OrderEventRow, kind: MailKind) -> dict[str, Any]:
    return {"kind": kind.value, "order_id": order.id, "event_id": event.id}
