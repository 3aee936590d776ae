"""Fetch a file that somebody else named, from an address that was looked at first."""

import base64
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import version
from typing import Protocol
from urllib.parse import unquote

import anyio
import httpx

from plantly.domain.errors import FetchFailed
from plantly.outbound.address_guard import AddressGuard
from plantly.outbound.connecting import AddressRefused, Connector, NoAddress, Resolver

_MEGABYTE = 1 << 20
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_MAX_REDIRECTS = 5
_MAX_URL = 2000
_MAX_PORT = 65535
_OK = 200
_NOT_MODIFIED = 304


class Sink(Protocol):
    """What takes the bytes."""

    def write(self, data: bytes, /) -> object:
        """Take some more."""


@dataclass(frozen=True, slots=True)
class FetchLimits:
    """How much of whose patience a fetch may take.

    After `patience` seconds it must have been as quick as `bytes_per_second`.
    """

    max_bytes: int
    seconds: float
    connect_seconds: float = 10
    read_seconds: float = 30
    patience: float = 30
    bytes_per_second: float = 512
    compressed: bool = False
    """Take gzip, too. Whoever reads the file undoes it, and knows how much of it there may be."""


FEED = FetchLimits(max_bytes=2048 * _MEGABYTE, seconds=3600, compressed=True)
PICTURE = FetchLimits(max_bytes=20 * _MEGABYTE, seconds=60, patience=10)


@dataclass(frozen=True, slots=True)
class Validators:
    """What a server said about the version that it sent, to ask for a newer one only."""

    etag: str = ""
    last_modified: str = ""


@dataclass(frozen=True, slots=True)
class Fetched:
    """What came. `unchanged`: nothing did, because there is nothing newer."""

    size: int
    validators: Validators = Validators()
    unchanged: bool = False


@dataclass(frozen=True, slots=True)
class _Ask:
    url: httpx.URL
    into: Sink
    limits: FetchLimits
    headers: Mapping[str, str]


class Fetcher:
    """Fetches over http and https; each hop's addresses are checked, and then used."""

    def __init__(
        self,
        guard: AddressGuard,
        *,
        transport: httpx.AsyncBaseTransport | None = None,
        resolve: Resolver | None = None,
    ) -> None:
        self._guard = guard
        self._connector = Connector(transport, resolve)

    async def aclose(self) -> None:
        """Close what is open."""
        await self._connector.aclose()

    async def fetch(
        self, url: str, into: Sink, limits: FetchLimits, known: Validators | None = None
    ) -> Fetched:
        """Write what is at an address `into` a sink, and follow its redirects.

        `known` are the validators of what is here already. The bytes are those of the wire: what
        the server compressed stays compressed.

        Raises:
            FetchFailed: It is not there, too large, too slow, or somewhere that we do not go.
        """
        address = checked_url(url)
        headers = {
            "User-Agent": f"Plantly/{version('plantly')}",
            "Accept": "*/*",
            "Accept-Encoding": "gzip" if limits.compressed else "identity",
            "Connection": "close",
            **_conditions(known),
        }
        try:
            with anyio.fail_after(limits.seconds):
                return await self._follow(_Ask(address, into, limits, headers))
        except TimeoutError as error:
            told = f"{masked(url)} took longer than {limits.seconds:.0f} seconds: try again later."
            raise FetchFailed(told) from error
        except (httpx.HTTPError, httpx.InvalidURL, ssl.SSLError) as error:
            told = f"{masked(url)} could not be fetched ({_reason(error)}): check the address."
            raise FetchFailed(told) from error

    async def _follow(self, ask: _Ask) -> Fetched:
        hop, headers = ask.url, {**ask.headers, **_credentials(ask.url)}
        for _ in range(_MAX_REDIRECTS + 1):
            response = await self._send(hop, headers, ask.limits)
            try:
                if response.status_code not in _REDIRECTS:
                    return await _receive(response, hop, ask)
                there = _next_hop(hop, response)
            finally:
                await response.aclose()
            if there.netloc != hop.netloc or there.scheme != hop.scheme:
                # What one server may know is none of another's business.
                headers = {k: v for k, v in headers.items() if k != "Authorization"}
            hop = there
        told = f"{masked(str(ask.url))} redirects more than {_MAX_REDIRECTS} times."
        raise FetchFailed(f"{told} Give the last address itself.")

    async def _send(
        self, url: httpx.URL, headers: Mapping[str, str], limits: FetchLimits
    ) -> httpx.Response:
        timeout = {
            "connect": limits.connect_seconds,
            "read": limits.read_seconds,
            "write": limits.read_seconds,
            "pool": limits.connect_seconds,
        }
        request = httpx.Request("GET", url, headers=headers, extensions={"timeout": timeout})
        shown = masked(str(url))
        try:
            return await self._connector.send(request, self._guard)
        except NoAddress as error:
            raise FetchFailed(f"{shown} has no address: check the name.") from error
        except AddressRefused as error:
            told = f"{shown} leads to {error.address}, which is not on the public internet"
            raise FetchFailed(f"{told}: {_REMEDY[self._guard.allow_private]}.") from error


