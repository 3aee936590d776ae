"""Endpoints of outgoing webhooks, and what is on its way to them."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, Select, delete, func, or_, select, update
from sqlalchemy.orm import Session

from plantly.db.direct import Sql, fetch
from plantly.db.tables import WebhookDeliveryRow, WebhookEndpointRow

_IS_ANYBODY_THERE = Sql("SELECT 1 FROM webhook_endpoints WHERE disabled_at IS NULL LIMIT 1")


class EndpointRepository:
    """Keeps who wants to be told."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def listening(self) -> Sequence[WebhookEndpointRow]:
        """Return the endpoints that get something; they stay until this transaction ends.

        Most shops have none, and every purchase asks: then it is one statement of the smallest.
        """
        if not fetch(self._session.connection(), _IS_ANYBODY_THERE, {}):
            return ()
        return self._session.scalars(
            select(WebhookEndpointRow)
            .where(WebhookEndpointRow.disabled_at.is_(None))
            .order_by(WebhookEndpointRow.id)
            .with_for_update(read=True, key_share=True)
        ).all()

    def all(self) -> Sequence[WebhookEndpointRow]:
        """Return every endpoint, oldest first."""
        return self._session.scalars(
            select(WebhookEndpointRow).order_by(WebhookEndpointRow.id)
        ).all()

    def find(self, public_id: str, *, lock: bool = False) -> WebhookEndpointRow | None:
        """Return the endpoint with that name."""
        statement = select(WebhookEndpointRow).where(WebhookEndpointRow.public_id == public_id)
        return self._session.scalars(_locked(statement) if lock else statement).one_or_none()

    def get(self, row_id: int) -> WebhookEndpointRow | None:
        """Return one endpoint, locked, unless it was removed."""
        return self._session.scalars(
            _locked(select(WebhookEndpointRow).where(WebhookEndpointRow.id == row_id))
        ).one_or_none()

    def at(self, url: str) -> WebhookEndpointRow | None:
        """Return the endpoint at an address."""
        return self._session.scalars(
            select(WebhookEndpointRow).where(WebhookEndpointRow.url == url)
        ).one_or_none()

    def add(self, endpoint: WebhookEndpointRow) -> None:
        """Keep an endpoint."""
        self._session.add(endpoint)
        self._session.flush()

    def remove(self, endpoint: WebhookEndpointRow) -> None:
        """Forget an endpoint, and everything that was sent there."""
        self._session.execute(
            delete(WebhookDeliveryRow).where(WebhookDeliveryRow.endpoint_id == endpoint.id)
        )
        self._session.delete(endpoint)
        self._session.flush()

    def count_disabled(self) -> int:
        """Count the endpoints that were switched off."""
        return self._session.scalars(
            select(func.count())
            .select_from(WebhookEndpointRow)
            .where(WebhookEndpointRow.disabled_at.is_not(None))
        ).one()


