"""Stripe Checkout: the buyer pays on Stripe's page, and comes back to the shop's."""

from collections.abc import Mapping
from datetime import datetime, timedelta

import httpx
from stripe import RequestOptions
from stripe.params.checkout import SessionCreateParams, SessionCreateParamsLineItem

from plantly.domain.errors import ProviderRejected
from plantly.domain.ids import Clock
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
from plantly.payments.stripe_amounts import to_stripe
from plantly.payments.stripe_client import ask, open_client, rejected, unreadable
from plantly.payments.stripe_facts import Resource, id_of, reference_in, refund_facts
from plantly.payments.stripe_read import StripeReader
from plantly.payments.stripe_webhooks import StripeWebhooks
from plantly.settings import StripeSettings

_LONGER = timedelta(minutes=31)
"""Stripe's sessions live for 30 minutes at least, counted from the moment it makes them.

Ours may be begun, or repeated with the same key and so the same parameters, until its own time is
over; that is also when we close it at Stripe.
"""
_MOST_LINES = 100
_LONGEST_NAME = 250
_REFUND_KEY = "refund_key"


class StripeGateway:
    """Speaks to Stripe with its own library, and trusts webhooks by their signature."""

    name = "stripe"

    def __init__(self, settings: StripeSettings, client: httpx.AsyncClient, clock: Clock) -> None:
        self.pay_origin = settings.pay_origin
        self._api = open_client(client, settings.api_key, settings.api_url).v1
        self._read = StripeReader(self._api, clock)
        self._webhooks = StripeWebhooks(settings.webhook_secrets, live=_is_live(settings.api_key))

    async def start(self, request: PaymentRequest) -> StartResult:
        """Start a Checkout Session, or find the one that the same key has started."""
        params, options = _session_params(request), _with_key(request.idempotency_key)
        session = await ask(lambda: self._api.checkout.sessions.create_async(params, options))
        if session is None:
            raise rejected()
        session_ref, url = id_of(session), session.get("url")
        if session_ref is None or not isinstance(url, str) or not url:
            raise unreadable()
        return StartResult(session_ref, url)

    def embed(self, request: EmbedRequest) -> EmbedForm | None:  # noqa: ARG002 - as every provider
        """Return nothing: Stripe has a page of its own."""
        return None

    async def fetch(self, ref: PaymentRef) -> Snapshot | None:
        """Read a payment with its refunds and disputes; None when Stripe does not know it."""
        session_ref = ref.session_ref or await self._read.find(ref.reference)
        return None if session_ref is None else await self._read.snapshot(session_ref)

    async def cancel_session(self, session_ref: str) -> None:
        """Let the buyer pay no more; a session that is not open any more is refused."""
        await ask(lambda: self._api.checkout.sessions.expire_async(session_ref))

    async def capture(
        self, session_ref: str, amount_minor: int, currency: str, key: str
    ) -> Snapshot:
        """Take exactly this much of what was authorized."""
        amount = to_stripe(amount_minor, currency)
        intent = await self._read.intent(session_ref)
        await ask(
            lambda: self._api.payment_intents.capture_async(
                intent, {"amount_to_capture": amount}, _with_key(key)
            )
        )
        return await self._now(session_ref)

    async def void(self, session_ref: str, key: str) -> Snapshot:
        """Let go of what was authorized and not captured."""
        intent = await self._read.intent(session_ref)
        await ask(lambda: self._api.payment_intents.cancel_async(intent, {}, _with_key(key)))
        return await self._now(session_ref)

    async def refund(self, request: RefundRequest) -> RefundResult:
        """Give money back.

        Stripe forgets keys after a day, and the outbox may try for longer: what was asked for
        before is found by the key that was sent along.
        """
        session = await self._read.session(request.session_ref)
        if session is None:
            raise rejected()
        made = await self._read.refunds(session)
        known = next((r for r in made if _key_of(r) == request.idempotency_key), None)
        refund = known or await self._make_refund(session, request)
        ref = id_of(refund)
        if ref is None:
            raise unreadable()
        return RefundResult(ref, refund_facts([refund]))

    def verify(self, headers: Mapping[str, str], body: bytes, now: datetime) -> VerifiedEvent:
        """Return the event if Stripe has signed these very bytes just now."""
        return self._webhooks.verify(headers, body, now)

    def normalize(self, event: VerifiedEvent) -> NormalizedEvent:
        """Return what an event says about a payment."""
        return self._webhooks.normalize(event)

    async def _make_refund(self, session: Resource, request: RefundRequest) -> Resource:
        amount = to_stripe(request.amount_minor, request.currency)
        intent, key = id_of(session.get("payment_intent")), request.idempotency_key
        if intent is None:
            raise rejected()
        metadata = {"reference": reference_in(session) or "", _REFUND_KEY: key}
        refund = await ask(
            lambda: self._api.refunds.create_async(
                {"payment_intent": intent, "amount": amount, "metadata": metadata}, _with_key(key)
            )
        )
        if refund is None:
            raise rejected()
        return refund

    async def _now(self, session_ref: str) -> Snapshot:
        snapshot = await self._read.snapshot(session_ref)
        if snapshot is None:
            raise unreadable()
        return snapshot


def _session_params(request: PaymentRequest) -> SessionCreateParams:
    """Return what a session is made of: the same for the same request, however late it is sent."""
    metadata = {"reference": request.reference}
    return {
        "mode": "payment",
        "client_reference_id": request.reference,
        "metadata": metadata,
        "payment_intent_data": {"metadata": metadata, "description": request.description},
        "line_items": _line_items(request),
        # The buyer pays what the shop has said, in the currency that it has said it in.
        "adaptive_pricing": {"enabled": False},
        "success_url": request.return_url,
        "cancel_url": request.return_url,
        "expires_at": int((request.expires_at + _LONGER).timestamp()),
    }


def _line_items(request: PaymentRequest) -> list[SessionCreateParamsLineItem]:
    """Return lines that add up to exactly the amount: the shop's, or else a single one."""
    currency = request.currency
    whole = [_line_item(request.description, 1, request.amount_minor, currency)]
    total = sum(line.unit_amount_minor * line.quantity for line in request.lines)
    if total != request.amount_minor or len(request.lines) > _MOST_LINES:
        return whole
    try:
        return [
            _line_item(line.name, line.quantity, line.unit_amount_minor, currency)
            for line in request.lines
        ]
    except ProviderRejected:
        return whole


def _line_item(
    name: str, quantity: int, unit_amount_minor: int, currency: str
) -> SessionCreateParamsLineItem:
    return {
        "quantity": quantity,
        "price_data": {
            "currency": currency.lower(),
            "unit_amount": to_stripe(unit_amount_minor, currency),
            "product_data": {"name": name[:_LONGEST_NAME]},
        },
    }


def _with_key(key: str) -> RequestOptions:
    return {"idempotency_key": key}


def _is_live(api_key: str) -> bool | None:
    mode = api_key.partition("_")[2].partition("_")[0]
    return {"live": True, "test": False}.get(mode)


def _key_of(refund: Resource) -> object:
    metadata = refund.get("metadata")
    return metadata.get(_REFUND_KEY) if isinstance(metadata, Mapping) else None