_REMEDY = {
    False: "give a public address, or allow private ones with --allow-private",
    True: "give another address",
}


def checked_url(url: str) -> httpx.URL:
    """Return an http(s) address.

    Raises:
        FetchFailed: It is another kind of address, or none.
    """
    try:
        parsed = httpx.URL(url)
        port = parsed.port
    except (httpx.InvalidURL, ValueError, UnicodeError) as error:
        raise FetchFailed("This is not an address: write it like https://example.com/f") from error
    is_port = port is None or 0 < port <= _MAX_PORT
    if parsed.scheme not in {"http", "https"} or not parsed.raw_host or not is_port:
        raise FetchFailed("Only http and https addresses are fetched.")
    if len(url) > _MAX_URL:
        raise FetchFailed(f"The address is longer than {_MAX_URL} characters.")
    return parsed


def masked(url: str) -> str:
    """Return an address as it may be shown: without user, password and query."""
    try:
        parsed = httpx.URL(url)
        plain = parsed.copy_with(userinfo=b"", query=None, fragment=None)
    except (httpx.InvalidURL, ValueError, UnicodeError):
        return "The address"
    return f"{plain}?..." if parsed.query else str(plain)


async def _receive(response: httpx.Response, hop: httpx.URL, ask: _Ask) -> Fetched:
    shown = masked(str(ask.url))
    if response.status_code == _NOT_MODIFIED and _is_conditional(ask.headers):
        return Fetched(0, unchanged=True)
    if response.status_code != _OK:
        raise FetchFailed(f"{masked(str(hop))} answered {response.status_code} instead of a file.")
    limits, began, size = ask.limits, anyio.current_time(), 0
    too_large = f"{shown} is larger than {limits.max_bytes // _MEGABYTE} MB, which is too much."
    said = response.headers.get("Content-Length", "")
    if said.isdecimal() and int(said) > limits.max_bytes:
        raise FetchFailed(too_large)
    async for chunk in response.aiter_raw():
        size += len(chunk)
        if size > limits.max_bytes:
            raise FetchFailed(too_large)
        passed = anyio.current_time() - began
        if passed > limits.patience and size < passed * limits.bytes_per_second:
            raise FetchFailed(f"{shown} sends too slowly: try again later.")
        ask.into.write(chunk)
    validators = Validators(_header(response, "ETag", 500), _header(response, "Last-Modified", 100))
    return Fetched(size, validators)


def _next_hop(hop: httpx.URL, response: httpx.Response) -> httpx.URL:
    there = checked_url(str(hop.join(response.headers.get("Location", ""))))
    if hop.scheme == "https" and there.scheme == "http":
        raise FetchFailed(f"{masked(str(hop))} redirects from https to http, which is not safe.")
    return there


def _conditions(known: Validators | None) -> dict[str, str]:
    if known is None:
        return {}
    said = {"If-None-Match": known.etag, "If-Modified-Since": known.last_modified}
    return {name: value for name, value in said.items() if value}


def _is_conditional(headers: Mapping[str, str]) -> bool:
    return "If-None-Match" in headers or "If-Modified-Since" in headers


def _credentials(url: httpx.URL) -> dict[str, str]:
    """Return the header of a user and password that stand in the address."""
    if not url.userinfo:
        return {}
    token = base64.b64encode(unquote(url.userinfo.decode("ascii")).encode()).decode("ascii")
    return {"Authorization": f"Basic {token}"}


def _header(response: httpx.Response, name: str, longest: int) -> str:
    value: str = response.headers.get(name, "")
    return value if len(value) <= longest and value.isascii() and value.isprintable() else ""


def _reason(error: Exception) -> str:
    """Name what went wrong; an error's own text may hold the whole address."""
    if isinstance(error, httpx.TimeoutException):
        return "no answer in time"
    if "CERTIFICATE" in str(error):
        return "its certificate is not valid"
    if isinstance(error, httpx.ConnectError):
        return "no connection"
    return "the connection broke" if isinstance(error, httpx.NetworkError) else "not proper HTTP"
