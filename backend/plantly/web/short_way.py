"""A short way to the routes of a purchase: of what FastAPI does, they need the match alone."""

import re
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from inspect import signature
from typing import Any

from fastapi import APIRouter
from fastapi.responses import Response
from fastapi.routing import APIRoute
from starlette.requests import Request
from starlette.types import Receive, Scope, Send

from plantly.domain.errors import Overloaded
from plantly.web.troubles import apologize, ask_to_wait

Endpoint = Callable[[Request], Awaitable[Response]]


@dataclass(frozen=True, slots=True)
class _Known:
    path: re.Pattern[str]
    methods: frozenset[str]
    endpoint: Endpoint


class ShortWay:
    """Answers what is for one of these routes; everything else goes the usual way.

    The application has the same routes: they say what is wrong with a request that none fits. Only
    those that take nothing but a request are known here, for nothing is read from it for them.
    """

    def __init__(self, routers: Iterable[APIRouter]) -> None:
        self._known: dict[str, list[_Known]] = {}
        for route in (route for router in routers for route in router.routes):
            if isinstance(route, APIRoute) and _takes_a_request(route.endpoint):
                known = _Known(route.path_regex, frozenset(route.methods or ()), route.endpoint)
                self._known.setdefault(_first(route.path), []).append(known)

    async def answers(self, scope: Scope, receive: Receive, send: Send) -> bool:
        """Answer a request if it is for one of the routes; say whether it is."""
        path, method = scope["path"], scope["method"]
        for known in self._known.get(_first(path), ()):
            found = known.path.match(path)
            if found is not None and method in known.methods:
                await _answer(known.endpoint, found.groupdict(), scope, receive, send)
                return True
        return False


def _takes_a_request(endpoint: Callable[..., object]) -> bool:
    return [*signature(endpoint).parameters] == ["request"]


def _first(path: str) -> str:
    return path[: path.find("/", 1) + 1]


async def _answer(
    endpoint: Endpoint, params: dict[str, Any], scope: Scope, receive: Receive, send: Send
) -> None:
    scope["path_params"] = params
    request = Request(scope, receive, send)
    try:
        response = await endpoint(request)
    except Overloaded as error:
        response = await ask_to_wait(request, error)
    except Exception as error:
        await (await apologize(request, error))(scope, receive, send)
        raise
    await response(scope, receive, send)
