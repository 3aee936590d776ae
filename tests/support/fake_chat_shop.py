"""A shop in memory whose checkouts can be paid inside the conversation, and a form's script."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from tests.support.fake_shop import FakeShop, Json

FORM_SCRIPT: Final = """
window.gr4vy = {
  setup(options) {
    window.formOptions = options;
    const { element, form, amount, onEvent } = options;
    const paid = () => onEvent("transactionCreated", {});
    document.querySelector(element).textContent = `A form for ${amount}`;
    document.querySelector(form).addEventListener("submit", paid);
    setTimeout(() => onEvent("optionsLoaded", {}));
  },
};
"""
_OUTCOMES: Final = {"approve": "completed", "decline": "ready_for_payment"}


@dataclass
class FakeChatShop(FakeShop):
    """Sessions are ready for payment from the start; `outcome` is what becomes of a payment."""

    outcome: str = "approve"
    sheet: bool = False
    form: bool = False
    terms: bool = False
    ready: bool = True

    def call(self, name: str, arguments: Json) -> Json:
        """Answer one tool call with a whole result."""
        result = super().call(name, arguments)
        session = result.get("structuredContent", {})
        if self.form and "embed" in session:
            options = {"token": session["embed"]["token"], "amount": session["embed"]["amount"]}
            form = {"script": f"{self.origin}/form.js", "options": options}
            result["_meta"] = {**result["_meta"], "plantly/embed": form}
        return result

    def _tools(self) -> dict[str, Callable[[Json], Json]]:
        more = {"begin_payment": self._begin_payment, "complete_checkout": self._complete_checkout}
        return {**super()._tools(), "checkout_session": self._checkout_session, **more}

    def _start_checkout(self, asked: Json) -> Json:
        session = super()._start_checkout(asked)
        session["status"] = "ready_for_payment" if self.ready else "not_ready_for_payment"
        session["estimated"] = not self.ready
        return self._with_ways(session)

    def _checkout_session(self, asked: Json) -> Json:
        items = [
            {"product_id": item["id"], "quantity": item["quantity"]}
            for item in asked["checkout_session"]["items"]
        ]
        return self._start_checkout({"items": items})

    def _with_ways(self, session: Json) -> Json:
        name, total = session["checkout_session_id"], session["totals"][-1]["amount_minor"]
        if self.sheet:
            session["payment_sheet"] = _sheet(f"{name}.1", session["status"], total)
        if self.form and self.ready:
            session["quote"] = f"quote-of-{total}"
        if self.form and self.terms:
            url = f"{self.origin}/policies"
            session["terms"] = {"title": "Terms of sale", "version": "1", "url": url}
        if self.form and not self.ready:
            session["embed_error"] = "The delivery details are needed first."
        return session

    def _begin_payment(self, asked: Json) -> Json:
        session = self.sessions[asked["checkout_session_id"]]
        total = session["totals"][-1]["amount_minor"]
        if session["status"] == "ready_for_payment":
            session["status"] = "complete_in_progress"
            session["messages"] = []
            return session | {"embed": {"token": f"token-{len(self.calls)}", "amount": total}}
        self._settle(asked["checkout_session_id"])
        return session

    def _complete_checkout(self, asked: Json) -> Json:
        name = asked["checkout_session_id"].partition(".")[0]
        way = asked["payment_data"]["token"].split("_")[2]
        self.outcome = way
        messages = []
        if way in {"decline", "3ds"}:
            code = "requires_3ds" if way == "3ds" else "payment_declined"
            messages = [{"type": "error", "code": code, "content": f"The bank said: {way}."}]
        else:
            self._settle(name)
        session = self.sessions[name]
        return {**session["payment_sheet"], "status": session["status"], "messages": messages}

    def _settle(self, name: str) -> None:
        session = self.sessions[name]
        session["status"] = _OUTCOMES.get(self.outcome, "complete_in_progress")
        if self.outcome == "approve":
            self.pay(name)
        if self.outcome == "decline":
            self.decline(name)


def _sheet(name: str, status: str, total: int) -> Json:
    rows: list[dict[str, Any]] = [{"type": "total", "display_text": "Total", "amount": total}]
    provider = {"provider": "sandbox", "merchant_id": "sandbox"}
    return {
        "id": name,
        "status": status,
        "currency": "USD",
        "payment_mode": "test",
        "payment_provider": provider,
        "line_items": [],
        "totals": rows,
        "messages": [],
    }
