"""The checker itself: it sees what is wrong, and keeps silent about a shop that is well."""

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest
from sqlalchemy import text

from plantly.db import Database, UnitOfWork
from plantly.services.checkout import StartRequest, start_checkout
from plantly.services.shopper import Shopper
from plantly.services.wanted import ItemRef
from tests.support.checks import discounts, history, money, orders, provider
from tests.support.checks import rows as checked_rows
from tests.support.invariants import (
    ONCE_BOUGHT,
    InvariantBrokenError,
    check_invariants,
    findings,
    main,
)
from tests.support.orders import pay

pytestmark = pytest.mark.anyio

# In small letters, because what watches the tests for rows that are rewritten must not see these.
FAULTS = {
    "UPDATE stock SET reserved = 1 WHERE variant_id = 1": "reserved",
    "UPDATE stock_holds SET state = 'active'": "hold",
    "UPDATE products SET units_sold = 0": "counted as sold",
    "UPDATE orders SET total_minor = total_minor + 1": "is not the sum",
    "UPDATE orders SET currency = 'EUR'": "is paid with",
    "UPDATE orders SET status = 'refunded'": "is refunded",
    "UPDATE orders SET terms_version = 'x'": "other terms",
    "UPDATE checkout_sessions SET status = 'canceled'": "its order is",
    "UPDATE checkout_lines SET unit_amount_minor = NULL": "without an agreed price",
    "UPDATE payments SET captured_minor = captured_minor + 1": "its facts say",
    "UPDATE payments SET authorized_minor = 1": "its facts say",
    "UPDATE payments SET refund_decided_minor = 1": "decided to go back",
    "UPDATE payments SET needs_attention = TRUE": "attention",
    "UPDATE payments SET provider = 'none', amount_minor = 0": "asked for 0",
    "delete from order_lines": "lines add up to",
    "delete from payment_facts": "its facts say",
    "delete from catalog_changes": "the history says nothing",
    "INSERT INTO discount_counts VALUES ('code:x', '', 1)": "1 counted, 0 used",
    "INSERT INTO idempotency_records VALUES ('pay', 'k', 'h', '{\"reference\": \"pay_x\"}', "
    "'2030-01-01')": "led to no payment",
    "UPDATE products SET list_price_minor = 1": "is listed at 1",
}


def bought(uow: UnitOfWork) -> None:
    """Sell two aloes."""
    items = (ItemRef(quantity=2, product_id="aloe-vera"),)
    session = start_checkout(uow, Shopper(), StartRequest(items=items))
    pay(uow, session.public_id)


async def test_what_is_left_out_until_somebody_buys_has_no_row_to_look_at(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked_at: list[str] = []

    def watched(uow: UnitOfWork, statement: str) -> Sequence[Any]:
        found = uow.connection.execute(text(statement)).all()
        looked_at.extend([statement] * len(found))
        return found

    def look(uow: UnitOfWork) -> list[str]:
        return [sentence for check in ONCE_BOUGHT for sentence in check(uow)]

    for module in (discounts, history, money, orders, provider):
        monkeypatch.setattr(module, "rows", watched)
    monkeypatch.setattr(checked_rows, "rows", watched)
    assert await db.read(look) == []
    assert looked_at == []
    await db.write(bought)
    await db.read(look)
    assert looked_at


class UndoneError(Exception):
    """The fault is taken back."""


@pytest.mark.parametrize(("statement", "sentence"), FAULTS.items(), ids=range(len(FAULTS)))
async def test_every_fault_is_seen(db: Database, statement: str, sentence: str) -> None:
    await db.write(bought)

    def break_it(uow: UnitOfWork) -> None:
        assert findings(uow) == []
        uow.connection.execute(text(statement))
        with pytest.raises(InvariantBrokenError, match=sentence):
            check_invariants(uow)
        raise UndoneError

    with pytest.raises(UndoneError):
        await db.write(break_it)


UNSETTLED = {
    "UPDATE stock SET on_hand = on_hand + 1": "by its history",
    "UPDATE checkout_sessions SET status = 'complete_in_progress'": "being paid",
    "INSERT INTO outbox (topic, dedupe_key, payload, created_at, available_at, attempts) "
    "VALUES ('t', 'k', '{}', '2030-01-01', '2030-01-01', 0)": "messages that nobody",
}


@pytest.mark.parametrize(("statement", "sentence"), UNSETTLED.items(), ids=range(len(UNSETTLED)))
async def test_a_shop_is_settled_when_nothing_is_on_its_way(
    db: Database, statement: str, sentence: str
) -> None:
    await db.write(bought)

    def look(uow: UnitOfWork) -> None:
        assert findings(uow, settled=True) == []
        uow.connection.execute(text(statement))
        assert any(sentence in finding for finding in findings(uow, settled=True))
        raise UndoneError

    with pytest.raises(UndoneError):
        await db.write(look)


async def test_it_can_be_run_over_any_database(
    db: Database, shop_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    await db.write(bought)
    assert await asyncio.to_thread(main, [shop_url, "--settled"]) == 0
    assert await asyncio.to_thread(main, []) == 2
    assert "usage" in capsys.readouterr().err
