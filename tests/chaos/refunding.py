"""What runs at once in processes of their own when orders are refunded by several people."""

import asyncio
import random
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import partial

from plantly.db import Database, UnitOfWork, open_database
from plantly.domain.errors import InvalidInput, ProviderUnavailable
from plantly.services.refunds import request_refund
from plantly.services.workflows.outbox import work_outbox
from tests.chaos.shops_here import open_shop, quiet
from tests.support.checks.rows import rows
from tests.support.clock import MovableClock

_LEFT = """
    SELECT (SELECT COUNT(*) FROM payments WHERE refund_decided_minor < captured_minor)
         + (SELECT COUNT(*) FROM refunds WHERE status = 'pending')
"""
_AMOUNTS = (1, 99, 500, 999, 1_500, 1_000_000)


def decide(url: str, references: Sequence[str], seed: str) -> Counter[str]:
    """Give back parts of every payment, as one of several people, until nothing is left."""
    return asyncio.run(_decide(url, list(references), random.Random(seed)))  # noqa: S311 - dice


async def _decide(url: str, references: list[str], dice: random.Random) -> Counter[str]:
    counts: Counter[str] = Counter()
    db = open_database(url, pool_size=1)
    try:
        while references:
            reference = dice.choice(references)
            left = await _give_back(db, reference, dice.choice(_AMOUNTS), f"{dice.random()}")
            if left is None:
                counts["refused"] += 1
                left = await db.read(partial(_left_of, reference=reference))
                # Whoever asks for exactly what is left may still be too late.
                await _give_back(db, reference, left, f"{dice.random()}")
            else:
                counts["decided"] += 1
            if not await db.read(partial(_left_of, reference=reference)):
                references.remove(reference)
    finally:
        await db.close()
    return counts


async def _give_back(db: Database, reference: str, amount_minor: int, key: str) -> int | None:
    """Decide on a refund, twice with the same key; give what is left, none if it was refused."""

    def work(uow: UnitOfWork) -> int:
        return request_refund(uow, reference, amount_minor, "requested", key).left_minor

    try:
        await db.write(work)
        return await db.write(work)
    except InvalidInput:
        return None


def _left_of(uow: UnitOfWork, reference: str) -> int:
    payment = uow.payments.by_reference(reference)
    assert payment is not None
    return payment.captured_minor - payment.refund_decided_minor


def send(url: str, seconds: float) -> Counter[str]:
    """Do what the outbox asks for, whoever else does the same, until nothing is left to do."""
    with quiet():
        return asyncio.run(_send(url, seconds))


async def _send(url: str, seconds: float) -> Counter[str]:
    counts: Counter[str] = Counter()
    clock = MovableClock(datetime.now(UTC))
    async with open_shop(url, clock) as shop, asyncio.timeout(seconds):
        while await shop.db.read(lambda uow: rows(uow, _LEFT)[0][0]):
            try:
                await work_outbox(shop.db, shop.till.gateway)
            except ProviderUnavailable:
                counts["unanswered"] += 1
            clock.advance(timedelta(seconds=1))
            await asyncio.sleep(0)
        counts["calls"] += len(shop.line.calls)
    return counts
