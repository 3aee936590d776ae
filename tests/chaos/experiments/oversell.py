"""Shopper processes race for the last units of a plant, through everything a shopper uses."""

from collections import Counter

from tests.chaos.books import counted, wait_until_settled
from tests.chaos.lab import Experiment, Lab, Outcome
from tests.chaos.processes import running, together
from tests.chaos.racing import buy_until_sold_out
from tests.chaos.shops import FERN, MONSTERA, LabShop, Plan, build

UNITS = 200
_PLENTY = 10_000
_PATIENCE_SECONDS = 150
_SETTLED_SECONDS = 60

_SOLD = """
    SELECT SUM(l.quantity) FROM order_lines l JOIN orders o ON o.id = l.order_id
    WHERE l.variant_handle = '{}'
"""
_LEFT = """
    SELECT s.on_hand + 1000 * s.reserved FROM stock s JOIN variants v ON v.id = s.variant_id
    WHERE v.handle = '{}'
"""


def _run(lab: Lab) -> Outcome:
    counts: Counter[str] = Counter()
    found: list[str] = []
    for number in range(lab.sized(1, 20)):
        shop = build(lab, f"race_{number}", Plan({MONSTERA: UNITS, FERN: _PLENTY}))
        with running(*shop.children):
            found += _race(lab, shop, number, counts)
        lab.say(f"race {number}: {dict(counts)}")
    return Outcome(dict(counts), found)


def _race(lab: Lab, shop: LabShop, number: int, counts: Counter[str]) -> list[str]:
    racers = lab.sized(8, 32)
    seeds = [f"{lab.seed}/{number}/{racer}" for racer in range(racers)]
    arguments = [(shop.origins, seed, _PATIENCE_SECONDS) for seed in seeds]
    seen: Counter[str] = Counter()
    for result in together(buy_until_sold_out, arguments, _PATIENCE_SECONDS + 60):
        seen.update(result)
    _, wrong = wait_until_settled(shop, _SETTLED_SECONDS)
    sold, left = counted(shop, _SOLD.format(MONSTERA)), counted(shop, _LEFT.format(MONSTERA))
    orders = counted(shop, "SELECT COUNT(*) FROM orders")
    if (sold, left) != (UNITS, 0):
        wrong.append(f"race {number}: {sold} of {UNITS} sold, {left} left (1000 for each reserved)")
    if seen["units seen sold"] != sold:
        wrong.append(f"race {number}: {sold} sold, buyers saw {seen['units seen sold']}")
    counts.update(
        {
            "processes": racers if number == 0 else 0,
            "races": 1,
            "sold": sold,
            "orders": orders,
            "turned away": seen["sold out"],
            "requests": seen["requests"],
            "failed requests": seen["troubles"],
        }
    )
    return wrong


OVERSELL = Experiment("oversell", "Exactly what there is gets sold, whoever is faster.", _run)
