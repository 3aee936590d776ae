"""Servers without a shop behind our endpoint, such as the tests' sample server."""

import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import uvicorn
from mcp.server.lowlevel import Server
from starlette.applications import Starlette
from starlette.routing import Mount

from plantly.mcp_server.asgi import build_mcp_app
from plantly.mcp_server.collector import tune_collector
from plantly.mcp_server.lane import ConstantAnswers
from tests.support.sample_server import sample_server


def main() -> None:
    """Serve the sample server on the port given; with `--sdk`, without the lane."""
    serve(sample_server(), lane="--sdk" not in sys.argv)


def serve(server: Server[Any], *, lane: bool = True) -> None:
    """Serve on the port that is the first argument, as the shop is served."""
    mcp = build_mcp_app(server, allowed_hosts=["127.0.0.1:*"], lane=lane, cache=ConstantAnswers())

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        async with mcp.run():
            tune_collector()
            yield

    uvicorn.run(
        Starlette(routes=[Mount("/", mcp.asgi)], lifespan=lifespan),
        host="127.0.0.1",
        port=int(sys.argv[1]),
        loop="uvloop",
        http="httptools",
        log_level="warning",
        access_log=False,
    )


if __name__ == "__main__":
    main()
