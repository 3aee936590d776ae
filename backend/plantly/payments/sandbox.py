"""The sandbox provider, asked over HTTP as any other provider would be. It moves no money."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

import httpx

from plantly.domain.errors import ProviderRejected, ProviderUnavailable
from plantly.domain.payment import Fact, FactKind
from plantly.payments.gateway import (
    EmbedForm,
    EmbedRequest,
    NormalizedEvent,
    PaymentRef,
    PaymentRequest,
    RefundRequest,
    RefundResult,
    Snapshot,
    StartResult,
    VerifiedEvent,
)
from plantly.payments.reading import (
    NOT_FOUND,
    amount_of,
    currency_of,
    is_refusal,
    name_of,
    refund_fact,
    webhook_body,
    webhook_event,
)
from plantly.payments.signatures import SignatureChecker
from plantly.payments.tokens import REQUIRES_3DS

_TIMEOUT = httpx.Timeout(8.0, connect=2.0)
_UNAVAILABLE = "The payment provider does not answer right now."

_STATUS_FACTS = {
    "pending": FactKind.PENDING,
    "declined": FactKind.DECLINED,
    REQUIRES_3DS: FactKind.DECLINED,
    "canceled": FactKind.CANCELED,
    "voided": FactKind.CANCELED,
    "expired": FactKind.EXPIRED,
}
_REFUND_FACTS = {
    "pending": FactKind.REFUND_PENDING,
    "succeeded": FactKind.REFUND_SUCCEEDED,
    "failed": FactKind.REFUND_FAILED,
}
_CLOSED = frozenset({"captured", "declined", REQUIRES_3DS, "canceled", "voided", "expired"})


@dataclass(frozen=True, slots=True)
class SandboxSecrets:
    """What the shop and its sandbox know of each other."""

    api_key: str = field(repr=False)
    webhook_secrets: tuple[str, ...] = field(repr=False)
    older_api_keys: tuple[str, ...] = field(default=(), repr=False)
    """Keys that the sandbox accepts beside the one that the shop sends."""


@dataclass(frozen=True, slots=True)
class SandboxAddress:
    """Where the sandbox is reached by the shop, and where by a buyer's browser."""

    base_url: str
    pay_origin: str
    webhook_url: str | None = None
    """Where this shop takes webhooks, for a sandbox that is another server's."""


class KnownSecrets(Protocol):
    """What they know of each other as it is now: it may be changed while the shop is open."""

    @property
    def api_key(self) -> str:
        """Return the key that opens the sandbox's API."""

    @property
    def webhook_secrets(self) -> tuple[str, ...]:
        """Return what webhooks are signed with, the newest first."""

    @property
    def older_api_keys(self) -> tuple[str, ...]:
        """Return the keys that still open the API."""


