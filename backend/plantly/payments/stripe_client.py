"""Stripe's own library, over our connections: bounded in time, quiet, and without retries."""

import logging
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import httpx
import stripe
from stripe import _util

from plantly.domain.errors import ProviderRejected, ProviderUnavailable
from plantly.payments.reading import NOT_FOUND, is_refusal

TIMEOUT = httpx.Timeout(10.0, connect=5.0)

_UNAVAILABLE = "The payment provider does not answer right now."
_REJECTED = "The payment provider does not take this."
_KEY_USED_OTHERWISE = "idempotency_error"


class _OurConnections(stripe.HTTPClient):
    """Lets the library speak over the client that the shop has, with the shop's limits."""

    name = "httpx"

    def __init__(self, client: httpx.AsyncClient) -> None:
        super().__init__()
        self._shared = client

    async def request_async(
        self, method: str, url: str, headers: Mapping[str, str] | None, post_data: Any = None
    ) -> tuple[bytes, int, Mapping[str, str]]:
        """Send a request and read the whole answer."""
        try:
            answer = await self._shared.request(
                method, url, headers=headers, content=post_data or None, timeout=TIMEOUT
            )
        except httpx.HTTPError as error:
            # Without its text: that names addresses.
            raise stripe.APIConnectionError(  # type: ignore[no-untyped-call]
                type(error).__name__
            ) from None
        # Notices for developers come as warnings, and would carry the provider's text.
        kept = {k: v for k, v in answer.headers.items() if k != "stripe-notice"}
        return answer.content, answer.status_code, httpx.Headers(kept)


def open_client(
    client: httpx.AsyncClient, api_key: str, api_url: str | None
) -> stripe.StripeClient:
    """Return Stripe's client, which speaks over ours to Stripe or to a stand-in for it."""
    keep_quiet()
    return stripe.StripeClient(
        api_key,
        base_addresses={"api": api_url.rstrip("/")} if api_url else {},
        max_network_retries=0,
        http_client=_OurConnections(client),
    )


def keep_quiet() -> None:
    """Keep the library from writing what it sends and gets into logs, and itself into a home.

    Its telemetry leaves a file in the home of whoever runs the shop.
    """
    stripe.enable_telemetry = False
    stripe.log = None
    # What is in the environment, as the library has read it; there is no other way to say no.
    _util.STRIPE_LOG = None
    logging.getLogger("stripe").addFilter(_tells_no_details)


async def ask(call: Callable[[], Awaitable[stripe.StripeObject]]) -> dict[str, Any] | None:
    """Return what a call answers as plain values, None for what Stripe does not know.

    Raises:
        ProviderUnavailable: It is unknown what Stripe did.
        ProviderRejected: Stripe has refused.
    """
    try:
        answer = await call()
    except stripe.StripeError as error:
        if error.http_status == NOT_FOUND:
            return None
        raise _told(error) from None
    except (AttributeError, KeyError, TypeError, ValueError):
        # An answer that the library cannot read is none.
        raise ProviderUnavailable(_UNAVAILABLE) from None
    if not isinstance(answer, stripe.StripeObject):
        raise ProviderUnavailable(_UNAVAILABLE)
    return answer.to_dict()


def rejected() -> ProviderRejected:
    """Return the error for what Stripe does not know, or cannot do."""
    return ProviderRejected(_REJECTED)


def unreadable() -> ProviderUnavailable:
    """Return the error for an answer that lacks what has to be in it."""
    return ProviderUnavailable(_UNAVAILABLE)


def _told(error: stripe.StripeError) -> ProviderRejected | ProviderUnavailable:
    """Return our error for one of the library's, with nothing of its text."""
    status = error.http_status or 0
    told = error.error.type if error.error is not None else None
    # The first use of the key did something, and we do not know what: that is no refusal.
    used = told == _KEY_USED_OTHERWISE
    if is_refusal(status) and not used:
        return ProviderRejected(_REJECTED)
    return ProviderUnavailable(_UNAVAILABLE)


def _tells_no_details(record: logging.LogRecord) -> bool:
    return record.levelno > logging.INFO
