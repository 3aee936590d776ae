"""The database goes away for a moment, or fails: the shop stays, and tells no secrets."""

import logging
from pathlib import Path
from typing import cast

import anyio
import httpx
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from plantly import app as composition
from plantly.app import create_app
from plantly.db import Database, UnitOfWork
from plantly.mcp_server.toolbook import Toolbook
from plantly.settings import load_settings

pytestmark = pytest.mark.anyio

BUYER = "ada@example.com"
PAGE = "/checkout/" + "a" * 32


class _FlakyToolbook:
    """Fails the first time it is asked to look; says when it is asked again."""

    def __init__(self) -> None:
        self.looks = 0
        self.looked_again = anyio.Event()

    async def refresh(self) -> None:
        self.looks += 1
        if self.looks > 1:
            self.looked_again.set()
            return
        raise ConnectionRefusedError(BUYER)


def _shop(folder: Path, database: str = "shop.sqlite3") -> httpx.AsyncClient:
    """Open the application over a database that has not even tables."""
    settings = load_settings({"PLANTLY_DATABASE_URL": f"sqlite:///{folder / database}"})
    transport = httpx.ASGITransport(create_app(settings), raise_app_exceptions=True)
    return httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8000")


async def test_a_database_that_is_away_for_a_moment_does_not_end_the_server(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(composition, "_LOOK_FOR_NEW_TOOLS_SECONDS", 0)
    flaky = _FlakyToolbook()
    with anyio.fail_after(5):
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(composition._keep_tools_current, cast("Toolbook", flaky))
            await flaky.looked_again.wait()
            tasks.cancel_scope.cancel()
    assert "ConnectionRefusedError" in caplog.text
    assert BUYER not in caplog.text


async def test_a_page_that_fails_apologizes_and_logs_its_place_only(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with _shop(tmp_path) as browser:
        answer = await browser.get(PAGE)
    assert answer.status_code == 500
    assert "never be charged twice" in answer.text
    (record,) = [r for r in caplog.records if r.levelno >= logging.ERROR]
    assert record.getMessage().startswith("/checkout failed: OperationalError at ")
    assert record.exc_info is None
    for secret in ("a" * 32, "no such table", "SELECT"):
        assert secret not in caplog.text + answer.text


@pytest.mark.parametrize("path", ["/p/aloe-vera/", "/policies/", "/webhooks/", PAGE + "/"])
async def test_no_address_leads_to_the_host_that_a_request_named(tmp_path: Path, path: str) -> None:
    async with _shop(tmp_path) as browser:
        answer = await browser.get(path, headers={"host": "evil.example"})
    assert answer.status_code == 404
    assert "location" not in answer.headers


async def test_the_text_of_a_database_error_holds_nothing_that_was_typed(db: Database) -> None:
    def fail(uow: UnitOfWork) -> None:
        uow.connection.execute(text("SELECT * FROM nowhere WHERE email = :who"), {"who": BUYER})

    for run in (db.read, db.write):
        with pytest.raises(DBAPIError) as caught:
            await run(fail)
        assert BUYER not in str(caught.value)
