"""One press, one call, sent again and again at the same moment to two servers."""

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.chaos.books import wait_until_settled
from tests.chaos.lab import Experiment, Lab, Outcome
from tests.chaos.processes import running
from tests.chaos.repeating import Answers, Request, call, form, repeat
from tests.chaos.shopper import Shopper
from tests.chaos.shops import FERN, MONSTERA, LabShop, Plan, build, read
from tests.support.checks.rows import rows

_SETTLED_SECONDS = 60
_HIDDEN = re.compile(r'name="(quote|shown|key|terms)" value="([^"]*)"')
Tables = dict[str, list[str]]

_TABLES = {
    "carts": "*",
    "cart_lines": "*",
    "checkout_sessions": "*",
    "checkout_lines": "*",
    # When the worker asks about it again is nobody's business here.
    "payments": "id, reference, session_ref, status, quote_hash, amount_minor, captured_minor",
    "payment_facts": "*",
    "stock": "*",
    "stock_holds": "*",
    "orders": "*",
    "order_lines": "*",
    "discount_uses": "*",
    "buyers": "*",
}


@dataclass
class Repeats:
    """One shopper's requests, each of them sent many times."""

    lab: Lab
    shop: LabShop
    times: int
    counts: Counter[str] = field(default_factory=Counter)
    findings: list[str] = field(default_factory=list)

    def adds(self, shopper: Shopper) -> str:
        """Add to a cart, and look that it was added once; give the cart."""
        cart = shopper.call("update_cart", lines=[{"variant_id": FERN, "quantity": 1}])
        cart_id, version = cart["cart_id"], cart["version"]
        more = {"cart_id": cart_id, "mode": "add", "expected_version": version}
        add = call("update_cart", lines=[{"variant_id": MONSTERA, "quantity": 3}], **more)
        answers = self._sent("adds", add)
        wanted = {MONSTERA: 3, FERN: 1}
        for result in answers.results():
            if (result.get("version"), _quantities(result)) != (version + 1, wanted):
                self.findings.append(f"cart {cart_id}: a repeated add gave {result}")
                break
        other = call("update_cart", lines=[{"variant_id": MONSTERA, "quantity": 5}], **more)
        before = self._everything()
        refused = self._sent("stale adds", other)
        codes = {result.get("error", {}).get("code") for result in refused.results()}
        self._refused("a stale add", codes, {"version_conflict"}, before)
        return str(cart_id)

    def starts(self, cart_id: str) -> str:
        """Start the same checkout, and look that there is one; give the token of its page."""
        answers = self._sent("starts", call("start_checkout", cart_id=cart_id))
        sessions = {result.get("checkout_session_id") for result in answers.results()}
        pages = {result.get("checkout_url") for result in answers.results()}
        if len(sessions) != 1 or None in sessions:
            self.findings.append(f"cart {cart_id} has the checkouts {sessions}")
        return str(pages.pop()).rpartition("/")[2]

    def presses(self, shopper: Shopper, token: str) -> None:
        """Press Pay, pay, and press again; the same key with something else in it is refused."""
        shopper.post(token, "details", shopper.details)
        fields = dict(_HIDDEN.findall(shopper.look(token)))
        path, cookie = f"/checkout/{token}/pay", shopper.cookie
        press = form(path, cookie, fields)
        answers = self._sent("presses", press)
        places = answers.places()
        if answers.statuses() != {303} or len(places) != 1 or "/sandbox/pay/" not in str(places):
            self.findings.append(f"{token}: {answers.statuses()} to {places}")
        self._other_bodies(path, cookie, fields)
        self._one_payment(token, orders=0)
        shopper.press_at_provider(places.pop(), "approve")
        bought = shopper.check_out(token)
        if bought.ending != "bought":
            self.findings.append(f"{token}: {bought}")
        late = self._sent("late presses", press)
        if late.statuses() != {303} or late.places() != {f"/checkout/{token}"}:
            self.findings.append(f"{token}, paid: {late.statuses()} to {late.places()}")
        self._other_bodies(path, cookie, fields)
        self._one_payment(token, orders=1)

    def _other_bodies(self, path: str, cookie: str, fields: Mapping[str, str]) -> None:
        """Send the same key with one field changed."""
        before = self._everything()
        for changed in ({"quote": "0" * 64}, {"option": "express"}, {"terms": "other"}):
            answers = self._sent("other bodies", form(path, cookie, {**fields, **changed}), 10)
            self._refused(f"another {changed}", answers.statuses(), {409}, before)

    def _refused(self, what: str, seen: set[Any], wanted: set[Any], before: Tables) -> None:
        if seen != wanted:
            self.findings.append(f"{what}: {seen} instead of {wanted}")
        changed = [table for table, found in self._everything().items() if found != before[table]]
        if changed:
            self.findings.append(f"{what} has changed {', '.join(changed)}")

    def _one_payment(self, token: str, orders: int) -> None:
        found = read(self.shop.url, lambda uow: rows(uow, _COUNTED.format(token)))[0]
        if tuple(found) != (1, 1, orders):
            self.findings.append(
                f"checkout {token}: {tuple(found)} payments, holds and orders, not 1, 1, {orders}"
            )

    def _everything(self) -> Tables:
        """Read all that a request could have changed."""
        statements = {table: f"SELECT {names} FROM {table}" for table, names in _TABLES.items()}  # noqa: S608 - our own names
        return read(
            self.shop.url,
            lambda uow: {
                table: sorted(map(repr, rows(uow, text))) for table, text in statements.items()
            },
        )

    def _sent(self, what: str, request: Request, part: int = 1) -> Answers:
        answers = repeat(self.shop.origins, request, self.times // part)
        self.counts[what] += len(answers.answers)
        self.counts["sent again"] += answers.asked_again
        return answers


_COUNTED = """
    SELECT COUNT(DISTINCT p.id), COUNT(DISTINCT h.id), COUNT(DISTINCT o.id)
    FROM checkout_sessions c LEFT JOIN payments p ON p.checkout_id = c.id
    LEFT JOIN stock_holds h ON h.payment_id = p.id AND h.variant_id =
        (SELECT id FROM variants WHERE handle = 'monstera-17cm')
    LEFT JOIN orders o ON o.payment_id = p.id WHERE c.page_token = '{}'
"""


def _quantities(cart: Mapping[str, Any]) -> dict[str, int]:
    return {item["variant_id"]: item["quantity"] for item in cart.get("items", ())}


def _run(lab: Lab) -> Outcome:
    plan = Plan({MONSTERA: 100, FERN: 100}, provider_chaos="", hurried=not lab.full)
    shop = build(lab, "repeats", plan)
    repeats = Repeats(lab, shop, lab.sized(100, 1000))
    shopper = Shopper(shop.origins, lab.random("shopper"), patience=_SETTLED_SECONDS)
    with running(*shop.children):
        try:
            token = repeats.starts(repeats.adds(shopper))
            repeats.presses(shopper, token)
        finally:
            shopper.close()
        _, wrong = wait_until_settled(shop, _SETTLED_SECONDS)
    return Outcome(dict(repeats.counts), [*repeats.findings, *wrong])


REPEATS = Experiment(
    "repeats",
    "However often one request is sent, it has one effect; with another body it is refused.",
    _run,
)
