"""A route to a function of the request."""

import httpx
import pytest
from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from plantly.web.straight import straight

pytestmark = pytest.mark.anyio


async def named(request: Request) -> Response:
    """Say which method came for whom."""
    return PlainTextResponse(f"{request.method} {request.path_params['name']}")


@pytest.mark.parametrize(
    ("path", "answers"),
    [
        ("/read/fern", {"GET": 200, "HEAD": 405, "POST": 405}),
        ("/look/fern", {"GET": 200, "HEAD": 200, "POST": 405}),
        ("/post/fern", {"GET": 405, "HEAD": 405, "POST": 200}),
        ("/read/fern/more", {"GET": 404, "HEAD": 404, "POST": 404}),
    ],
)
async def test_a_route_takes_the_methods_that_it_names_and_no_other(
    path: str, answers: dict[str, int]
) -> None:
    app = FastAPI()
    app.router.routes.extend(
        [
            straight("/read/{name}", named, "GET"),
            straight("/look/{name}", named, "GET", "HEAD"),
            straight("/post/{name}", named, "POST"),
        ]
    )
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://shop") as client:
        for method, status in answers.items():
            answer = await client.request(method, path)
            assert answer.status_code == status
            assert answer.text == f"{method} fern" or method == "HEAD" or status != 200
