"""The server process and the commands say nothing that is a secret: no address, no password."""

import asyncio
import logging
import socket
from collections.abc import Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import uvicorn

from plantly.cli import server
from plantly.settings import SettingsError, load_settings
from tests.support.canaries import CARD, PERSON, SAID, Ears, lines_with, listening
from tests.support.cli import Shell

TOKEN = "canary-token-of-a-page-0123456789"
COOKIE = "canary-cookie-of-a-browser-0123456789"
PASSWORD = "canary-password-0123456789"


@pytest.fixture
def ears() -> Iterator[Ears]:
    with listening() as heard:
        yield heard


@asynccontextmanager
async def served(url: str, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Run the server that `plantly serve` would run, on a port of its own."""
    made: list[uvicorn.Server] = []
    monkeypatch.setattr(server._Server, "run", lambda self, **_: made.append(self))
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        environment = {"PLANTLY_DATABASE_URL": url, "PLANTLY_PORT": str(port)}
        server.run(load_settings(environment), listener, lambda: None)
        # Whatever the levels were set to by the server: somebody has turned them up.
        for name in ("uvicorn", "uvicorn.access", "uvicorn.error", "uvicorn.asgi"):
            logging.getLogger(name).setLevel(logging.DEBUG)
            logging.getLogger(name).propagate = True
        task = asyncio.create_task(made[0]._serve([listener]))
        # Until then the kernel keeps connections waiting.
        yield port
        made[0].should_exit = True
        await task


async def send(port: int, *lines: str, body: str = "") -> bytes:
    """Send a request byte by byte as it stands here."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write("\r\n".join([*lines, f"Content-Length: {len(body)}", "", body]).encode())
    await writer.drain()
    answer = await reader.read(65536)
    writer.close()
    return answer


@pytest.mark.anyio
async def test_no_access_log_holds_the_address_of_a_page(
    sqlite_shop_url: str,
    ears: Ears,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    ours = f"Host: 127.0.0.1\r\nConnection: close\r\nCookie: plantly_checkout={COOKIE}"
    form = "&".join(f"{name}={value}" for name, value in PERSON.items())
    async with served(sqlite_shop_url, monkeypatch) as port:
        said = [
            await send(port, f"GET /checkout/{TOKEN} HTTP/1.1", ours),
            await send(port, f"GET /checkout/{TOKEN}/return?card={CARD} HTTP/1.1", ours),
            await send(port, f"POST /checkout/{TOKEN}/details HTTP/1.1", ours, body=form),
            await send(port, f"GET /sandbox/pay/{TOKEN} HTTP/1.1", ours),
            await send(port, f"GET /cart/{TOKEN}:1?name={CARD} HTTP/1.1", ours),
            await send(port, f"BREW /checkout/{TOKEN} {CARD}", ours),
            await send(port, f"GET /checkout/{TOKEN} HTTP/1.1", f"{ours}\r\nBad {COOKIE}"),
            await send(port, "POST /mcp HTTP/1.1", ours, body=form),
        ]
    assert [answer[:12] for answer in said[:2]] == [b"HTTP/1.1 404", b"HTTP/1.1 303"]
    log = ears.heard() + "".join(capfd.readouterr())
    # Turned on by somebody's own configuration, it tells which kind of page was asked for.
    assert '"GET /checkout HTTP/1.1" 404' in log
    canaries = {**SAID, "card": CARD, "token": TOKEN, "cookie": COOKIE}
    assert lines_with(log, canaries) == []


ADDRESSES = (
    "postgresql://shop:{}@127.0.0.1:1/shop",
    "postgres://shop:{}@127.0.0.1:1/shop",
    "postgresql://shop:x/{}@127.0.0.1:1/shop",
    "postgresql://shop:{}/shop",
    "postgresql://shop:x@127.0.0.1:{}/shop",
    "postgresql://shop:x@127.0.0.1:1/shop?password={}",
    "mysql://shop:{}@127.0.0.1/shop",
)


@pytest.mark.parametrize("address", ADDRESSES)
def test_no_command_says_the_password_of_the_database(
    shell: Shell, ears: Ears, address: str
) -> None:
    shell.set("PLANTLY_DATABASE_URL", address.format(PASSWORD))
    said = [shell.run(*words) for words in (["doctor"], ["orders", "list"], ["shop", "show"])]
    for result in said:
        assert result.exit_code != 0
        assert PASSWORD not in result.output + result.stderr
    assert PASSWORD not in ears.heard()


def test_a_port_that_is_none_is_refused_without_repeating_it() -> None:
    with pytest.raises(SettingsError) as refused:
        load_settings({"PLANTLY_DATABASE_URL": f"postgresql://shop:{PASSWORD}/shop"})
    (problem,) = refused.value.problems
    assert problem.startswith("PLANTLY_DATABASE_URL cannot be read")
    assert PASSWORD not in problem


def test_settings_that_are_printed_hold_no_secret(tmp_path: Path) -> None:
    settings = load_settings(
        {
            "PLANTLY_DATABASE_URL": f"postgresql://shop:{PASSWORD}@[::1]:5432/shop?sslmode=require",
            "PLANTLY_SANDBOX_API_KEY": PASSWORD,
            "PLANTLY_SANDBOX_WEBHOOK_SECRET": PASSWORD,
        }
    )
    assert PASSWORD in settings.database_url
    assert PASSWORD not in repr(settings)
