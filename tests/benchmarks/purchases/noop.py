"""The same requests of the same sizes, to a server that does nothing."""

import json
from collections.abc import Sequence
from dataclasses import dataclass

from tests.benchmarks.purchases.shopper import Exchange
from tests.benchmarks.purchases.wire import Wire


def with_polls(exchanges: Sequence[Exchange], polls: float) -> list[Exchange]:
    """Give a purchase in which it was asked that often, on the average, whether it is completed."""
    *before, last = [each for each in exchanges if each.kind != "tool"]
    tools = [each for each in exchanges if each.kind == "tool"]
    return [*tools[:2], *before, last, *[tools[-1]] * max(1, round(polls))]


@dataclass
class NoopShopper:
    """Sends what a purchase sends, for nothing."""

    port: int
    exchanges: Sequence[Exchange]
    page: str = "/page"

    def buy(self) -> None:
        """Send it once, on a connection of its own as a purchase has."""
        with Wire(self.port) as wire:
            for each in self.exchanges:
                self._send(wire, each)

    def _send(self, wire: Wire, each: Exchange) -> None:
        if each.kind == "tool":
            # As much as our tool was told, and as much as it said, with the wrapping around both.
            asked = "a" * max(0, each.asked - len(json.dumps({"asked": "", "size": 1000})))
            answer = wire.call("sized", {"asked": asked, "size": max(0, each.answered - 250)})
        elif each.kind == "page":
            answer = wire.get(f"{self.page}?size={each.answered}")
        else:
            answer = wire.post(f"/{each.kind}", {"a": "a" * max(0, each.asked - 2)})
        assert answer.body or each.kind.startswith("form")
