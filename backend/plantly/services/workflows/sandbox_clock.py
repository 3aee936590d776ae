"""The sandbox provider's own background work: its clock, and the delivery of its webhooks."""

from collections.abc import Mapping, Sequence
from itertools import groupby
from operator import attrgetter
from typing import Final

import anyio
import httpx

from plantly.db import Database, UnitOfWork
from plantly.domain.sandbox_chaos import Chaos
from plantly.payments.sandbox import KnownSecrets
from plantly.payments.signatures import signed_headers
from plantly.services.sandbox_events import Delivery, due_deliveries, note_deliveries
from plantly.services.sandbox_moves import advance

_AT_ONCE: Final = 8
_MOST: Final = 100
_SECONDS: Final = 7
"""Then nothing new is sent: the worker's other steps have to come, and its lease would end."""

_TIMEOUT: Final = httpx.Timeout(5.0, connect=2.0)


class SandboxClock:
    """Moves payments on with time, and sends webhooks until they are accepted."""

    def __init__(
        self,
        db: Database,
        client: httpx.AsyncClient,
        webhook_url: str,
        secrets: KnownSecrets,
        chaos: Chaos,
    ) -> None:
        self._db = db
        self._client = client
        # Read once: most webhooks go there.
        self._webhook_url = httpx.URL(webhook_url)
        self._secrets = secrets
        self._chaos = chaos

    async def tick(self) -> None:
        """Do everything that is due."""
        has_work, due = await self._db.read(_look)
        if has_work:
            await self._db.write(lambda uow: advance(uow, self._chaos, _MOST))
            due = await self._db.read(_due)
        accepted: dict[str, bool] = {}
        try:
            await self._send_all(due, accepted)
        finally:
            # What was accepted is noted even when the rest is broken off.
            with anyio.CancelScope(shield=True):
                await self._note(accepted)

    async def _send_all(self, due: Sequence[Delivery], accepted: dict[str, bool]) -> None:
        """Send the webhooks of a payment one after the other, those of several at once."""
        turns = anyio.CapacityLimiter(_AT_ONCE)
        until = anyio.current_time() + _SECONDS
        payment = attrgetter("payment_id")

        async def send_those_of_one(deliveries: Sequence[Delivery]) -> None:
            async with turns:
                for delivery in deliveries:
                    if anyio.current_time() < until:
                        accepted[delivery.event_id] = await self._send_copies(delivery)

        async with anyio.create_task_group() as tasks:
            for _, deliveries in groupby(sorted(due, key=payment), payment):
                tasks.start_soon(send_those_of_one, list(deliveries))

    async def _note(self, accepted: Mapping[str, bool]) -> None:
        if accepted:
            await self._db.write(lambda uow: note_deliveries(uow, self._chaos, accepted))

    async def _send_copies(self, delivery: Delivery) -> bool:
        """Send all copies at the same time; say whether each was accepted."""
        answers: list[bool] = []

        async def send() -> None:
            answers.append(await self._send(delivery))

        async with anyio.create_task_group() as tasks:
            for _ in range(delivery.copies):
                tasks.start_soon(send)
        return all(answers)

    async def _send(self, delivery: Delivery) -> bool:
        headers = signed_headers(self._secrets.webhook_secrets, delivery.body, delivery.sent_at)
        headers["content-type"] = "application/json"
        url = delivery.url or self._webhook_url
        try:
            answer = await self._client.post(
                url, content=delivery.body, headers=headers, timeout=_TIMEOUT
            )
        except (httpx.HTTPError, httpx.InvalidURL):
            return False
        return answer.is_success


def _look(uow: UnitOfWork) -> tuple[bool, list[Delivery]]:
    """Say in one transaction whether a payment is to be moved on, and what is to be sent."""
    return uow.sandbox.has_work(uow.now), _due(uow)


def _due(uow: UnitOfWork) -> list[Delivery]:
    return due_deliveries(uow, _MOST)
