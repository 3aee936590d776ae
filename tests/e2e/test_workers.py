"""Workers as processes of their own: one works, and the next takes over when it is killed."""

import re
from pathlib import Path

import httpx

from plantly.db import UnitOfWork
from plantly.services.workflows.worker import LEASE
from tests.support.http import RunningServer, free_port, running_shop, wait_until
from tests.support.pay_shop import BUYER, text_of
from tests.support.rivals import elsewhere
from tests.support.workers import running_worker

_FIELDS = re.compile(r'name="(quote|shown|key|terms)" value="([^"]*)"')


def test_a_worker_that_is_killed_is_replaced_and_nothing_is_left_undone(tmp_path: Path) -> None:
    settings = {"PLANTLY_PORT": str(free_port()), "PLANTLY_WORKER": "apart"}
    with (
        running_shop(tmp_path, **settings) as shop,
        running_worker(tmp_path, settings) as one,
    ):
        one.wait_until_it_works()
        with running_worker(tmp_path, settings) as two, _browser(shop) as browser:
            buyer = _Buyer(browser)
            pay_page = buyer.go_to_the_provider()
            one.process.kill()
            buyer.browser.post(pay_page, data={"action": "approve"})
            assert "Thank you" not in buyer.look()
            two.wait_until_it_works()
            wait_until(lambda: "Thank you" in buyer.look(), "the order after the takeover")
            ready = buyer.browser.get("/readyz")
            assert (ready.status_code, ready.json()) == (200, {"status": "ok"})
            two.process.terminate()
            assert two.process.wait(10) == 0
    url = f"sqlite:///{tmp_path / 'plantly.db'}"
    assert elsewhere(url, _lease_is_free), "whoever comes next has to wait for the lease"


def _lease_is_free(uow: UnitOfWork) -> bool:
    until = uow.shop.leased_until(LEASE)
    return until is not None and until <= uow.now


def _browser(shop: RunningServer) -> httpx.Client:
    return httpx.Client(base_url=shop.url, trust_env=False, timeout=20)


class _Buyer:
    """Somebody who checks out in a browser without a screen."""

    def __init__(self, browser: httpx.Client) -> None:
        self.browser = browser
        answer = self.browser.post(
            "/mcp",
            json={
                "jsonrpc": "2.0",
                "id": 1,
                "method": "tools/call",
                "params": {
                    "name": "start_checkout",
                    "arguments": {"items": [{"product_id": "aloe-vera", "quantity": 1}]},
                },
            },
            headers={"Accept": "application/json, text/event-stream"},
        )
        session = answer.json()["result"]["structuredContent"]
        self.page = httpx.URL(session["checkout_url"]).path

    def look(self) -> str:
        return text_of(self.browser.get(self.page))

    def go_to_the_provider(self) -> str:
        self.browser.post(f"{self.page}/details", data=BUYER)
        form = dict(_FIELDS.findall(self.browser.get(self.page).text))
        answer = self.browser.post(f"{self.page}/pay", data=form)
        assert answer.status_code == 303, text_of(answer)
        return httpx.URL(answer.headers["location"]).path
