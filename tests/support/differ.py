"""Send the same requests to the SDK's app alone and to the lane, and tell where they differ."""

import json
from collections.abc import Callable, Iterable
from typing import Any

from mcp.server.lowlevel import Server

from plantly.mcp_server.asgi import McpApp, build_mcp_app
from plantly.mcp_server.lane import ConstantAnswers
from tests.support.mcp_wire import HOST, Exchange, send

ServerFactory = Callable[[], Server[Any]]

ALLOWED_HOSTS = (HOST, "localhost:*")
ALLOWED_ORIGINS = ("https://chat.test", "http://localhost:*")


def endpoint(
    factory: ServerFactory, *, lane: bool = True, cache: ConstantAnswers | None = None
) -> McpApp:
    """Put a new server of this kind behind an endpoint as the tests' requests know it."""
    return build_mcp_app(
        factory(),
        allowed_hosts=ALLOWED_HOSTS,
        allowed_origins=ALLOWED_ORIGINS,
        lane=lane,
        cache=cache,
    )


async def differ(factory: ServerFactory, exchanges: Iterable[Exchange]) -> list[str]:
    """Give one line for each answer of the lane that is not the SDK's.

    Each request goes to the lane twice, so that what the lane keeps is compared as well. The two
    servers come from one factory and must answer a repeated request alike.
    """
    differences = []
    alone = endpoint(factory, lane=False)
    lane = endpoint(factory, cache=ConstantAnswers())
    async with alone.run(), lane.run():
        for exchange in exchanges:
            expected = (await send(alone.asgi, exchange)).comparable()
            for time in ("first", "second"):
                got = (await send(lane.asgi, exchange)).comparable()
                if got != expected:
                    differences.append(_line(exchange, time, expected, got))
    return differences


def _line(exchange: Exchange, time: str, expected: Any, got: Any) -> str:
    return (
        f"{exchange.title} ({time} time)\n"
        f"  the SDK:  {json.dumps(expected, default=repr)[:600]}\n"
        f"  the lane: {json.dumps(got, default=repr)[:600]}"
    )
