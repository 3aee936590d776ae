"""A shop of the lab in this process, on a movable clock; its database is copied and compared."""

import asyncio
import hashlib
import json
import logging
import shutil
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import asdict, dataclass
from typing import Any, Final
from urllib.parse import urlsplit

import asyncpg
from sqlalchemy import select, text

from plantly.db import Database, UnitOfWork, open_database
from plantly.db.tables import CheckoutRow, VariantRow
from plantly.domain.checkout import PAYMENT_LIFETIME, CheckoutStatus
from plantly.domain.payment import PaymentStatus
from plantly.services.checkout_view import CheckoutView, view
from plantly.services.workflows.pace import Pause
from tests.chaos.lab import Lab
from tests.support.checks.rows import document
from tests.support.clock import MovableClock
from tests.support.invariants import findings
from tests.support.pay_shop import PayShop, open_pay_shop
from tests.support.shop import catalog, product, stock_shop, variant

PLENTY: Final = 100_000
PRICE_MINOR: Final = 1999
FERN: Final = "fern-12cm"
_RUNNING: Final = CheckoutStatus.COMPLETE_IN_PROGRESS

STATE: Final = {
    "payments": (
        "SELECT reference, session_ref, status, amount_minor, currency, authorized_minor, "
        "captured_minor, refunded_minor, refund_decided_minor, needs_attention, attention_reason "
        "FROM payments ORDER BY reference"
    ),
    "checkouts": "SELECT public_id, status, total_minor FROM checkout_sessions ORDER BY public_id",
    "orders": (
        "SELECT p.reference, o.status, o.currency, o.total_minor, "
        "(SELECT SUM(l.quantity) FROM order_lines l WHERE l.order_id = o.id) AS units "
        "FROM orders o JOIN payments p ON p.id = o.payment_id ORDER BY p.reference"
    ),
    "refunds": (
        "SELECT p.reference, r.amount_minor, r.currency, r.reason, r.status FROM refunds r "
        "JOIN payments p ON p.id = r.payment_id ORDER BY p.reference, r.amount_minor, r.reason"
    ),
    "stock": "SELECT variant_id, on_hand, reserved FROM stock ORDER BY variant_id",
    "holds": "SELECT payment_id, quantity, state FROM stock_holds ORDER BY payment_id",
    "inbox": "SELECT event_id, outcome, reference FROM webhook_inbox ORDER BY event_id",
}
"""What has to be the same, without the names and times that are made anew in each run."""

State = Mapping[str, Sequence[Sequence[Any]]]


@dataclass(frozen=True)
class Begun:
    """A payment that has begun: the goods are held, and the buyer is at the provider."""

    reference: str
    session_ref: str
    amount_minor: int
    currency: str = "USD"


def fill(uow: UnitOfWork) -> None:
    """Stock the shop with more ferns than anybody buys."""
    fern = variant(FERN, price_minor=PRICE_MINOR, stock=PLENTY)
    stock_shop(uow, catalog(product("fern", fern)))


def begin(uow: UnitOfWork, number: int, session: CheckoutStatus = _RUNNING) -> Begun:
    """Write what pressing Pay leaves behind, quicker than by pressing it.

    With another `session` the shop itself has closed it since.
    """
    checkout, seen = _agreed(uow, number)
    payment = uow.payments.add(
        reference=f"pay_{number}",
        checkout_id=checkout.id,
        provider="sandbox",
        idempotency_key=f"pk_{number}",
        session_ref=f"sbx_{number}",
        quote_hash=seen.quote_hash,
        amount_minor=seen.total_minor,
        currency="USD",
        status=PaymentStatus.CREATED,
        captured_minor=0,
        refunded_minor=0,
        needs_attention=False,
        poll_count=0,
        next_poll_at=uow.now + PAYMENT_LIFETIME,
        created_at=uow.now,
        expires_at=uow.now + PAYMENT_LIFETIME,
    )
    assert uow.stock.hold(payment.id, {line.variant_id: 1 for line in checkout.lines}) is None
    if session is not _RUNNING:
        uow.stock.release(payment.id)
        checkout.status = session
    return Begun(payment.reference, f"sbx_{number}", payment.amount_minor)


def _agreed(uow: UnitOfWork, number: int) -> tuple[CheckoutRow, CheckoutView]:
    """Write a session of one fern, whose total was agreed to."""
    (variant_id,) = uow.session.scalars(select(VariantRow.id).where(VariantRow.handle == FERN))
    checkout = uow.checkouts.add(
        public_id=f"cs_{number}",
        page_token=f"page_{number}",
        status=CheckoutStatus.READY_FOR_PAYMENT,
        currency="USD",
        discount_codes=[],
        country="US",
        region="CA",
        option_id="standard",
        created_at=uow.now,
        updated_at=uow.now,
        expires_at=uow.now + PAYMENT_LIFETIME,
        lines=[{"variant_id": variant_id, "position": 0, "quantity": 1}],
    )
    seen = view(uow, checkout)
    checkout.totals = [asdict(entry) for entry in seen.totals]
    checkout.breakdown, checkout.total_minor = seen.breakdown, seen.total_minor
    checkout.lines[0].unit_amount_minor = seen.items[0].unit_amount_minor
    checkout.status = _RUNNING
    return checkout, seen


@contextmanager
def quiet() -> Iterator[None]:
    """Leave out what the shop has to log while everything goes wrong on purpose."""
    log = logging.getLogger("plantly")
    before = log.level
    log.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        log.setLevel(before)


