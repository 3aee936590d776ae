"""A process vanishes at a named point of a purchase; another one takes its place."""

import threading
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from plantly.services.refunds import request_refund
from tests.chaos.books import wait_until_settled
from tests.chaos.crashes import CAPTURING, CRASHED, PAYING, REFUNDING, CrashPoint
from tests.chaos.lab import Experiment, Lab, Outcome
from tests.chaos.processes import Child, running
from tests.chaos.shopper import Bought, Shopper
from tests.chaos.shops import MONSTERA, LabShop, Plan, build, read, write
from tests.support.checks.rows import rows

RECOVERED_SECONDS = 60
_CRASH_SECONDS = 20
_REFUND_MINOR = 500

_ONE = """
    SELECT COUNT(o.id) AS orders, COUNT(p.id) AS payments, MAX(p.reference) AS reference,
           SUM(p.captured_minor) - SUM(o.total_minor) AS more, SUM(p.refunded_minor) AS back
    FROM checkout_sessions c JOIN payments p ON p.checkout_id = c.id
    LEFT JOIN orders o ON o.payment_id = p.id WHERE c.page_token = '{}'
"""


@dataclass
class Story:
    """Purchases in a shop of their own, one for each point at which something vanishes."""

    lab: Lab
    name: str
    points: Sequence[CrashPoint]
    capture: str = "auto"
    refunds: bool = False
    findings: list[str] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)

    def tell(self, shop: LabShop) -> None:
        """Run all of them, then wait until the books agree."""
        try:
            with running(*shop.children):
                tokens = {point: self._purchase(shop, point) for point in self.points}
                took, wrong = wait_until_settled(shop, RECOVERED_SECONDS)
                for point, token in tokens.items():
                    wrong += self._look(shop, point, token)
        except Exception as error:  # noqa: BLE001 - the other stories go on
            wrong, took = [f"it broke: {type(error).__name__}: {error}"], 0.0
        self.findings += [f"{self.name}: {sentence}" for sentence in wrong]
        self.counts["slowest s"] = max(self.counts["slowest s"], round(took))

    def shop(self) -> LabShop:
        """Make its shop."""
        plan = Plan(
            {MONSTERA: 1000},
            servers=1,
            provider_chaos="",
            capture=self.capture,
            hurried=not self.lab.full,
            lease_seconds=3 if self.lab.full else 1.5,
        )
        return build(self.lab, self.name, plan)

    def _purchase(self, shop: LabShop, point: CrashPoint) -> str:
        """Buy something while servers and workers vanish at a point; give the page's token."""
        doomed = [*shop.workers] if self._is_the_workers(point) else [*shop.servers]
        shopper = Shopper(shop.origins, self.lab.random(point.title), patience=RECOVERED_SECONDS)
        watch = _Watch(doomed, point.title)
        try:
            if self.refunds:
                bought = self._buy(shopper)
                watch.begin()
                self._refund(shop, bought.token)
                watch.see_the_end()
            else:
                watch.begin()
                bought = self._buy(shopper)
                watch.see_the_end()
        finally:
            shopper.close()
            watch.stop()
        began = time.monotonic()
        self.counts["points"] += 1
        if not watch.crashes:
            self.findings.append(f"{point.title}: nothing came there")
        self.counts["crashes"] += watch.crashes
        self.counts["slowest s"] = max(
            self.counts["slowest s"], round(began - watch.crashed_at) if watch.crashes else 0
        )
        return bought.token

    def _is_the_workers(self, point: CrashPoint) -> bool:
        return self.refunds or (
            point.name.startswith("capture ") and (point.name != "capture decided")
        )

    def _buy(self, shopper: Shopper) -> Bought:
        bought = shopper.check_out(shopper.fill_cart([(MONSTERA, 2)]))
        if bought.ending != "bought":
            self.findings.append(f"a purchase ended {bought.ending}")
        return bought

    def _refund(self, shop: LabShop, token: str) -> None:
        found = read(shop.url, lambda uow: rows(uow, _ONE.format(token)))
        reference = found[0].reference
        write(
            shop.url,
            lambda uow: request_refund(uow, reference, _REFUND_MINOR, "test", f"once {token}"),
        )

    def _look(self, shop: LabShop, point: CrashPoint, token: str) -> list[str]:
        (row,) = read(shop.url, lambda uow: rows(uow, _ONE.format(token)))
        back = _REFUND_MINOR if self.refunds else 0
        right = (row.orders, row.payments, row.more, row.back) == (1, 1, 0, back)
        said = f"{row.orders} orders, {row.payments} payments, {row.more} too much, {row.back} back"
        return [] if right else [f"{point.title}: checkout {token} has {said}"]


class _Watch:
    """Lets processes vanish at a point, and starts the next ones as a supervisor would."""

    def __init__(self, doomed: Sequence[Child], title: str) -> None:
        self._doomed = doomed
        self._title = title
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._supervise, daemon=True)
        self.crashes = 0
        self.crashed_at = 0.0

    def begin(self) -> None:
        """Replace the processes by ones that vanish."""
        for child in self._doomed:
            child.kill()
            (setup, *_) = child.arguments
            child.start(replace(setup, crash=self._title))
            child.arguments = (setup,)
        for child in self._doomed:
            if child.url:
                child.wait_until_open()
        self._thread.start()

    def see_the_end(self) -> None:
        """Wait for the crash."""
        until = time.monotonic() + _CRASH_SECONDS
        while not self.crashes and time.monotonic() < until:
            time.sleep(0.02)  # between two looks at a process of its own

    def stop(self) -> None:
        """Look no more; what has not vanished is replaced by what does not."""
        self._over.set()
        if self._thread.is_alive():
            self._thread.join()
        if not self.crashes:
            for child in self._doomed:
                child.kill()
                child.start()

    def _supervise(self) -> None:
        while not self._over.wait(0.02):
            for child in self._doomed:
                if child.exit_code == CRASHED:
                    self.crashed_at = time.monotonic()
                    child.start()
                    self.crashes += 1


def _run(lab: Lab) -> Outcome:
    def some(points: Iterable[CrashPoint]) -> list[CrashPoint]:
        chosen = list(points)
        if lab.full:
            return chosen
        dice = lab.random(f"points {chosen[0].name}")
        return sorted(dice.sample(chosen, (len(chosen) + 1) // 2), key=chosen.index)

    stories = [
        Story(lab, "paying", some(PAYING)),
        Story(lab, "refunding", some(REFUNDING), refunds=True),
        Story(lab, "capturing", some(CAPTURING), capture="manual"),
    ]
    threads = [
        threading.Thread(target=story.tell, args=(story.shop(),), daemon=True) for story in stories
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    counts = {
        "points": sum(story.counts["points"] for story in stories),
        "crashes": sum(story.counts["crashes"] for story in stories),
        "slowest recovery s": max(story.counts["slowest s"] for story in stories),
    }
    found = [sentence for story in stories for sentence in story.findings]
    planned = sum(len(story.points) for story in stories)
    if counts["points"] != planned:
        found.append(f"{counts['points']} of {planned} points were reached")
    return Outcome(counts, found)


CRASH_POINTS = Experiment(
    "crash points",
    "Wherever a process vanishes, the next one finishes: one order, one charge, one refund.",
    _run,
)
