"""What waits for the background worker: asked all at once, because mostly there is nothing."""

from plantly.db import UnitOfWork
from plantly.db.repositories.duties import Duties, duties_at
from plantly.services.order_mails import MAIL_TOPIC


def duties(uow: UnitOfWork) -> Duties:
    """Return the kinds of work that there may be something of now."""
    return duties_at(uow.connection, uow.now, MAIL_TOPIC)
