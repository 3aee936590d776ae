"""Somebody who shops with an assistant and a browser, and tries again as people do."""

import json
import random
import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Literal
from urllib.parse import urlsplit

import httpx

from tests.support.builders import buyer
from tests.support.mcp_wire import ENVELOPE, MODERN

Ending = Literal["bought", "sold out", "closed", "left"]

_HIDDEN = re.compile(r'name="(quote|shown|key|terms)" value="([^"]*)"')
_NUMBER = re.compile(r"Order number </span><bdi>([A-Z0-9-]+)<")
_ACTION = re.compile(r'action="/checkout/[^"/]+/(pay|stop|start-over|details)"')
_BUYER = asdict(buyer())
_MANNERS = frozenset({"stop", "wander", "leave"})
"""Habits that are no button of the provider's page."""

_TRY_AGAIN = frozenset({"internal", "overloaded"})
"""What a tool says when it is no fault of the caller's."""

_PAUSES = (0.05, 0.4)
_SEE_OTHER = 303


class ToolRefused(Exception):
    """A tool said no."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class GaveUpError(Exception):
    """Nothing came of it, however often it was tried."""


@dataclass
class Bought:
    """What became of a checkout, as the shopper saw it."""

    token: str
    ending: Ending
    order_number: str = ""
    actions: list[str] = field(default_factory=list)
    """What was pressed on the provider's page, and answered."""


