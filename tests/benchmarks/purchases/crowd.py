"""Many who do the same thing over and over, each on a thread of its own."""

import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Crowd:
    """What a crowd has done; latencies are in seconds, sorted."""

    seconds: float
    latencies: list[float] = field(repr=False)

    @property
    def count(self) -> int:
        """Count what was done."""
        return len(self.latencies)

    def percentile(self, share: float) -> float:
        """Give what this share of them took at most."""
        return self.latencies[min(int(self.count * share), self.count - 1)]


def run_crowd(members: Sequence[Callable[[], None]], seconds: float) -> Crowd:
    """Let everybody go on for so long, and end what was begun.

    An error of one of them is raised when the others have ended.
    """
    began = time.perf_counter()

    def go_on(act: Callable[[], None]) -> list[float]:
        took: list[float] = []
        while not took or time.perf_counter() - began < seconds:
            start = time.perf_counter()
            act()
            took.append(time.perf_counter() - start)
        return took

    with ThreadPoolExecutor(len(members)) as pool:
        took = [each for part in pool.map(go_on, members) for each in part]
    return Crowd(time.perf_counter() - began, sorted(took))