class DeliveryRepository:
    """Keeps what each endpoint is told, and how far that came."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def add(self, deliveries: Iterable[WebhookDeliveryRow]) -> None:
        """Keep what is to be delivered."""
        self._session.add_all(deliveries)
        self._session.flush()

    def endpoints_due(self, now: datetime) -> Sequence[int]:
        """Return the endpoints for which there is something to do now."""
        waiting = select(WebhookDeliveryRow.id).where(
            WebhookDeliveryRow.endpoint_id == WebhookEndpointRow.id, *_is_due(now)
        )
        return self._session.scalars(
            select(WebhookEndpointRow.id)
            .where(WebhookEndpointRow.disabled_at.is_(None), waiting.exists())
            .order_by(WebhookEndpointRow.id)
        ).all()

    def due(self, endpoint_id: int, now: datetime, limit: int) -> Sequence[int]:
        """Return what may be sent to an endpoint now, longest due first."""
        return self._session.scalars(
            select(WebhookDeliveryRow.id)
            .where(WebhookDeliveryRow.endpoint_id == endpoint_id, *_is_due(now))
            .order_by(WebhookDeliveryRow.next_at, WebhookDeliveryRow.id)
            .limit(limit)
        ).all()

    def claim(
        self, row_id: int, now: datetime, until: datetime
    ) -> tuple[WebhookDeliveryRow, WebhookEndpointRow] | None:
        """Have a delivery for oneself until then, unless a rival was quicker."""
        claimed = self._session.execute(
            update(WebhookDeliveryRow)
            .where(WebhookDeliveryRow.id == row_id, *_is_due(now))
            .values(leased_until=until)
            .execution_options(synchronize_session=False)
        )
        if not claimed.rowcount:  # type: ignore[attr-defined] # of every UPDATE
            return None
        found = self._session.execute(
            select(WebhookDeliveryRow, WebhookEndpointRow)
            .join(WebhookEndpointRow, WebhookEndpointRow.id == WebhookDeliveryRow.endpoint_id)
            .where(WebhookDeliveryRow.id == row_id)
        ).one()
        return found[0], found[1]

    def claimed(self, row_id: int, until: datetime) -> WebhookDeliveryRow | None:
        """Return the delivery that was claimed until then, locked; None once a rival has it."""
        return self._session.scalars(
            select(WebhookDeliveryRow)
            .where(WebhookDeliveryRow.id == row_id, WebhookDeliveryRow.leased_until == until)
            .with_for_update()
        ).one_or_none()

    def give_up(self, endpoint_id: int, now: datetime, failure: str) -> None:
        """Give up on everything that waits for an endpoint."""
        self._session.flush()
        self._session.execute(
            update(WebhookDeliveryRow)
            .where(
                WebhookDeliveryRow.endpoint_id == endpoint_id,
                WebhookDeliveryRow.next_at.is_not(None),
            )
            .values(next_at=None, leased_until=None, dead_at=now, last_failure=failure)
        )

    def latest(
        self, limit: int, *, dead: bool, endpoint_id: int | None
    ) -> Sequence[tuple[WebhookDeliveryRow, str]]:
        """Return the newest deliveries, each with the name of its endpoint."""
        statement = (
            select(WebhookDeliveryRow, WebhookEndpointRow.public_id)
            .join(WebhookEndpointRow, WebhookEndpointRow.id == WebhookDeliveryRow.endpoint_id)
            .order_by(WebhookDeliveryRow.id.desc())
            .limit(limit)
        )
        if dead:
            statement = statement.where(WebhookDeliveryRow.dead_at.is_not(None))
        if endpoint_id is not None:
            statement = statement.where(WebhookDeliveryRow.endpoint_id == endpoint_id)
        return [(row[0], row[1]) for row in self._session.execute(statement)]

    def of_event(self, event_id: str) -> Sequence[WebhookDeliveryRow]:
        """Return what was made of an event: a delivery for each endpoint, locked."""
        return self._session.scalars(
            select(WebhookDeliveryRow)
            .where(WebhookDeliveryRow.event_id == event_id)
            .order_by(WebhookDeliveryRow.id)
            .with_for_update()
        ).all()

    def dead(self, limit: int) -> Sequence[WebhookDeliveryRow]:
        """Return what was given up on and could be sent now, oldest first, locked."""
        return self._session.scalars(
            select(WebhookDeliveryRow)
            .join(WebhookEndpointRow, WebhookEndpointRow.id == WebhookDeliveryRow.endpoint_id)
            .where(
                WebhookDeliveryRow.dead_at.is_not(None), WebhookEndpointRow.disabled_at.is_(None)
            )
            .order_by(WebhookDeliveryRow.id)
            .limit(limit)
            .with_for_update(of=WebhookDeliveryRow)
        ).all()

    def count(self, endpoint_id: int) -> tuple[int, int]:
        """Count what waits for an endpoint, and what was given up on."""
        waiting, dead = self._session.execute(
            select(
                func.count(WebhookDeliveryRow.next_at), func.count(WebhookDeliveryRow.dead_at)
            ).where(WebhookDeliveryRow.endpoint_id == endpoint_id)
        ).one()
        return waiting, dead

    def count_dead(self) -> int:
        """Count what was given up on."""
        return self._session.scalars(select(func.count(WebhookDeliveryRow.dead_at))).one()

    def forget(self, before: datetime, limit: int) -> int:
        """Delete what was closed and is older than a moment; return how many rows that were."""
        old = (
            select(WebhookDeliveryRow.id)
            .where(WebhookDeliveryRow.created_at < before, WebhookDeliveryRow.next_at.is_(None))
            .order_by(WebhookDeliveryRow.created_at)
            .limit(limit)
        )
        gone = self._session.execute(
            delete(WebhookDeliveryRow)
            .where(WebhookDeliveryRow.id.in_(old))
            .execution_options(synchronize_session=False)
        )
        return int(gone.rowcount)  # type: ignore[attr-defined] # of every DELETE


def _locked(
    statement: Select[WebhookEndpointRow],
) -> Select[WebhookEndpointRow]:
    """Lock against others who change it; purchases that only tell it something go on."""
    return statement.with_for_update(key_share=True).execution_options(populate_existing=True)


def _is_due(now: datetime) -> tuple[ColumnElement[bool], ...]:
    free = or_(WebhookDeliveryRow.leased_until.is_(None), WebhookDeliveryRow.leased_until <= now)
    return WebhookDeliveryRow.next_at <= now, free
