"""What a purchase is compared with: the same requests to a server that does nothing.

The official SDK's `MCPServer`, as in `tests.benchmarks.baseline`, with a tool that takes and says
as much as ours, and with pages of Starlette, which the SDK comes with. Where our server calls
itself as the sandbox provider or with a webhook, this one calls itself too.
"""

from collections.abc import Awaitable, Callable
from urllib.parse import parse_qs

import httpx
from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response

from tests.benchmarks.baseline import main, server

Page = Callable[[Request], Awaitable[Response]]

_STARTED = {"reference": "r" * 40, "amount_minor": 1000, "padding": "p" * 300}
_EVENT = {"id": "e" * 40, "padding": "p" * 450}
"""About as long as what our server sends to the sandbox, and gets from it."""

# Shorter than the server keeps a connection: it must not be closed just when it is used again.
_client = httpx.AsyncClient(trust_env=False, limits=httpx.Limits(keepalive_expiry=1))


def route(path: str, method: str) -> Callable[[Page], Page]:
    """Answer requests to a path."""
    made: Callable[[Page], Page] = server.custom_route(path, methods=[method])
    return made


@server.tool(structured_output=False)
async def sized(asked: str, size: int) -> str:
    """Do nothing, and say much."""
    return "x" * size


@route("/page", "GET")
async def page(request: Request) -> Response:
    """Give a page of that size."""
    return HTMLResponse("x" * int(request.query_params["size"]))


@route("/form", "POST")
async def form(request: Request) -> Response:
    """Read a form, and send the browser on."""
    return await _taken(request)


@route("/form/start", "POST")
async def start(request: Request) -> Response:
    """Read a form, and call ourselves before the answer, as a shop calls its provider."""
    answer = await _client.post(f"{request.base_url}json", json=_STARTED)
    answer.json()
    return await _taken(request)


@route("/form/tell", "POST")
async def tell(request: Request) -> Response:
    """Read a form, and call ourselves after the answer, as a provider calls the shop."""
    return await _taken(request, BackgroundTask(_tell, f"{request.base_url}json"))


@route("/json", "POST")
async def take(request: Request) -> Response:
    """Take a call of our own."""
    await request.json()
    return JSONResponse(_STARTED)


async def _tell(url: str) -> None:
    await _client.post(url, json=_EVENT)


async def _taken(request: Request, after: BackgroundTask | None = None) -> Response:
    parse_qs((await request.body()).decode())
    return RedirectResponse("/page?size=1", 303, background=after)


if __name__ == "__main__":
    main()