class Shopper:
    """Has a conversation and a browser; every request goes to any of the servers."""

    def __init__(
        self,
        origins: Sequence[str],
        dice: random.Random,
        *,
        patience: float = 30,
        habits: Mapping[str, float] | None = None,
    ) -> None:
        self._origins = list(origins)
        self._dice = dice
        self._patience = patience
        self._habits = habits or {"approve": 1}
        self.requests = 0
        self.troubles = 0
        """Requests that were not answered, or with 5xx."""
        self._browser = httpx.Client(trust_env=False, timeout=10)

    def close(self) -> None:
        """Close the browser."""
        self._browser.close()

    def new_browser(self) -> None:
        """Forget every page."""
        self._browser.cookies.clear()

    def call(self, tool: str, **arguments: Any) -> dict[str, Any]:
        """Call a tool until it answers.

        Raises:
            ToolRefused: The shop said no.
        """
        params = {"name": tool, "arguments": arguments, "_meta": ENVELOPE}
        body = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params}
        headers = {
            "accept": "application/json, text/event-stream",
            "content-type": "application/json",
            "mcp-protocol-version": MODERN,
            "mcp-method": "tools/call",
            "mcp-name": tool,
        }
        until = self._deadline()
        while True:
            answer = self._try("POST", "/mcp", until, content=json.dumps(body), headers=headers)
            if answer is not None and answer.status_code == 200:
                result = answer.json()["result"]
                said: dict[str, Any] = result["structuredContent"]
                if not result.get("isError"):
                    return said
                if said["error"]["code"] not in _TRY_AGAIN:
                    raise ToolRefused(said["error"]["code"])
                self.troubles += 1
            self.pause()

    def fill_cart(self, quantities: Sequence[tuple[str, int]]) -> str:
        """Put variants into a new cart in that order, and start its checkout; give the token."""
        lines = [{"variant_id": handle, "quantity": count} for handle, count in quantities]
        cart = self.call("update_cart", lines=lines)
        session = self.call("start_checkout", cart_id=cart["cart_id"])
        return str(urlsplit(session["checkout_url"]).path.rpartition("/")[2])

    def check_out(self, token: str) -> Bought:
        """Go on with a page until it says how it ended."""
        seen = Bought(token, "closed")
        until = self._deadline()
        while not self._step(seen, until):
            self.pause()
        return seen

    def look(self, token: str, path: str = "") -> str:
        """Read the page until there is one."""
        until = self._deadline()
        while True:
            page = self._get(f"/checkout/{token}{path}", until)
            if page is not None:
                return page
            self.pause()

    def post(self, token: str, path: str, form: Mapping[str, str]) -> httpx.Response | None:
        """Send a form once; nothing when no answer came."""
        return self._try("POST", f"/checkout/{token}/{path}", self._deadline(), data=form)

    @property
    def details(self) -> Mapping[str, str]:
        """Give what is typed into the page."""
        return _BUYER

    @property
    def cookie(self) -> str:
        """Give the cookies of this browser as it sends them."""
        return "; ".join(f"{c.name}={c.value}" for c in self._browser.cookies.jar)

    def press_at_provider(self, pay_page: str, action: str) -> None:
        """Press a button of the provider's page until it answers."""
        until = self._deadline()
        while True:
            answer = self._try("POST", pay_page, until, data={"action": action})
            if answer is not None and answer.status_code == _SEE_OTHER:
                return
            self.pause()

    def pause(self) -> None:
        """Wait a moment, as people do."""
        time.sleep(self._dice.uniform(*_PAUSES))  # against processes on a real clock

    def _step(self, seen: Bought, until: float) -> bool:
        """Do what the page asks for; say whether it was the last."""
        page = self._get(f"/checkout/{seen.token}", until)
        if page is None:
            return False
        number = _NUMBER.search(page)
        if number is not None:
            seen.ending, seen.order_number = "bought", number[1]
            return True
        if "This checkout is closed" in page or "This checkout has expired" in page:
            seen.ending = "closed"
            return True
        if "This cannot be paid as it is" in page:
            seen.ending = "sold out"
            return True
        asked = set(_ACTION.findall(page))
        if 'name="email"' in page:
            self._send(seen, "details", _BUYER, until)
        elif "start-over" in asked:
            self._send(seen, "start-over", {}, until)
        elif "pay" in asked:
            return self._pay(seen, page, until)
        return False

    def _pay(self, seen: Bought, page: str, until: float) -> bool:
        """Press Pay, perhaps twice, and decide on the provider's page."""
        form = dict(_HIDDEN.findall(page))
        if not form and self._dice.random() < self._habits.get("stop", 0):
            self._send(seen, "stop", {}, until)
            return False
        answer = self._send(seen, "pay", form, until)
        if answer is None and self._dice.random() < 0.5:
            # The browser asks whether to send the form again.
            answer = self._send(seen, "pay", form, until)
        if answer is None:
            return False
        if "available" in answer.text and answer.status_code == 409:
            seen.ending = "sold out"
            return True
        if answer.status_code == _SEE_OTHER and "/sandbox/pay/" in answer.headers["location"]:
            return self._decide(seen, answer.headers["location"], until)
        return False

    def _decide(self, seen: Bought, pay_page: str, until: float) -> bool:
        """Choose what happens at the provider, and go back to the shop, or never come back."""
        if self._dice.random() < self._habits.get("wander", 0):
            # Looks at the provider's page and does nothing yet.
            return False
        actions = [name for name in self._habits if name not in _MANNERS]
        weights = [self._habits[name] for name in actions]
        action = self._dice.choices(actions, weights)[0]
        self.press_at_provider(pay_page, action)
        seen.actions.append(action)
        if self._dice.random() < self._habits.get("leave", 0):
            seen.ending = "left"
            return True
        self._get(f"/checkout/{seen.token}/return", until)
        return False

    def _send(
        self, seen: Bought, path: str, form: Mapping[str, str], until: float
    ) -> httpx.Response | None:
        return self._try("POST", f"/checkout/{seen.token}/{path}", until, data=form)

    def _get(self, path: str, until: float) -> str | None:
        answer = self._try("GET", path, until, follow_redirects=True)
        return answer.text if answer is not None and answer.status_code == 200 else None

    def _try(self, method: str, path: str, until: float, **request: Any) -> httpx.Response | None:
        """Ask any of the servers once; nothing when no good answer came."""
        if time.monotonic() > until:
            raise GaveUpError(f"{method} {path}")
        url = path if path.startswith("http") else self._dice.choice(self._origins) + path
        self.requests += 1
        try:
            answer = self._browser.request(method, url, **request)
        except httpx.TransportError:
            self.troubles += 1
            return None
        if answer.status_code >= 500:
            self.troubles += 1
            return None
        return answer

    def _deadline(self) -> float:
        return time.monotonic() + self._patience
