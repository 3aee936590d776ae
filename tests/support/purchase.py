"""The whole purchase by clicking, as a shopper in a conversation does it."""

import json
import re
from dataclasses import dataclass
from urllib.parse import urlencode

from playwright.sync_api import Frame, Page, expect

from tests.support.widget_host import settled

_ADDRESS = {
    "email": "ada@example.com",
    "name": "Ada Lovelace",
    "address-line1": "12 Fern Street",
    "address-level2": "San Francisco",
    "postal-code": "94107",
}
PAYING_SECONDS = 20
RECOVERING_SECONDS = 60
"""A server that was killed held the worker's lease, which has to run out first."""


@dataclass
class Conversation:
    """The playground on a running shop: the part of the assistant."""

    page: Page
    url: str
    bridge: str = "apps"

    def call(self, tool: str, arguments: dict[str, object] | None = None) -> Frame:
        """Call a tool and return the frame in which its widget runs."""
        state = {"tool": tool, "args": json.dumps(arguments or {}), "bridge": self.bridge}
        self.page.goto(f"{self.url}/playground?{urlencode({**state, 'run': 1})}")
        expect(self.page.locator("#status")).to_have_text("Done")
        handle = self.page.wait_for_selector("#stage iframe")
        assert handle is not None
        frame = handle.content_frame()
        assert frame is not None
        return frame


def open_checkout(conversation: Conversation) -> tuple[Frame, Page]:
    """Put a monstera into the cart and check out; return the widget and the page it opened."""
    widget = conversation.call("list_products")
    widget.get_by_role("button", name="Monstera Deliciosa", exact=True).click()
    widget.get_by_role("button", name=re.compile("^Add to cart")).click()
    bar = widget.get_by_role("button", name=re.compile("View cart"))
    expect(bar).to_be_visible()
    settled(widget)
    bar.click()
    expect(widget.get_by_role("button", name="Check out")).to_be_visible()
    settled(widget)
    with conversation.page.context.expect_page() as opened:
        widget.get_by_role("button", name="Check out").click()
    return widget, opened.value


def fill_in(page: Page) -> None:
    """Type the buyer's details, found as a browser finds them, and go on to delivery."""
    page.locator('select[autocomplete="country"]').select_option("US")
    for token, value in _ADDRESS.items():
        page.locator(f'input[autocomplete="{token}"]').fill(value)
    page.locator('select[autocomplete="address-level1"]').select_option("CA")
    page.get_by_role("button", name="Continue to delivery").click()


def press_pay(page: Page) -> None:
    """Accept the terms, and press Pay."""
    page.get_by_role("checkbox", name=re.compile("Terms")).check()
    page.get_by_role("button", name=re.compile("^Pay ")).click()


def pay(page: Page, outcome: str) -> None:
    """Press Pay, then a button of the sandbox's page."""
    press_pay(page)
    page.get_by_role("button", name=outcome).click()
