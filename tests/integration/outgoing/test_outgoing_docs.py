"""The page about outgoing webhooks: what it tells people to do works, and it lists every event."""

import re
from pathlib import Path
from typing import Any

import httpx
import pytest
import time_machine
from fastapi import FastAPI

from plantly.domain.outgoing import EVENT_TYPES, TEST_EVENT
from tests.support.receiver import ToldShop, sender_to

PAGE = (Path(__file__).parents[3] / "docs" / "outgoing-webhooks.md").read_text(encoding="utf-8")


def test_every_event_is_listed() -> None:
    assert [name for name in (*EVENT_TYPES, TEST_EVENT) if f"`{name}`" not in PAGE] == []


@pytest.mark.anyio
async def test_the_receiver_of_the_page_takes_what_is_ours_and_nothing_else(
    lone: ToldShop, monkeypatch: pytest.MonkeyPatch
) -> None:
    (program,) = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    names: dict[str, Any] = {"print": lambda *_: None}
    exec(program.replace("whsec_...", lone.receiver.secret), names)  # noqa: S102 - as the reader would
    app: FastAPI = names["app"]

    async def deliver(body: bytes | None = None) -> int:
        taken: list[httpx.Response] = []

        async def pass_on(request: httpx.Request) -> httpx.Response:
            headers = {k: v for k, v in request.headers.items() if k.startswith("webhook-")}
            transport = httpx.ASGITransport(app)
            async with httpx.AsyncClient(transport=transport, base_url="http://erp") as client:
                with time_machine.travel(lone.clock()):
                    taken.append(
                        await client.post(
                            "/hooks/plantly", content=body or request.content, headers=headers
                        )
                    )
            return httpx.Response(taken[0].status_code, stream=httpx.ByteStream(b""))

        monkeypatch.setattr(lone.desk, "_sender", sender_to(httpx.MockTransport(pass_on)))
        await lone.happen()
        await lone.deliver()
        return taken[0].status_code

    assert await deliver() == 204
    assert await deliver(b'{"type":"order.placed"}') == 401
