"""Read what a queued mail is about, at the moment when it is sent."""

from collections.abc import Mapping
from typing import Any

from plantly.db import UnitOfWork
from plantly.domain.order_mail import MailKind
from plantly.services.mails.letters import Occasion
from plantly.services.order_links import order_path
from plantly.services.order_sheet import sheet_of


def occasion_of(
    uow: UnitOfWork, name: str, payload: Mapping[str, Any], merchants: tuple[str, ...]
) -> Occasion | None:
    """Return what to write, and to whom; None when there is nobody to write to.

    That is so once the buyer was erased, and for a merchant who named no address.
    """
    kind = MailKind(payload["kind"])
    order = uow.orders.by_row_id(int(payload["order_id"]))
    events = uow.orders.events_of(order.id)
    event = next(event for event in events if event.id == payload["event_id"])
    sheet = sheet_of(uow, order)
    recipients = merchants
    if not kind.is_for_merchant:
        recipients = (sheet.buyer.email,) if sheet.buyer else ()
    if not recipients:
        return None
    return Occasion(
        kind=kind,
        sheet=sheet,
        data=event.data,
        recipients=recipients,
        page_path=order_path(uow, order.order_number),
        name=f"{order.order_number} {name}",
        at=uow.now,
    )
