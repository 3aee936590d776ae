"""Connect to an address that somebody else named, after it was looked at."""

import contextlib
import socket
from collections.abc import Awaitable, Callable
from ipaddress import ip_address

import anyio
import httpx

from plantly.outbound.address_guard import AddressGuard

Resolver = Callable[[str, int], Awaitable[list[str]]]
"""Returns the addresses of a host, in the order in which they should be tried."""


class NoAddress(Exception):
    """The host has no address."""


class AddressRefused(Exception):
    """The host leads to where we do not go."""

    def __init__(self, address: str) -> None:
        super().__init__(address)
        self.address = address


class Connector:
    """Sends requests to addresses that were checked, and then used.

    The connection is made to the address that was checked, so that a name cannot be looked up
    differently in between. Proxies of the environment are not used: they would look up themselves.
    """

    def __init__(
        self, transport: httpx.AsyncBaseTransport | None = None, resolve: Resolver | None = None
    ) -> None:
        self._transport = transport
        self._resolve = resolve or resolve_host

    async def aclose(self) -> None:
        """Close what is open."""
        if self._transport is not None:
            await self._transport.aclose()

    async def send(self, request: httpx.Request, guard: AddressGuard) -> httpx.Response:
        """Send to the first address of the host that can be connected to; follow nothing.

        Raises:
            NoAddress: There is none.
            AddressRefused: One of them is somewhere that we do not go.
            httpx.TransportError: None could be connected to, or the connection broke.
        """
        failure: httpx.TransportError | None = None
        for address in await self._addresses(request.url, guard):
            sent = httpx.Request(
                request.method,
                request.url.copy_with(host=address, userinfo=b"", fragment=None),
                headers={"Host": request.url.netloc.decode("ascii"), **_said(request)},
                content=request.content,
                extensions={
                    # The certificate must be the host's, whatever its address.
                    "sni_hostname": request.url.raw_host.decode("ascii"),
                    **request.extensions,
                },
            )
            try:
                return await self._opened().handle_async_request(sent)
            except (httpx.ConnectError, httpx.ConnectTimeout) as error:
                failure = error
        raise failure or NoAddress

    async def _addresses(self, url: httpx.URL, guard: AddressGuard) -> list[str]:
        host = url.raw_host.decode("ascii")
        port = url.port or (443 if url.scheme == "https" else 80)
        try:
            addresses = await self._resolve(host, port)
        except (OSError, UnicodeError) as error:
            raise NoAddress from error
        for address in addresses:
            if not guard.allows(address):
                raise AddressRefused(address)
        return addresses

    def _opened(self) -> httpx.AsyncBaseTransport:
        if self._transport is None:
            self._transport = httpx.AsyncHTTPTransport(
                trust_env=False,
                # Connections are found by address: two names at one would share theirs.
                limits=httpx.Limits(max_keepalive_connections=0),
            )
        return self._transport


async def resolve_host(host: str, port: int) -> list[str]:
    """Return the addresses of a host, in the order in which the system would try them."""
    with contextlib.suppress(ValueError):
        return [str(ip_address(host))]
    found = await anyio.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


def _said(request: httpx.Request) -> dict[str, str]:
    return {name: value for name, value in request.headers.items() if name != "host"}
