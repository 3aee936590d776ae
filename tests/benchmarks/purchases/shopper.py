"""One whole purchase: the tools, the page, the provider, and the tools again."""

import json
import re
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Literal
from urllib.parse import urlencode, urlsplit

from tests.benchmarks.client import WrongAnswerError
from tests.benchmarks.purchases.wire import Answer, Wire, said
from tests.support.builders import buyer

Kind = Literal["tool", "page", "form", "form/start", "form/tell"]

PRODUCTS = 60
"""How many there are in the shop that is bought from; a purchase is of two of them."""

UNITS = 3
"""How many units a purchase is of."""

_HIDDEN = re.compile(rb'name="(quote|shown|key|terms)" value="([^"]*)"')
_BUYER = {name: value for name, value in asdict(buyer()).items() if value}
_SHORTEST_PAUSE = 0.01
_PATIENCE = 120.0


def handle_of(number: int) -> str:
    """Name a variant."""
    return f"plant-{number % PRODUCTS}-12cm"


@dataclass(frozen=True)
class Exchange:
    """A request of a purchase: its kind, and how many bytes of body went each way."""

    kind: Kind
    asked: int
    answered: int


@dataclass
class Shopper:
    """Buys again and again, as another person each time."""

    port: int
    number: int
    exchanges: list[Exchange] = field(default_factory=list)
    """What the last purchase was made of."""
    bought: int = 0
    polls: int = 0
    """How often the tools were asked whether it is completed, in all purchases."""
    waited: float = 0.0
    """How many seconds it took the last time until they said so."""

    def buy(self) -> None:
        """Buy two plants."""
        self.exchanges = []
        with Wire(self.port) as wire:
            session, page = self._start(wire)
            self._get(wire, page)
            self._post(wire, "form", f"{page}/details", _BUYER)
            hidden = _HIDDEN.findall(self._get(wire, page).body)
            pressed = {name.decode(): value.decode() for name, value in hidden}
            pay = self._post(wire, "form/start", f"{page}/pay", {**pressed, "option": "standard"})
            approve = urlsplit(pay.headers["location"]).path
            self._post(wire, "form/tell", approve, {"action": "approve"})
            self._wait(wire, session)
        self.bought += 1

    def _start(self, wire: Wire) -> tuple[str, str]:
        first = self.number + 7 * self.bought
        lines = [
            {"variant_id": handle_of(first), "quantity": 1},
            {"variant_id": handle_of(first + 1), "quantity": UNITS - 1},
        ]
        cart = said(self._call(wire, "update_cart", {"lines": lines}))
        start = said(self._call(wire, "start_checkout", {"cart_id": cart["cart_id"]}))
        return start["checkout_session_id"], urlsplit(start["checkout_url"]).path

    def _wait(self, wire: Wire, session: str) -> None:
        """Ask until the shop has heard of the money.

        What is asked in vain costs the server as well, so that a few times have to do, however
        busy it is: the pauses are a third of what it took the last time.
        """
        began, pause = time.monotonic(), max(_SHORTEST_PAUSE, self.waited / 3)
        while True:
            self.polls += 1
            status = said(self._call(wire, "get_checkout", {"checkout_session_id": session}))
            self.waited = time.monotonic() - began
            if status["status"] == "completed":
                return
            if self.waited > _PATIENCE:
                raise WrongAnswerError(f"A purchase never ended: it is {status['status']}.")
            time.sleep(pause)  # a real server on a real clock: asking without a pause is load
            pause *= 1.5

    def _call(self, wire: Wire, tool: str, arguments: Mapping[str, object]) -> Answer:
        answer = wire.call(tool, arguments)
        self._note("tool", len(json.dumps(arguments)), answer)
        return answer

    def _get(self, wire: Wire, path: str) -> Answer:
        answer = wire.get(path)
        self._note("page", 0, answer)
        return answer

    def _post(self, wire: Wire, kind: Kind, path: str, form: Mapping[str, str]) -> Answer:
        answer = wire.post(path, form)
        self._note(kind, len(urlencode(form)), answer)
        return answer

    def _note(self, kind: Kind, asked: int, answer: Answer) -> None:
        self.exchanges.append(Exchange(kind, asked, len(answer.body)))
