"""Currencies without decimals, and with three: the amount that arrives is the amount shown."""

import pytest

from plantly.db import open_database
from tests.support.clock import MovableClock
from tests.support.fakes.providers import SIDES
from tests.support.fakes.rig import open_rig
from tests.support.shop import garden, stock_shop

pytestmark = pytest.mark.anyio

SHOP = """
[shop]
name = "Fern"
currency = "{currency}"

[[shipping_zones]]
name = "United States"
countries = ["US"]
options = [{{ id = "standard", title = "Standard shipping", price_minor = 602 }}]
"""
TOTAL = 2 * 1499 + 602


@pytest.mark.parametrize("currency", ["JPY", "KWD"])
async def test_paid_in_another_currency(
    provider: str, sqlite_url: str, clock: MovableClock, currency: str
) -> None:
    db = open_database(sqlite_url, clock=clock)
    shop_toml = SHOP.format(currency=currency)
    source = {**garden(), "currency": currency}
    await db.write(lambda uow: stock_shop(uow, source, shop_toml))
    async with open_rig(SIDES[provider](db, clock), sqlite_url, db, clock) as rig:
        ref = await rig.pay()
        await rig.check()
        (order,) = await rig.orders()
        entry = await rig.ledger(ref)
        assert (order.total_minor, order.currency) == (TOTAL, currency)
        assert (entry.captured_minor, entry.currency.upper()) == (TOTAL, currency)
    await db.close()
