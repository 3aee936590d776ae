"""Gr4vy's API through its official SDK: a few calls, each with an end, and errors in our words."""

import json
from collections.abc import Awaitable
from dataclasses import dataclass
from typing import Any

import anyio
import httpx
from gr4vy import Gr4vy
from gr4vy.auth import with_token
from gr4vy.errors import Gr4vyError, NoResponseError, ResponseValidationError
from gr4vy.models import CheckoutSessionCreateTypedDict, ListTransactionsResponse
from gr4vy.utils import BackoffStrategy, RetryConfig
from gr4vy.utils.logger import NoOpLogger
from pydantic import BaseModel

from plantly.domain.errors import ProviderRejected, ProviderUnavailable
from plantly.payments.reading import NOT_FOUND, is_refusal
from plantly.settings import Gr4vySettings

Found = dict[str, Any]

_TIMEOUT_MS = 8_000
_WHOLE_SECONDS = 9
_TOKEN_SECONDS = 300
_PAGE = 50
_MOST_PAGES = 4
_UNAVAILABLE = "The payment provider does not answer right now."
_REJECTED = "The payment provider does not take this payment."
# The worker asks again, with pauses that grow. The SDK's own retries would sleep for as long as a
# `Retry-After` says.
_NEVER = RetryConfig("none", BackoffStrategy(1, 1, 1, 1), retry_connection_errors=False)


@dataclass(frozen=True, slots=True)
class Order:
    """What is asked of a transaction; repeated with the same key it is done once."""

    transaction_id: str
    amount_minor: int
    key: str


