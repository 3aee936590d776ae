"""The books after an experiment: the checker, the file, and the provider's ledger beside ours."""

import sqlite3
import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy.engine import make_url

from plantly.db import UnitOfWork
from tests.chaos.shops import LabShop, read
from tests.support.checks.rows import document, rows
from tests.support.invariants import findings

_POLL_SECONDS = 0.5

_CHARGES = """
    SELECT public_id, reference, status, captured_minor, captured_currency, refunds, capture_at
    FROM sandbox_payments ORDER BY id
"""
_PAYMENTS = """
    SELECT p.reference, p.session_ref, p.status, p.amount_minor, p.currency, p.captured_minor,
           p.refunded_minor, p.checkout_id, c.cart_id, o.order_number, o.total_minor,
           o.currency AS order_currency
    FROM payments p JOIN checkout_sessions c ON c.id = p.checkout_id
    LEFT JOIN orders o ON o.payment_id = p.id
"""
_REFUNDS = """
    SELECT p.reference, r.refund_ref, r.amount_minor, r.status
    FROM refunds r JOIN payments p ON p.id = r.payment_id
"""


@dataclass(frozen=True)
class Charge:
    """A payment as the provider has it."""

    name: str
    reference: str
    captured_minor: int
    currency: str | None
    refunded_minor: int
    refunds: int
    waits: bool
    """Time alone will still change it."""

    @property
    def kept_minor(self) -> int:
        """Give what has not gone back."""
        return self.captured_minor - self.refunded_minor


def shop_is_right(shop: LabShop, *, settled: bool = False) -> list[str]:
    """Run the checker, and look whether the file is whole."""
    broken = read(shop.url, lambda uow: findings(uow, settled=settled))
    return [*broken, *_file_is_whole(shop.url)]


def ledgers_agree(shop: LabShop) -> list[str]:
    """Compare what the provider has taken and given back with orders and refunds."""
    charges = read(shop.provider_url, _charges)
    return read(shop.url, lambda uow: _compare(uow, charges))


def wait_until_settled(shop: LabShop, seconds: float) -> tuple[float, list[str]]:
    """Wait until nothing is on its way any more; give how long that took, and what is wrong."""
    began = time.monotonic()
    while True:
        wrong = everything(shop)
        took = time.monotonic() - began
        if not wrong or took > seconds:
            return took, wrong
        time.sleep(_POLL_SECONDS)  # between two looks at processes of their own


def everything(shop: LabShop) -> list[str]:
    """Say what is wrong or still on its way."""
    wrong = shop_is_right(shop, settled=True)
    return [*wrong, *ledgers_agree(shop)] if shop.provider else wrong


def orders_seen(shop: LabShop, numbers: Iterable[str]) -> list[str]:
    """Look for every order that a buyer was shown."""
    seen = Counter(numbers)
    there = read(shop.url, lambda u: {r.order_number for r in rows(u, "SELECT * FROM orders")})
    lost = [
        f"order {number} was shown to its buyer and is not there" for number in set(seen) - there
    ]
    return lost + [f"order {n} was shown for {c} carts" for n, c in seen.items() if c > 1]


def counted(shop: LabShop, statement: str) -> int:
    """Give the number that a statement selects."""
    return read(shop.url, lambda uow: int(rows(uow, statement)[0][0] or 0))


def counted_at_provider(shop: LabShop, count: Callable[[Sequence[Charge]], int]) -> int:
    """Count in the provider's ledger."""
    return count(read(shop.provider_url, _charges))


def _charges(uow: UnitOfWork) -> list[Charge]:
    return [_charge(row) for row in rows(uow, _CHARGES)]


def _charge(row: Any) -> Charge:
    refunds = [refund for refund in document(row.refunds) if refund["status"] != "failed"]
    return Charge(
        name=row.public_id,
        reference=row.reference,
        captured_minor=row.captured_minor,
        currency=row.captured_currency,
        refunded_minor=sum(refund["amount_minor"] for refund in refunds),
        refunds=len(refunds),
        waits=row.capture_at is not None or row.status == "open",
    )


def _compare(uow: UnitOfWork, charges: Sequence[Charge]) -> list[str]:
    payments = {row.reference: row for row in rows(uow, _PAYMENTS)}
    refunds = Counter(r.reference for r in rows(uow, _REFUNDS) if r.status != "failed")
    wrong = [f"charge {c.name} waits at the provider" for c in charges if c.waits]
    wrong += _twice("payment", Counter(c.reference for c in charges))
    kept: Counter[int] = Counter()
    for charge in charges:
        payment = payments.get(charge.reference)
        if payment is None:
            wrong.append(f"charge {charge.name}: nobody here knows {charge.reference}")
            continue
        kept[payment.cart_id or -payment.checkout_id] += charge.kept_minor > 0
        wrong += _one(charge, payment, refunds[charge.reference])
    charged = {c.reference: c.captured_minor for c in charges}
    wrong += [
        f"order {row.order_number} has no charge"
        for row in payments.values()
        if row.order_number and row.total_minor > charged.get(row.reference, 0)
    ]
    return wrong + _twice("cart", kept)


def _one(charge: Charge, payment: Any, refunds: int) -> list[str]:
    name = f"charge {charge.name} ({charge.reference})"
    wrong = []
    if charge.captured_minor != payment.captured_minor:
        wrong.append(f"{name}: {charge.captured_minor} taken, {payment.captured_minor} known")
    if charge.refunded_minor != payment.refunded_minor:
        wrong.append(f"{name}: {charge.refunded_minor} given back, {payment.refunded_minor} known")
    if charge.refunds != refunds:
        wrong.append(f"{name}: {charge.refunds} refunds there, {refunds} here")
    if payment.order_number is None and charge.kept_minor:
        wrong.append(f"{name}: {charge.kept_minor} kept, and no order")
    if payment.order_number is not None and (
        (charge.captured_minor, charge.currency) != (payment.total_minor, payment.order_currency)
    ):
        wrong.append(
            f"{name}: {charge.captured_minor} {charge.currency} taken for order "
            f"{payment.order_number} over {payment.total_minor} {payment.order_currency}"
        )
    return wrong


def _twice(what: str, counts: Counter[Any]) -> list[str]:
    return [f"{what} {key} is at the provider {n} times" for key, n in counts.items() if n > 1]


def _file_is_whole(url: str) -> list[str]:
    parsed = make_url(url)
    if parsed.get_backend_name() != "sqlite" or parsed.database is None:
        return []
    connection = sqlite3.connect(parsed.database)
    try:
        said = [row[0] for row in connection.execute("PRAGMA integrity_check")]
    finally:
        connection.close()
    return [] if said == ["ok"] else [f"the file is broken: {line}" for line in said]