class SandboxGateway:
    """Speaks to `/sandbox/v1` with an API key, and trusts webhooks by their signature."""

    name = "sandbox"

    def __init__(
        self, client: httpx.AsyncClient, address: SandboxAddress, secrets: KnownSecrets
    ) -> None:
        self.pay_origin = address.pay_origin
        self._client = client
        self._url = f"{address.base_url}/sandbox/v1/payments"
        self._webhook_url = address.webhook_url
        self._secrets = secrets
        # Without a secret the shop must not open.
        SignatureChecker(secrets.webhook_secrets)

    async def start(self, request: PaymentRequest) -> StartResult:
        """Start a payment, or find the one that the same key has started."""
        body = {
            "reference": request.reference,
            "amount_minor": request.amount_minor,
            "currency": request.currency,
            "description": request.description,
            "return_url": request.return_url,
            "expires_at": request.expires_at.isoformat(),
        }
        if self._webhook_url is not None:
            body["webhook_url"] = self._webhook_url
        resource = await self._ask("POST", "", body, request.idempotency_key)
        if resource is None:
            raise ProviderRejected("The payment provider does not take this payment.")
        return StartResult(_text(resource, "id"), _text(resource, "pay_url"))

    async def charge_token(self, request: PaymentRequest, token: str) -> Snapshot:
        """Charge the token of a payment sheet, once for each payment."""
        started = await self.start(request)
        return await self._changed(
            f"/{started.session_ref}/charges", {"token": token}, request.idempotency_key
        )

    def embed(self, request: EmbedRequest) -> EmbedForm | None:  # noqa: ARG002 - as every provider
        """Return nothing: the sandbox has a page of its own."""
        return None

    async def fetch(self, ref: PaymentRef) -> Snapshot | None:
        """Read a payment; None when the sandbox does not know it."""
        path = f"/{ref.session_ref}" if ref.session_ref else f"?reference={ref.reference}"
        resource = await self._ask("GET", path)
        return None if resource is None else _snapshot(resource)

    async def cancel_session(self, session_ref: str) -> None:
        """Let the buyer pay no more."""
        await self._ask("POST", f"/{session_ref}/cancel", {})

    async def capture(
        self, session_ref: str, amount_minor: int, currency: str, key: str
    ) -> Snapshot:
        """Take exactly this much of what was authorized."""
        body = {"amount_minor": amount_minor, "currency": currency}
        return await self._changed(f"/{session_ref}/captures", body, key)

    async def void(self, session_ref: str, key: str) -> Snapshot:
        """Let go of what was authorized and not captured."""
        return await self._changed(f"/{session_ref}/void", {}, key)

    async def refund(self, request: RefundRequest) -> RefundResult:
        """Give money back."""
        body = {"amount_minor": request.amount_minor, "currency": request.currency}
        path = f"/{request.session_ref}/refunds"
        answer = await self._ask("POST", path, body, request.idempotency_key)
        payment = (answer or {}).get("payment")
        if answer is None or not isinstance(payment, dict):
            raise ProviderRejected("The payment provider does not know this payment.")
        return RefundResult(_text(answer, "id"), facts_of(payment))

    def verify(self, headers: Mapping[str, str], body: bytes, now: datetime) -> VerifiedEvent:
        """Return the event if the sandbox has signed these very bytes just now."""
        SignatureChecker(self._secrets.webhook_secrets).check(headers, body, now)
        payload = webhook_body(body)
        return webhook_event(payload, payload.get("type"))

    def normalize(self, event: VerifiedEvent) -> NormalizedEvent:
        """Return what an event says about a payment."""
        resource = event.payload.get("payment")
        if not event.type.startswith("payment.") or not isinstance(resource, dict):
            return NormalizedEvent(None, None, ())
        return NormalizedEvent(
            name_of(resource.get("reference")), name_of(resource.get("id")), facts_of(resource)
        )

    async def _changed(self, path: str, body: Mapping[str, Any], key: str) -> Snapshot:
        """Change a payment, and return it as it is then."""
        resource = await self._ask("POST", path, body, key)
        if resource is None:
            raise ProviderRejected("The payment provider does not know this payment.")
        return _snapshot(resource)

    async def _ask(
        self, method: str, path: str, body: Mapping[str, Any] | None = None, key: str | None = None
    ) -> dict[str, Any] | None:
        """Return the answer, None for what the sandbox does not know."""
        headers = {"Authorization": f"Bearer {self._secrets.api_key}"}
        if key is not None:
            headers["Idempotency-Key"] = key
        try:
            response = await self._client.request(
                method, self._url + path, json=body, headers=headers, timeout=_TIMEOUT
            )
            answer = response.json()
        except (httpx.HTTPError, ValueError) as error:
            raise ProviderUnavailable(_UNAVAILABLE) from error
        status = response.status_code
        if status == NOT_FOUND:
            return None
        if is_refusal(status):
            raise ProviderRejected("The payment provider does not take this payment.")
        if not response.is_success or not isinstance(answer, dict):
            raise ProviderUnavailable(_UNAVAILABLE)
        return answer


def _snapshot(resource: Mapping[str, Any]) -> Snapshot:
    closed = resource.get("status") in _CLOSED
    return Snapshot(_text(resource, "id"), facts_of(resource), closed)


def facts_of(resource: Mapping[str, Any]) -> tuple[Fact, ...]:
    """Return what a payment of the sandbox says, in the same facts for a webhook and a read.

    A resource without a readable currency says nothing.
    """
    currency = currency_of(resource)
    if currency is None:
        return ()
    facts = []
    status = str(resource.get("status"))
    kind = _STATUS_FACTS.get(status)
    if kind is not None:
        key = status if status == REQUIRES_3DS else kind.value
        facts.append(Fact(key, kind, 0, currency))
    authorized = amount_of(resource.get("authorized_minor"))
    if authorized:
        key = f"authorized:{authorized}:{currency}"
        facts.append(Fact(key, FactKind.AUTHORIZED, authorized, currency))
    captured = amount_of(resource.get("captured_minor"))
    if captured:
        key = f"captured:{captured}:{currency}"
        facts.append(Fact(key, FactKind.CAPTURED, captured, currency))
    return (*facts, *_refund_facts(resource.get("refunds"), currency))


def _refund_facts(refunds: object, currency: str) -> list[Fact]:
    facts: list[Fact] = []
    for refund in refunds if isinstance(refunds, list) else ():
        if isinstance(refund, dict):
            kind = _REFUND_FACTS.get(str(refund.get("status")))
            ref, amount = name_of(refund.get("id")), amount_of(refund.get("amount_minor"))
            facts += refund_fact(kind, ref, amount, currency)
    return facts


def _text(resource: Mapping[str, Any], key: str) -> str:
    value = resource.get(key)
    if not isinstance(value, str) or not value:
        raise ProviderUnavailable(_UNAVAILABLE)
    return value
