"""How a story may end."""

from typing import Final

from tests.support.fakes.rig import Rig

TOTAL: Final = 3810
ALOE: Final = "aloe-vera-12cm"


async def one_order(rig: Rig) -> None:
    """Check that one order was born, the money is there once, and the stock is gone once."""
    await rig.check()
    assert len(await rig.orders()) == 1
    assert await rig.shop.status(rig.buyer.token) == "completed"
    assert await rig.shop.left(ALOE) == (22, 0)
    kept = [await rig.ledger(ref) for ref in await rig.side.sessions()]
    assert sum(entry.captured_minor - entry.refunded_minor for entry in kept) == TOTAL


async def no_order(rig: Rig, status: str) -> None:
    """Check that nothing was sold, and that no money is left at the provider."""
    await rig.check()
    assert await rig.orders() == []
    assert await rig.shop.status(rig.buyer.token) == status
    assert await rig.shop.left(ALOE) == (24, 0)
    for ref in await rig.side.sessions():
        entry = await rig.ledger(ref)
        assert entry.captured_minor == entry.refunded_minor
