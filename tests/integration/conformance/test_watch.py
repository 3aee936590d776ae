"""The hook that every story runs under does notice what it is there for."""

import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg
import httpx
import pytest

from tests.support.fakes.rig import Rig

pytestmark = pytest.mark.anyio


@pytest.fixture
def provider() -> str:
    """Look at one provider only: the hook is the same for all."""
    return "sandbox"


@asynccontextmanager
async def somebody_writes(url: str) -> AsyncIterator[None]:
    """Hold a transaction open that writes."""
    if url.startswith("sqlite"):
        file = sqlite3.connect(url.removeprefix("sqlite:///"), isolation_level=None)
        file.execute("BEGIN IMMEDIATE")
        yield
        file.close()
    else:
        server = await asyncpg.connect(url)
        async with server.transaction():
            await server.execute("UPDATE install_secrets SET value = value")
            yield
        await server.close()


def call(**options: object) -> httpx.Request:
    client = httpx.AsyncClient(timeout=5)
    values = {"method": "POST", "url": "http://127.0.0.1/sandbox/v1/payments", **options}
    return client.build_request(**values)  # type: ignore[arg-type]


async def found(rig: Rig, *requests: httpx.Request) -> list[str]:
    for request in requests:
        await rig.watch.look(request)
    return rig.watch.findings(rig.side.takes_key)


async def test_a_call_while_somebody_writes_is_found(both_rig: Rig) -> None:
    key = {"idempotency-key": "k"}
    assert await found(both_rig, call(headers=key)) == []
    async with somebody_writes(both_rig.url):
        (sentence,) = await found(both_rig, call(headers=key))
    assert "was called while 1 transactions wrote" in sentence


async def test_a_call_that_may_take_for_ever_is_found(rig: Rig) -> None:
    key = {"idempotency-key": "k"}
    (sentence,) = await found(rig, call(headers=key, timeout=None))
    assert "may take None seconds" in sentence


async def test_a_call_that_may_take_too_long_is_found(rig: Rig) -> None:
    key = {"idempotency-key": "k"}
    (sentence,) = await found(rig, call(headers=key, timeout=80))
    assert "may take 80 seconds" in sentence


async def test_a_call_without_its_key_is_found(rig: Rig) -> None:
    (sentence,) = await found(rig, call())
    assert "was called without an idempotency key" in sentence


async def test_a_call_that_is_made_again_and_again_is_found(rig: Rig) -> None:
    key = {"idempotency-key": "k"}
    assert await found(rig, *[call(headers=key)] * 2) == []
    (sentence,) = await found(rig, call(headers=key))
    assert "was called 3 times in one go" in sentence