class Gr4vyClient:
    """Asks with a token of its own for each request. Nothing that Gr4vy says goes into an error."""

    def __init__(self, settings: Gr4vySettings, client: httpx.AsyncClient) -> None:
        self._sdk = Gr4vy(
            id=settings.id,
            server=settings.environment,
            server_url=settings.api_url,
            merchant_account_id=settings.merchant_account_id,
            bearer_auth=with_token(settings.private_key, expires_in=_TOKEN_SECONDS),
            async_client=client,
            # The SDK insists on one: it is never used, and must not look at the environment.
            client=httpx.Client(transport=httpx.MockTransport(_unused), trust_env=False),
            retry_config=_NEVER,
            timeout_ms=_TIMEOUT_MS,
            # Its own would write keys and bodies to the log when GR4VY_DEBUG is set.
            debug_logger=NoOpLogger(),
        )

    async def create_session(self, session: CheckoutSessionCreateTypedDict) -> Found:
        """Create a checkout session. It takes no key: one that gets lost is paid by nobody."""
        create = self._sdk.checkout_sessions.create_async(checkout_session_create=session)
        return await self._asked(create)

    async def session(self, session_id: str) -> Found | None:
        """Read a checkout session; None for one that is gone."""
        return await self._asked_for(self._sdk.checkout_sessions.get_async(session_id=session_id))

    async def delete_session(self, session_id: str) -> None:
        """Delete a checkout session, with whatever a buyer has typed into it."""
        await self._asked_for(self._sdk.checkout_sessions.delete_async(session_id=session_id))

    async def transactions(self, session_id: str) -> list[Found]:
        """Return all transactions of a checkout session."""
        found: list[Found] = []
        cursor: str | None = None
        for _ in range(_MOST_PAGES):
            page = await self._listed(
                self._sdk.transactions.list_async(
                    checkout_session_id=session_id, cursor=cursor, limit=_PAGE
                )
            )
            found += _items(page)
            cursor = page.get("next_cursor")
            if not cursor:
                break
        return found

    async def named(self, reference: str) -> list[Found]:
        """Return the newest transactions that carry our name for a payment."""
        wanted = json.dumps({"reference": reference})
        page = await self._listed(self._sdk.transactions.list_async(metadata=[wanted], limit=_PAGE))
        return _items(page)

    async def transaction(self, transaction_id: str) -> Found | None:
        """Read a transaction with everything that belongs to it."""
        return await self._asked_for(
            self._sdk.transactions.get_async(transaction_id=transaction_id)
        )

    async def sync(self, transaction_id: str) -> Found:
        """Let Gr4vy ask the payment service what became of a transaction."""
        return await self._asked(self._sdk.transactions.sync_async(transaction_id=transaction_id))

    async def cancel(self, transaction_id: str) -> None:
        """Cancel a transaction that its buyer has not approved of yet."""
        await self._asked(self._sdk.transactions.cancel_async(transaction_id=transaction_id))

    async def capture(self, order: Order) -> Found:
        """Capture what was authorized; return the transaction."""
        return _transaction(
            await self._asked(
                self._sdk.transactions.capture_async(
                    transaction_id=order.transaction_id,
                    amount=order.amount_minor,
                    external_identifier=order.key,
                    idempotency_key=order.key,
                )
            )
        )

    async def void(self, transaction_id: str, key: str) -> Found:
        """Let go of what was authorized; return the transaction."""
        return _transaction(
            await self._asked(
                self._sdk.transactions.void_async(
                    transaction_id=transaction_id, idempotency_key=key
                )
            )
        )

    async def refund(self, order: Order) -> Found:
        """Refund a part of a transaction; return the refund."""
        return await self._asked(
            self._sdk.transactions.refunds.create_async(
                transaction_id=order.transaction_id,
                amount=order.amount_minor,
                external_identifier=order.key,
                idempotency_key=order.key,
            )
        )

    async def refunds(self, transaction_id: str) -> list[Found]:
        """Return all refunds of a transaction."""
        return _items(
            await self._asked(
                self._sdk.transactions.refunds.list_async(transaction_id=transaction_id)
            )
        )

    async def _listed(self, call: Awaitable[ListTransactionsResponse | None]) -> Found:
        """Return one page of transactions."""

        async def page() -> BaseModel | None:
            answer = await call
            return None if answer is None else answer.result

        return await self._asked(page())

    async def _asked_for(self, call: Awaitable[BaseModel | None]) -> Found | None:
        """Return the answer, None for what Gr4vy does not know."""
        try:
            return await self._asked(call)
        except _Unknown:
            return None

    async def _asked(self, call: Awaitable[BaseModel | None]) -> Found:
        """Return the answer.

        Raises:
            ProviderUnavailable: It is unknown what Gr4vy did.
            ProviderRejected: It refused.
        """
        try:
            with anyio.fail_after(_WHOLE_SECONDS):
                answer = await call
        # What the SDK raises holds the request and its token: it must not be in any traceback.
        except ResponseValidationError as error:
            # A newer API may leave out what this SDK insists on. We read less than that.
            return _raw(error.raw_response)
        except Gr4vyError as error:
            raise _refusal(error.status_code) from None
        except (httpx.HTTPError, NoResponseError, TimeoutError):
            raise ProviderUnavailable(_UNAVAILABLE) from None
        return {} if answer is None else dict(answer.model_dump(mode="json", by_alias=True))


class _Unknown(ProviderRejected):
    """Gr4vy knows nothing by that id."""


def _refusal(status: int) -> ProviderUnavailable | ProviderRejected:
    if status == NOT_FOUND:
        return _Unknown(_REJECTED)
    if is_refusal(status):
        return ProviderRejected(_REJECTED)
    return ProviderUnavailable(_UNAVAILABLE)


def _raw(response: httpx.Response) -> Found:
    if not response.is_success:
        raise _refusal(response.status_code) from None
    try:
        answer = response.json()
    except ValueError:
        answer = None
    if not isinstance(answer, dict):
        raise ProviderUnavailable(_UNAVAILABLE) from None
    return answer


def _items(answer: Found) -> list[Found]:
    items = answer.get("items")
    return [item for item in items if isinstance(item, dict)] if isinstance(items, list) else []


def _transaction(answer: Found) -> Found:
    """Return the transaction of an answer that may speak of what was done to it first."""
    inner = answer.get("transaction")
    return inner if isinstance(inner, dict) else answer


def _unused(request: httpx.Request) -> httpx.Response:
    raise httpx.ConnectError("calls are asynchronous", request=request)
