"""Routes to functions that take a request as it is."""

from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

Endpoint = Callable[[Request], Awaitable[Response]]


def straight(path: str, endpoint: Endpoint, *methods: str) -> Route:
    """Return a route for these methods alone.

    FastAPI looks for arguments of a function in each request, which takes it twice as long as
    everything else between the web server and the function. A purchase is seven such requests.
    """
    route = Route(path, endpoint, methods=methods)
    # Starlette adds HEAD to GET.
    route.methods = set(methods)
    return route
