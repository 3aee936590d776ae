"""Begin a payment, and stop one: transaction, provider, transaction."""

from plantly.db import Database
from plantly.domain.errors import ProviderRejected, ProviderUnavailable
from plantly.domain.payment import PaymentStatus
from plantly.payments.gateway import (
    EmbedForm,
    PaymentGateway,
    PaymentRef,
    PaymentRequest,
    StartResult,
)
from plantly.services import paying, payment_form
from plantly.services.pay_press import PayPress
from plantly.services.paying import PaymentIntent, Refusal
from plantly.services.workflows.counted import CountedDatabase
from plantly.services.workflows.reconcile import close_payment, read_payment


class PayDesk:
    """Takes a buyer to the provider's page and back to the shop, whose origin is `home`."""

    def __init__(self, db: Database, gateway: PaymentGateway, home: str) -> None:
        self._db = db
        self._gateway = gateway
        self.home = home

    async def pay(self, press: PayPress) -> str | None:
        """Return the page on which the buyer pays, or none when the payment is under way already.

        Pressing again goes on with the same payment and the same idempotency key, so that it never
        takes money twice.

        Raises:
            ProviderUnavailable: Nobody knows what the provider did; pressing again is safe.
            ProviderRejected: The provider refused; the stock is on sale again.
            QuoteChanged, OutOfStock, InvalidInput, NotFound, CheckoutClosed, IdempotencyConflict:
                See `begin_payment`.
        """
        name = self._gateway.name
        db = CountedDatabase(self._db, press.visitor)
        intent = await db.write(lambda uow: paying.begin_payment(uow, press, name))
        if isinstance(intent, Refusal):
            raise intent.error
        if intent.status is not PaymentStatus.CREATED or intent.is_over:
            return None
        if intent.redirect_url is not None:
            return intent.redirect_url
        started = await self.start(press.token, intent)
        return started.redirect_url if started else None

    async def stop(self, token: str, browser: str | None) -> None:
        """Close the payment that is running, so that the buyer can change something.

        A payment that cannot be stopped any more goes on.

        Raises:
            ProviderUnavailable: Nobody knows what the provider did; stopping again is safe.
            NotFound: There is no such page, or it is another browser's.
        """
        intent = await self._db.write(lambda uow: paying.live_payment(uow, token, browser))
        if intent is None or intent.provider != self._gateway.name:
            return
        if intent.status is PaymentStatus.AUTHORIZED:
            # What is authorized is being captured: it cannot be stopped any more.
            return
        session_ref = intent.session_ref
        if session_ref is None:
            # What the provider does not know by name cannot be closed there.
            try:
                started = await self.start(token, intent)
            except ProviderRejected:
                return
            if started is None:
                return
            session_ref = started.session_ref
        ref = PaymentRef(intent.reference, session_ref)
        await close_payment(self._db, self._gateway, ref)
        await self._db.write(lambda uow: paying.note_stopped(uow, token))

    async def look(self, token: str) -> None:
        """Ask the provider about a buyer who has just come back, whatever became of the webhook.

        Raises:
            ProviderUnavailable: It does not answer; the worker asks again.
            NotFound: There is no such page.
        """
        name = self._gateway.name
        ref = await self._db.write(lambda uow: paying.payment_to_look_at(uow, token, name))
        if ref is not None:
            await read_payment(self._db, self._gateway, ref)

    async def form(self, token: str, browser: str | None) -> EmbedForm | None:
        """Return the provider's form for this browser; none if it has no payment to make there.

        Raises:
            NotFound: There is no such page.
        """
        name = self._gateway.name
        request = await self._db.read(
            lambda uow: payment_form.form_to_show(uow, token, browser, name)
        )
        return None if request is None else self._gateway.embed(request)

    def request_for(self, token: str, intent: PaymentIntent) -> PaymentRequest:
        """Return what the provider is asked for, to come back to the page with that token."""
        return PaymentRequest(
            reference=intent.reference,
            amount_minor=intent.amount_minor,
            currency=intent.currency,
            description=intent.description,
            return_url=f"{self.home}/checkout/{token}/return",
            idempotency_key=intent.idempotency_key,
            expires_at=intent.expires_at,
            lines=intent.lines,
        )

    async def start(self, token: str, intent: PaymentIntent) -> StartResult | None:
        """Start a payment.

        Nothing comes of it if it has ended while the provider was starting it, or is another
        provider's, whom the shop asks no more.

        Raises:
            ProviderUnavailable: Nobody knows what the provider did; starting it again is safe.
            ProviderRejected: The provider refused; the stock is on sale again.
        """
        name, reference = self._gateway.name, intent.reference
        if intent.provider != name:
            return None
        try:
            started = await self._gateway.start(self.request_for(token, intent))
        except ProviderUnavailable:
            await self._db.write(lambda uow: paying.note_unreachable(uow, name, reference))
            raise
        except ProviderRejected:
            await self._db.write(lambda uow: paying.note_rejected(uow, name, intent))
            raise
        live = await self._db.write(lambda uow: paying.note_started(uow, name, reference, started))
        return started if live else None
