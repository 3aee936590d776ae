"""What all tests with a real browser have in common."""

import pytest
from playwright.sync_api import expect

# A machine may be slow; what does not come at all is waited for once.
expect.set_options(timeout=20_000)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Give a test with a browser another chance, which the report names.

    On a machine that is busy with something else a click can come between two frames of a page
    that is still growing. What is wrong fails each time.
    """
    for item in items:
        if "/e2e/" in item.path.as_posix() and "browser" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.flaky(reruns=2))
