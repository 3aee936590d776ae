"""The sandbox provider's own background work: its clock, and the delivery of its webhooks."""

import httpx

from plantly.db import Database, UnitOfWork
from plantly.payments.sandbox import SandboxSecrets
from plantly.payments.signatures import signed_headers
from plantly.services import sandbox_ledger
from plantly.services.sandbox_ledger import Delivery

_AT_ONCE = 20
_TIMEOUT = httpx.Timeout(5.0, connect=2.0)


class SandboxClock:
    """Moves payments on with time, and sends webhooks until they are accepted."""

    def __init__(
        self, db: Database, client: httpx.AsyncClient, webhook_url: str, secrets: SandboxSecrets
    ) -> None:
        self._db = db
        self._client = client
        self._webhook_url = webhook_url
        self._secrets = secrets.webhook_secrets

    async def tick(self) -> None:
        """Do everything that is due."""
        if await self._db.read(lambda uow: uow.sandbox.has_work(uow.now)):
            await self._db.write(sandbox_ledger.advance)
        for delivery in await self._db.read(_due):
            await self._send(delivery)

    async def _send(self, delivery: Delivery) -> None:
        headers = signed_headers(self._secrets, delivery.body, delivery.sent_at)
        headers["content-type"] = "application/json"
        try:
            answer = await self._client.post(
                self._webhook_url, content=delivery.body, headers=headers, timeout=_TIMEOUT
            )
            accepted = answer.is_success
        except httpx.HTTPError:
            accepted = False
        event_id = delivery.event_id
        await self._db.write(
            lambda uow: sandbox_ledger.note_delivery(uow, event_id, accepted=accepted)
        )


def _due(uow: UnitOfWork) -> list[Delivery]:
    return sandbox_ledger.due_deliveries(uow, _AT_ONCE)
