"""Gr4vy: one checkout session for each payment, paid in a form of Gr4vy's on a page of ours.

A session holds every transaction that a buyer has tried; what they say together is the payment.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import httpx
from gr4vy.models import CartItemTypedDict, CheckoutSessionCreateTypedDict

from plantly.domain.errors import ProviderRejected, ProviderUnavailable
from plantly.domain.ids import Clock
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
from plantly.payments.gr4vy_client import Found, Gr4vyClient, Order
from plantly.payments.gr4vy_embed import embed_form
from plantly.payments.gr4vy_facts import (
    is_authorized,
    is_on_its_way,
    reference_in,
    refund_facts,
    transaction_facts,
)
from plantly.payments.gr4vy_webhooks import Gr4vyWebhooks
from plantly.payments.reading import amount_of, name_of
from plantly.settings import Gr4vySettings

STALE_AFTER = timedelta(minutes=5)
"""A transaction that has been on its way for so long is asked about at the payment service."""

MOST_MINOR = 99_999_999
"""What the form can show at most."""

_SHORTEST_SESSION = timedelta(minutes=1)
_LONGEST_NAME = 250
_NOT_KNOWN = "The payment provider does not know this payment."
_SAID_NOTHING = "The payment provider's answer cannot be read."


class Gr4vyGateway:
    """Speaks to one merchant account; `home` is our origin, where the form is shown."""

    name = "gr4vy"

    def __init__(
        self, settings: Gr4vySettings, client: httpx.AsyncClient, home: str, clock: Clock
    ) -> None:
        self.pay_origin = home
        self._settings = settings
        self._api = Gr4vyClient(settings, client)
        self._webhooks = Gr4vyWebhooks(settings)
        self._clock = clock

    async def start(self, request: PaymentRequest) -> StartResult:
        """Make a checkout session. A second one for the same payment replaces it for the buyer.

        Nobody can pay a session whose answer got lost: its form is never shown.
        """
        if request.amount_minor > MOST_MINOR:
            raise ProviderRejected("The payment provider's form takes no amount as large as this.")
        session: CheckoutSessionCreateTypedDict = {
            "amount": request.amount_minor,
            "currency": request.currency,
            "cart_items": _cart_items(request),
            "metadata": {"reference": request.reference},
            "expires_in": self._seconds_until(request.expires_at),
        }
        made = await self._api.create_session(session)
        session_ref = name_of(made.get("id"))
        if session_ref is None:
            raise ProviderUnavailable(_SAID_NOTHING)
        return StartResult(session_ref, f"{request.return_url.removesuffix('/return')}/pay")

    def embed(self, request: EmbedRequest) -> EmbedForm:
        """Return the form of a started payment, with a token of its own."""
        return embed_form(self._settings, request)

    async def fetch(self, ref: PaymentRef) -> Snapshot | None:
        """Read every transaction of a payment; None when there is none by our name."""
        session_ref = ref.session_ref or await self._session_of(ref.reference)
        if session_ref is None:
            return None
        found = [
            await self._up_to_date(transaction)
            for transaction in await self._transactions(session_ref)
        ]
        return await self._snapshot(session_ref, found)

    async def cancel_session(self, session_ref: str) -> None:
        """Delete the session, and what its buyer has not approved of yet.

        A transaction that is on its way stays on it: should its money come, that goes back.
        """
        await self._api.delete_session(session_ref)
        for transaction in await self._api.transactions(session_ref):
            if transaction.get("status") == "buyer_approval_pending":
                await self._canceled(str(transaction["id"]))

    async def capture(
        self, session_ref: str, amount_minor: int, currency: str, key: str
    ) -> Snapshot:
        """Take exactly this much of what was authorized, unless that was done before."""
        found = await self._transactions(session_ref)
        if not any(amount_of(one.get("captured_amount")) for one in found):
            position = next((i for i, one in enumerate(found) if is_authorized(one)), None)
            if position is None or found[position].get("currency") != currency:
                raise ProviderRejected(_NOT_KNOWN)
            order = Order(str(found[position]["id"]), amount_minor, key)
            found[position] = await self._api.capture(order)
        return await self._snapshot(session_ref, found)

    async def void(self, session_ref: str, key: str) -> Snapshot:
        """Let go of everything that was authorized and not captured."""
        found = await self._transactions(session_ref)
        for position, transaction in enumerate(found):
            if is_authorized(transaction):
                name = str(transaction["id"])
                found[position] = await self._api.void(name, f"{key}.{name}")
        return await self._snapshot(session_ref, found)

    async def refund(self, request: RefundRequest) -> RefundResult:
        """Give money back from the transaction that it came with.

        Whether the API honors the key of a refund is not documented, so what was asked for before
        is looked for first: the key is the refund's external identifier, too.
        """
        facts: list[Fact] = []
        payers: list[Found] = []
        for transaction in await self._api.transactions(request.session_ref):
            facts += transaction_facts(transaction)
            if amount_of(transaction.get("captured_amount")):
                payers.append(transaction)
                refunds = await self._api.refunds(str(transaction["id"]))
                facts += refund_facts(refunds)
                for refund in refunds:
                    if refund.get("external_identifier") == request.idempotency_key:
                        return RefundResult(str(refund["id"]), tuple(facts))
        if sum(map(_left, payers)) - request.amount_minor < request.keep_minor:
            raise ProviderRejected("That much has gone back already.")
        payer = next((one for one in payers if _left(one) >= request.amount_minor), None)
        if payer is None or payer.get("currency") != request.currency:
            raise ProviderRejected("No single payment of this session has that much left.")
        order = Order(str(payer["id"]), request.amount_minor, request.idempotency_key)
        made = await self._api.refund(order)
        if name_of(made.get("id")) is None:
            raise ProviderUnavailable(_SAID_NOTHING)
        return RefundResult(str(made["id"]), (*facts, *refund_facts([made])))

    def verify(self, headers: Mapping[str, str], body: bytes, now: datetime) -> VerifiedEvent:
        """Return the event if Gr4vy has signed these very bytes just now, for this shop."""
        return self._webhooks.verify(headers, body, now)

    def normalize(self, event: VerifiedEvent) -> NormalizedEvent:
        """Return what an event says about a payment."""
        return self._webhooks.normalize(event)

    async def _transactions(self, session_ref: str) -> list[Found]:
        """Return all transactions; a list leaves out who captures what is authorized."""
        return [
            await self._api.transaction(str(one["id"])) or one
            if is_authorized(one) and one.get("intent") == "capture"
            else one
            for one in await self._api.transactions(session_ref)
        ]

    async def _snapshot(self, session_ref: str, found: Sequence[Found]) -> Snapshot:
        facts: list[Fact] = []
        for transaction in found:
            facts += transaction_facts(transaction)
            if amount_of(transaction.get("captured_amount")):
                facts += refund_facts(await self._api.refunds(str(transaction["id"])))
        paid = next((one for one in found if amount_of(one.get("captured_amount"))), None)
        closed = any(fact.kind is FactKind.CAPTURED for fact in facts)
        return Snapshot(
            session_ref,
            tuple(facts),
            closed=closed or await self._is_closed(session_ref, found),
            payment_ref=name_of(paid.get("id")) if paid else None,
        )

    async def _is_closed(self, session_ref: str, found: Sequence[Found]) -> bool:
        """Say whether nobody can pay any more: nothing is on its way, and the session is over."""
        if any(is_on_its_way(one) or is_authorized(one) for one in found):
            return False
        session = await self._api.session(session_ref)
        return session is None or _moment(session.get("expires_at"), self._clock()) <= self._clock()

    async def _session_of(self, reference: str) -> str | None:
        """Find the session of a payment whose transactions carry our name where no buyer writes."""
        for summary in await self._api.named(reference):
            transaction = await self._api.transaction(str(summary["id"]))
            if transaction is not None and reference_in(transaction) == reference:
                return name_of(transaction.get("checkout_session_id"))
        return None

    async def _up_to_date(self, transaction: Found) -> Found:
        """Let Gr4vy look again at what has been on its way for long, if it can."""
        changed_at = _moment(transaction.get("updated_at"), self._clock())
        if not is_on_its_way(transaction) or self._clock() - changed_at < STALE_AFTER:
            return transaction
        try:
            return await self._api.sync(str(transaction["id"]))
        except ProviderRejected:
            # Not every payment service can be asked.
            return transaction

    async def _canceled(self, transaction_id: str) -> None:
        try:
            await self._api.cancel(transaction_id)
        except ProviderRejected:
            # Its buyer was quicker: the read that follows shows what it came to.
            return

    def _seconds_until(self, moment: datetime) -> float:
        return max(moment - self._clock(), _SHORTEST_SESSION).total_seconds()


def _cart_items(request: PaymentRequest) -> list[CartItemTypedDict]:
    """Return lines that add up to exactly the amount: the shop's, or else a single one."""
    total = sum(line.unit_amount_minor * line.quantity for line in request.lines)
    if total != request.amount_minor:
        whole: CartItemTypedDict = {
            "name": request.description[:_LONGEST_NAME],
            "quantity": 1,
            "unit_amount": request.amount_minor,
        }
        return [whole]
    return [
        {
            "name": line.name[:_LONGEST_NAME],
            "quantity": line.quantity,
            "unit_amount": line.unit_amount_minor,
            "sku": line.sku,
        }
        for line in request.lines
    ]


def _left(transaction: Mapping[str, Any]) -> int:
    """Return how much of a transaction can still go back."""
    captured = amount_of(transaction.get("captured_amount")) or 0
    return captured - (amount_of(transaction.get("refunded_amount")) or 0)


def _moment(value: object, otherwise: datetime) -> datetime:
    """Return a time of the API; `otherwise` for one that cannot be read."""
    try:
        moment = datetime.fromisoformat(str(value))
    except ValueError:
        return otherwise
    return moment if moment.tzinfo is not None else otherwise
