"""A shopper process of the race for the last units."""

import random
import time
from collections import Counter
from collections.abc import Sequence

from tests.chaos.shopper import Shopper, ToolRefused
from tests.chaos.shops import FERN, MONSTERA

_MOST = 8


def buy_until_sold_out(origins: Sequence[str], seed: str, patience: float) -> dict[str, int]:
    """Buy a few units at a time, and fewer when they get scarce, until there is none left."""
    dice = random.Random(seed)  # noqa: S311 - dice, not a secret
    shopper = Shopper(
        origins, dice, patience=patience, habits={"approve": 8, "decline": 1, "abandon": 1}
    )
    seen: Counter[str] = Counter()
    most, until = _MOST, time.monotonic() + patience
    try:
        while most and time.monotonic() < until:
            shopper.new_browser()
            wanted = [(MONSTERA, dice.randint(1, most))]
            wanted += [(FERN, dice.randint(1, 3))] * (dice.random() < 0.7)
            dice.shuffle(wanted)
            ending = _buy(shopper, wanted)
            seen[ending] += 1
            seen["units seen sold"] += dict(wanted)[MONSTERA] * (ending == "bought")
            if ending == "sold out":
                most = min(most, dict(wanted)[MONSTERA]) - 1
    finally:
        shopper.close()
    return {**seen, "requests": shopper.requests, "troubles": shopper.troubles}


def _buy(shopper: Shopper, wanted: list[tuple[str, int]]) -> str:
    try:
        return shopper.check_out(shopper.fill_cart(wanted)).ending
    except ToolRefused:
        return "sold out"
