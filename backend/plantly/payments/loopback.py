"""The shortest way over HTTP to a server of this machine: the shop's calls of its own sandbox.

A general client is made for servers that nobody knows. This one knows what ours answer: a body of
a stated length, nothing packed, nothing in pieces. What is anything else is not understood, which
is to whoever calls as if no answer had come.
"""

import asyncio
from collections.abc import Mapping
from time import monotonic
from typing import Final, NamedTuple

import httpx

_KEPT_SECONDS: Final = 2.0
"""Well below the five after which our servers close what is idle."""

_MOST_KEPT: Final = 20
_LONGEST_BODY: Final = 1 << 20
_TooLong = asyncio.LimitOverrunError


class _Line(NamedTuple):
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter


class LoopbackTransport(httpx.AsyncBaseTransport):
    """Carries requests of an `httpx.AsyncClient` to one server that speaks plain HTTP/1.1."""

    def __init__(self) -> None:
        self._idle: list[tuple[float, _Line]] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request, and return the answer with its body.

        Raises:
            httpx.ConnectError, httpx.TimeoutException: As every transport of httpx.
            httpx.RemoteProtocolError: The answer broke off, or is not one of ours.

        """
        body = await request.aread()
        seconds: Mapping[str, float | None] = request.extensions.get("timeout", {})
        line = self._kept() or await _connected(request, seconds.get("connect"))
        try:
            async with asyncio.timeout(seconds.get("read")):
                line.writer.write(_head(request) + body)
                response, stays = await _answer(line.reader)
        except TimeoutError as error:
            line.writer.transport.abort()
            raise httpx.ReadTimeout("No answer in time.", request=request) from error
        except (OSError, EOFError, ValueError, LookupError, _TooLong) as error:
            line.writer.transport.abort()
            raise httpx.RemoteProtocolError("No whole answer.", request=request) from error
        except BaseException:
            line.writer.transport.abort()
            raise
        if stays and len(self._idle) < _MOST_KEPT:
            self._idle.append((monotonic(), line))
        else:
            line.writer.close()
        return response

    async def aclose(self) -> None:
        """Hang up."""
        for _, line in self._idle:
            line.writer.close()
        self._idle.clear()

    def _kept(self) -> _Line | None:
        """Return the connection that was used last, if any is still good."""
        while self._idle:
            since, line = self._idle.pop()
            if monotonic() - since < _KEPT_SECONDS and not line.reader.at_eof():
                return line
            line.writer.close()
        return None


async def _connected(request: httpx.Request, seconds: float | None) -> _Line:
    try:
        async with asyncio.timeout(seconds):
            return _Line(*await asyncio.open_connection(request.url.host, request.url.port or 80))
    except TimeoutError as error:
        raise httpx.ConnectTimeout("No connection in time.", request=request) from error
    except OSError as error:
        raise httpx.ConnectError("No connection.", request=request) from error


def _head(request: httpx.Request) -> bytes:
    lines = [b"%s %s HTTP/1.1" % (request.method.encode(), request.url.raw_path)]
    lines += [b"%s: %s" % header for header in request.headers.raw]
    return b"\r\n".join([*lines, b"", b""])


async def _answer(reader: asyncio.StreamReader) -> tuple[httpx.Response, bool]:
    """Return an answer, and whether the connection stays open after it."""
    head = await reader.readuntil(b"\r\n\r\n")
    first, *lines = head[:-4].split(b"\r\n")
    headers = {}
    for line in lines:
        name, _, value = line.partition(b":")
        headers[name.lower()] = value.strip()
    length = int(headers[b"content-length"]) if b"content-length" in headers else -1
    if not 0 <= length <= _LONGEST_BODY:
        raise ValueError
    content = await reader.readexactly(length)
    stays = headers.get(b"connection", b"").lower() != b"close"
    status = int(first.split(b" ", 2)[1])
    return httpx.Response(status, headers=list(headers.items()), content=content), stays