@asynccontextmanager
async def open_shop(
    url: str,
    clock: MovableClock | None = None,
    environment: Mapping[str, str] | None = None,
    pause: Pause | None = None,
) -> AsyncIterator[PayShop]:
    """Open a shop of the lab, without limits, which writes to nobody."""
    clock = clock or MovableClock()
    db = open_database(url, clock=clock)
    try:
        asked = {"PLANTLY_LIMITS": "off", "PLANTLY_MAIL": "off", **(environment or {})}
        async with open_pay_shop(url, db, clock, asked, pause) as shop:
            yield shop
    finally:
        await db.close()


async def copied(lab: Lab, url: str, name: str) -> str:
    """Copy a database that nobody has open, and give the URL of the copy."""
    if lab.engine == "sqlite":
        copy = lab.folder / f"{name}.db"
        shutil.copyfile(url.removeprefix("sqlite:///"), copy)
        return f"sqlite:///{copy}"
    parts = urlsplit(url)
    origin, template = url.removesuffix(parts.path), parts.path.removeprefix("/")
    connection = await asyncpg.connect(f"{origin}/postgres", timeout=10)
    try:
        await connection.execute(f'CREATE DATABASE "{template}_{name}" TEMPLATE "{template}"')
    finally:
        await connection.close()
    return f"{url}_{name}"


async def dropped(lab: Lab, url: str) -> None:
    """Remove a copy that is needed no more."""
    if lab.engine == "sqlite":
        (lab.folder / url.rpartition("/")[2]).unlink()
        return
    parts = urlsplit(url)
    connection = await asyncpg.connect(f"{url.removesuffix(parts.path)}/postgres", timeout=10)
    try:
        name = parts.path.removeprefix("/")
        await connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')
    finally:
        await connection.close()


def state(uow: UnitOfWork) -> State:
    """Give everything that has to be the same in the end."""
    return {
        name: [
            [value if not isinstance(value, bool) else int(value) for value in row]
            for row in uow.connection.execute(text(statement))
        ]
        for name, statement in STATE.items()
    } | {"outbox": _outbox(uow)}


def _outbox(uow: UnitOfWork) -> list[list[Any]]:
    """Give what is still to be asked of the provider, by payment instead of random keys.

    What has been overtaken asks for nothing any more: a capture of what is captured, say.
    """
    refunds = {
        row.idempotency_key: row.reference
        for row in uow.connection.execute(
            text(
                "SELECT r.idempotency_key, p.reference FROM refunds r "
                "JOIN payments p ON p.id = r.payment_id"
            )
        )
    }
    statuses = uow.connection.execute(text("SELECT reference, status FROM payments"))
    status = {row.reference: row.status for row in statuses}
    asked = []
    for row in uow.connection.execute(text("SELECT topic, payload FROM outbox")):
        payload = document(row.payload)
        reference = refunds.get(payload.get("refund"), payload.get("reference"))
        if row.topic != "capture_payment" or status[reference] == "authorized":
            asked.append([row.topic, reference])
    return sorted(asked)


def digest(what: State) -> str:
    """Give a short name that is the same for the same state only."""
    return hashlib.sha256(json.dumps(what, sort_keys=True).encode()).hexdigest()[:16]


def differences(first: State, other: State, most: int = 5) -> list[str]:
    """Say what differs, for a finding."""
    told = []
    for name, rows in first.items():
        before, after = ({json.dumps(row) for row in side} for side in (rows, other[name]))
        told += [f"{name}: only here {row}" for row in sorted(after - before)[:most]]
        told += [f"{name}: only in order {row}" for row in sorted(before - after)[:most]]
        if len(rows) != len(other[name]):
            told.append(f"{name}: {len(other[name])} rows, {len(rows)} in order")
    return told


async def wrong_in(db: Database, *, settled: bool = False) -> list[str]:
    """Run the checker."""
    return await db.read(lambda uow: findings(uow, settled=settled))


def prepared(lab: Lab, name: str) -> str:
    """Make a stocked database, and give its URL."""
    url = lab.new_database(name)
    asyncio.run(_filled(url))
    return url


async def _filled(url: str) -> None:
    db = open_database(url, clock=MovableClock())
    try:
        await db.write(fill)
    finally:
        await db.close()


async def deliver(shop: PayShop, headers: Mapping[str, str], body: bytes) -> int:
    """Post a webhook to the real route, without a client's overhead; give the status."""
    messages = iter([{"type": "http.request", "body": body, "more_body": False}])
    status = 0

    async def receive() -> Any:
        return next(messages, {"type": "http.disconnect"})

    async def send(message: Any) -> None:
        nonlocal status
        status = message.get("status", status)

    scope = {
        "type": "http",
        "method": "POST",
        "path": "/webhooks/sandbox",
        "raw_path": b"/webhooks/sandbox",
        "query_string": b"",
        "root_path": "",
        "scheme": "http",
        "http_version": "1.1",
        "server": ("127.0.0.1", 8000),
        "client": ("127.0.0.1", 5000),
        "headers": [
            *(
                (name.lower().encode("latin-1", "replace"), value.encode("utf-8", "replace"))
                for name, value in headers.items()
            ),
            (b"content-length", str(len(body)).encode()),
        ],
    }
    await shop.app(scope, receive, send)
    return status
