"""Servers and workers are killed while people pay at a provider that fails and answers late."""

import threading
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from tests.chaos.books import counted, counted_at_provider, orders_seen, wait_until_settled
from tests.chaos.lab import Experiment, Lab, Outcome
from tests.chaos.processes import Child, running
from tests.chaos.shopper import Bought, GaveUpError, Shopper, ToolRefused
from tests.chaos.shops import FERN, MONSTERA, LabShop, Plan, build

SETTLED_SECONDS = 60
KILLS_QUICK_AND_FULL = (20, 1000)
_SHOPPERS = 10
_MANUAL = 0.5
"""How often the provider only authorizes, so that the shop has to capture."""

_PATIENCE_QUICK_AND_FULL = (90, 300)
"""A buyer who is charged wrongly twice, while everything is killed, needs some."""

_BETWEEN_KILLS = (0.1, 0.4)
_HABITS = {"approve": 12, "decline": 2, "abandon": 1, "stop": 0.1, "wander": 0.05, "leave": 0.3}
_CHAOS = (
    "fail_before=0.08,fail_after=0.1,slow=0.08:{slow},duplicate=0.2:1s,reorder=0.1:2s,"
    "delay=0.2:2s,drop={drop},late_capture=0.3:2s,wrong_amount=0.1,refund_pending=0.3:2s,seed={seed}"
)


@dataclass
class Crowd:
    """People who buy one thing after the other until it is over."""

    origins: Sequence[str]
    lab: Lab
    over: threading.Event = field(default_factory=threading.Event)
    bought: list[Bought] = field(default_factory=list)
    findings: list[str] = field(default_factory=list)
    seen: Counter[str] = field(default_factory=Counter)

    def shop(self, number: int) -> None:
        """Be one of them."""
        shopper = Shopper(
            self.origins,
            self.lab.random(f"shopper {number}"),
            patience=self.lab.sized(*_PATIENCE_QUICK_AND_FULL),
            habits=_HABITS,
        )
        dice = self.lab.random(f"wishes {number}")
        try:
            while not self.over.is_set():
                shopper.new_browser()
                wanted = [(MONSTERA, dice.randint(1, 3)), (FERN, dice.randint(1, 3))]
                dice.shuffle(wanted)
                token = shopper.fill_cart(wanted[: dice.randint(1, 2)])
                self.bought.append(shopper.check_out(token))
        except (GaveUpError, ToolRefused, RuntimeError) as error:
            self.findings.append(f"shopper {number} gave up: {error!r}")
        finally:
            self.seen.update(requests=shopper.requests, unanswered=shopper.troubles)
            shopper.close()


def _run(lab: Lab) -> Outcome:
    slow = "10s" if lab.full else "1500ms"
    # What was told to nobody and whose buyer never comes back is asked about after 1, 2, 5 and 15
    # minutes: that is seen in a quick run, which shortens them.
    drop = "0" if lab.full else "0.1"
    manual = lab.random("capture").random() < _MANUAL
    plan = Plan(
        {MONSTERA: 1_000_000, FERN: 1_000_000},
        workers=2,
        provider_chaos=_CHAOS.format(slow=slow, drop=drop, seed=lab.seed),
        capture="manual" if manual else "auto",
        hurried=not lab.full,
        lease_seconds=3,
    )
    shop = build(lab, "kills", plan)
    crowd = Crowd(shop.origins, lab)
    with running(*shop.children):
        people = [
            threading.Thread(target=crowd.shop, args=(number,), daemon=True)
            for number in range(_SHOPPERS)
        ]
        for person in people:
            person.start()
        crowd.seen["kills"] = _kill(lab, [*shop.servers, *shop.workers])
        crowd.over.set()
        for person in people:
            person.join(lab.sized(*_PATIENCE_QUICK_AND_FULL) + 10)
        settled, wrong = wait_until_settled(shop, SETTLED_SECONDS)
    crowd.seen["authorized first"] = manual
    return _outcome(shop, crowd, settled, wrong)


def _kill(lab: Lab, victims: Sequence[Child]) -> int:
    """Kill one of them at a time, and start it again at once; give how often."""
    dice = lab.random("kills")
    kills = lab.sized(*KILLS_QUICK_AND_FULL)
    for number in range(kills):
        victim = dice.choice(victims)
        if victim.url:
            # To kill what has hardly begun shows nothing.
            victim.wait_until_open(_PATIENCE_QUICK_AND_FULL[0])
        time.sleep(dice.uniform(*_BETWEEN_KILLS))  # when it dies is the dice of this experiment
        victim.kill()
        victim.start()
        if number % 100 == 99:
            lab.say(f"{number + 1} kills")
    return kills


def _outcome(shop: LabShop, crowd: Crowd, settled: float, wrong: list[str]) -> Outcome:
    numbers = [bought.order_number for bought in crowd.bought if bought.order_number]
    wrong = [*wrong, *crowd.findings, *orders_seen(shop, numbers)]
    counts = {
        "kills": crowd.seen["kills"],
        "checkouts": len(crowd.bought),
        "orders": counted(shop, "SELECT COUNT(*) FROM orders"),
        "payments": counted(shop, "SELECT COUNT(*) FROM payments"),
        "charges": counted_at_provider(shop, lambda all_: sum(c.captured_minor > 0 for c in all_)),
        "refunds": counted_at_provider(shop, lambda all_: sum(c.refunds for c in all_)),
        "authorized first": crowd.seen["authorized first"],
        "requests": crowd.seen["requests"],
        "unanswered": crowd.seen["unanswered"],
        "settled after s": round(settled, 1),
    }
    return Outcome(counts, wrong)


KILLS = Experiment(
    "kills",
    "No kill -9 charges twice, loses an order that is paid, or keeps money without an order.",
    _run,
)
