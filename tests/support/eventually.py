"""Looks that wait: what a page shows at once reaches the shop, or its host, a moment later."""

from collections.abc import Callable
from typing import Final

from playwright.sync_api import Page

from tests.support.http import wait_until

_AHEAD_SECONDS: Final = 1


def eventually(look: Callable[[], object], wanted: object) -> None:
    """Wait until `look` gives what is `wanted`; say what it gave last when it never does.

    While it waits, no request is answered that a test answers itself (`route`).
    """
    seen: list[object] = []

    def there() -> bool:
        seen[:] = [look()]
        return seen == [wanted]

    try:
        wait_until(there, "the wanted")
    except TimeoutError:
        raise AssertionError(f"Wanted {wanted!r}, saw {seen[0]!r} to the end.") from None


def stop_time(page: Page) -> None:
    """Let the time of a page with a clock installed move by hand alone from here on.

    Without it the clock goes on by itself, and what has to happen within a second is a race.
    """
    now = page.evaluate("Date.now()") / 1000
    page.clock.pause_at(now + _AHEAD_SECONDS)
