"""Tell the merchant's own systems: signed as Standard Webhooks says, and never for long.

Source: the Standard Webhooks specification, sections on headers, signatures and rotation.
"""

import ssl
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from importlib.metadata import version
from ipaddress import ip_address

import anyio
import httpx
from standardwebhooks import Webhook

from plantly.domain.errors import InvalidInput
from plantly.outbound.address_guard import AddressGuard
from plantly.outbound.connecting import AddressRefused, Connector, NoAddress, Resolver

CALL_SECONDS = 10
_READ_SECONDS = 1
_MAX_READ = 4096
_MAX_URL = 2000
_MAX_PORT = 65535
_SUCCESS = range(200, 300)
_REDIRECTS = range(300, 400)
_WRITE_IT = "write it like https://example.com/hooks/plantly"


@dataclass(frozen=True, slots=True)
class Message:
    """One webhook on its way to one address."""

    url: str
    webhook_id: str
    body: str
    secrets: tuple[str, ...] = field(repr=False)
    """Each of them signs; the newest goes first."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back: a status, or the kind of failure."""

    status: int | None
    failure: str | None = None

    @property
    def is_delivered(self) -> bool:
        """Say whether it arrived, and was taken."""
        return self.status in _SUCCESS


class WebhookSender:
    """Posts webhooks over https, to addresses that were looked at first.

    With `local` (in development) also to this machine, over http too.
    """

    def __init__(
        self,
        guard: AddressGuard,
        *,
        local: bool,
        transport: httpx.AsyncBaseTransport | None = None,
        resolve: Resolver | None = None,
    ) -> None:
        self._guard = guard
        self._local = local
        self._connector = Connector(transport, resolve)

    def check(self, url: str) -> str:
        """Return an address as it is kept.

        Raises:
            InvalidInput: It cannot be called, or is not safe to.
        """
        parsed = _parsed(url)
        host = parsed.raw_host.decode("ascii")
        if self._local and _is_here(host):
            return str(parsed)
        if parsed.scheme != "https":
            raise InvalidInput("url", f"Webhooks go over https only: {_WRITE_IT}.")
        if _is_here(host) or (_is_address(host) and not self._guard.allows(host)):
            raise InvalidInput(
                "url",
                f"{host} is not on the public internet: give a public address, or set "
                "PLANTLY_ALLOW_PRIVATE_FETCH=true.",
            )
        return str(parsed)

    async def send(self, message: Message, now: datetime) -> Answer:
        """Post a webhook; whatever goes wrong is the answer."""
        try:
            return await self._post(message, now)
        except (TimeoutError, httpx.TimeoutException):
            return Answer(None, "timeout")
        except AddressRefused:
            return Answer(None, "address_refused")
        except NoAddress:
            return Answer(None, "no_address")
        except (httpx.HTTPError, ssl.SSLError) as error:
            return Answer(None, _kind(error))
        except InvalidInput:
            return Answer(None, "address_refused")

    async def aclose(self) -> None:
        """Close what is open."""
        await self._connector.aclose()

    async def _post(self, message: Message, now: datetime) -> Answer:
        url = httpx.URL(self.check(message.url))
        request = httpx.Request(
            "POST",
            url,
            content=message.body.encode(),
            headers={
                "Content-Type": "application/json",
                "User-Agent": f"Plantly/{version('plantly')}",
                "Accept-Encoding": "identity",
                "Connection": "close",
                **signed(message, now),
            },
            extensions={"timeout": dict.fromkeys(_PHASES, CALL_SECONDS)},
        )
        here = self._local and _is_here(url.raw_host.decode("ascii"))
        with anyio.fail_after(CALL_SECONDS):
            response = await self._connector.send(request, _HERE if here else self._guard)
        try:
            if response.status_code in _SUCCESS:
                await _hear_out(response)
        finally:
            await response.aclose()
        redirects = response.status_code in _REDIRECTS
        return Answer(response.status_code, "redirect" if redirects else None)


def signed(message: Message, now: datetime) -> dict[str, str]:
    """Return the headers that prove who sends a message, and when."""
    signatures = _signatures(message.secrets, message.webhook_id, now, message.body)
    return {
        "webhook-id": message.webhook_id,
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": " ".join(signatures),
    }


def _signatures(secrets: Sequence[str], webhook_id: str, now: datetime, body: str) -> list[str]:
    return [Webhook(secret).sign(webhook_id, now, body) for secret in secrets]


async def _hear_out(response: httpx.Response) -> None:
    """Let a receiver say its little word, so that it need not see the connection break."""
    heard = 0
    with anyio.move_on_after(_READ_SECONDS):
        try:
            async for chunk in response.aiter_raw():
                heard += len(chunk)
                if heard > _MAX_READ:
                    return
        except httpx.HTTPError:
            # It has said that it took the message: the rest is of no importance.
            return


class _HereOnly(AddressGuard):
    """Lets a name that means this machine lead to nothing else."""

    def allows(self, text: str) -> bool:
        """Say whether an address is one of this machine."""
        return _is_here(text)


_HERE = _HereOnly()
_PHASES = ("connect", "read", "write", "pool")


def _parsed(url: str) -> httpx.URL:
    try:
        parsed = httpx.URL(url)
        port = parsed.port
    except (httpx.InvalidURL, ValueError, UnicodeError) as error:
        raise InvalidInput("url", f"This is not an address: {_WRITE_IT}.") from error
    is_port = port is None or 0 < port <= _MAX_PORT
    if parsed.scheme not in {"http", "https"} or not parsed.raw_host or not is_port:
        raise InvalidInput("url", f"This is not an address of a website: {_WRITE_IT}.")
    if parsed.userinfo or parsed.fragment:
        raise InvalidInput(
            "url",
            "Leave user, password and # out of the address: the signature proves who sends.",
        )
    if len(str(parsed)) > _MAX_URL:
        raise InvalidInput("url", f"The address is longer than {_MAX_URL} characters.")
    return parsed


def _is_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def _is_here(host: str) -> bool:
    return host == "localhost" or (_is_address(host) and ip_address(host).is_loopback)


def _kind(error: Exception) -> str:
    if "CERTIFICATE" in str(error):
        return "certificate"
    return "no_connection" if isinstance(error, httpx.ConnectError) else "broken_connection"
