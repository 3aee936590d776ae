"""The short way answers as the application does, only sooner."""

import httpx
import pytest
from fastapi import APIRouter, FastAPI, Request
from fastapi.responses import PlainTextResponse
from starlette.types import Receive, Scope, Send

from plantly.domain.errors import Overloaded
from plantly.web.short_way import ShortWay

pytestmark = pytest.mark.anyio


async def _name(request: Request) -> PlainTextResponse:
    return PlainTextResponse(f"short: {request.path_params['token']}")


async def _typed(token: str, request: Request) -> PlainTextResponse:
    return PlainTextResponse(f"long: {token} {request.method}")


async def _busy(request: Request) -> PlainTextResponse:
    raise Overloaded


async def _broken(request: Request) -> PlainTextResponse:
    msg = "Ada Lovelace"
    raise RuntimeError(msg)


async def _sent(method: str, path: str) -> httpx.Response:
    router = APIRouter(prefix="/checkout/{token}")
    for ending, endpoint in (("", _name), ("/typed", _typed), ("/busy", _busy), ("/bad", _broken)):
        router.add_api_route(ending, endpoint, methods=["GET"])
    app = FastAPI()
    app.include_router(router)
    short_way = ShortWay([router])

    async def either(scope: Scope, receive: Receive, send: Send) -> None:
        if not await short_way.answers(scope, receive, send):
            await app(scope, receive, send)

    transport = httpx.ASGITransport(either, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://shop.test") as client:
        return await client.request(method, path)


@pytest.mark.parametrize(
    ("method", "path", "status", "said"),
    [
        ("GET", "/checkout/a%20b", 200, "short: a b"),
        ("GET", "/checkout/a/typed", 200, "long: a GET"),
        ("POST", "/checkout/a", 405, "Method Not Allowed"),
        ("GET", "/checkout/a/other", 404, "Not Found"),
        ("GET", "/checkout", 404, "Not Found"),
        ("GET", "/", 404, "Not Found"),
    ],
)
async def test_what_the_short_way_does_not_know_goes_the_usual_way(
    method: str, path: str, status: int, said: str
) -> None:
    answer = await _sent(method, path)
    assert (answer.status_code, said in answer.text) == (status, True)


async def test_a_shop_that_is_busy_says_so_on_the_short_way_too() -> None:
    answer = await _sent("GET", "/checkout/a/busy")
    assert (answer.status_code, "retry-after" in answer.headers) == (503, True)


async def test_what_fails_on_the_short_way_says_nothing_of_our_insides() -> None:
    answer = await _sent("GET", "/checkout/a/bad")
    assert (answer.status_code, "Ada" in answer.text) == (500, False)
