"""Paying inside a conversation: transaction, provider, transaction, as on the hosted page."""

from dataclasses import dataclass

from plantly.db import Database
from plantly.domain.errors import (
    OutOfStock,
    ProviderRejected,
    ProviderUnavailable,
    QuoteChanged,
)
from plantly.domain.messages import Message
from plantly.domain.payment import PaymentStatus
from plantly.domain.shop import ShopConfig
from plantly.payments.gateway import EmbedForm, PaymentGateway
from plantly.payments.tokens import TokenCharger
from plantly.services import paying
from plantly.services.checkout import get_checkout, session_for
from plantly.services.checkout_view import CheckoutView
from plantly.services.embedded import (
    CONFIRMING,
    UNAVAILABLE,
    EmbedPress,
    EmbedStep,
    begin_embedded,
)
from plantly.services.paying import PaymentIntent
from plantly.services.payment_events import apply_snapshot
from plantly.services.payment_form import form_of
from plantly.services.payment_sheet import (
    SheetPress,
    begin_sheet_payment,
    said,
    sheet_problem,
)
from plantly.services.shopper import Shopper
from plantly.services.workflows.pay import PayDesk

_NO_SHEET = "This payment provider takes no tokens: pay on the shop's checkout page."


@dataclass(frozen=True, slots=True)
class SheetAnswer:
    """Where a session stands after a press of the sheet, and what went wrong."""

    checkout: CheckoutView
    shop: ShopConfig
    problem: Message | None


@dataclass(frozen=True, slots=True)
class EmbedAnswer:
    """Where a session stands, with the provider's form or the reason why there is none."""

    checkout: CheckoutView
    shop: ShopConfig
    form: EmbedForm | None
    problem: str | None


class ChatDesk:
    """Takes payments in conversations. `desk` is the same shop's desk for its hosted page."""

    def __init__(self, db: Database, gateway: PaymentGateway, desk: PayDesk) -> None:
        self._db = db
        self._gateway = gateway
        self._desk = desk

    async def press_sheet(self, db: Database, shopper: Shopper, press: SheetPress) -> SheetAnswer:
        """Charge the token of a payment sheet; the same token never charges twice.

        `db` is the database of whoever presses, which counts what is done there.

        Raises:
            ProviderUnavailable: Nobody knows what the provider did; the same press is safe.
            NotFound, RateLimited: See `begin_sheet_payment`.
        """
        name, home = self._gateway.name, self._desk.home
        public_id = press.sheet_id.partition(".")[0]
        problem = None
        try:
            step = await db.write(lambda uow: begin_sheet_payment(uow, shopper, press, name, home))
        except (OutOfStock, QuoteChanged) as error:
            problem = said(error)
        else:
            problem = step.problem
            if step.intent is not None:
                problem = await self._charge(step.page_token, step.intent, press.token)
        checkout, shop = await self._db.read(
            lambda uow: (get_checkout(uow, shopper, public_id), uow.shop.current().config)
        )
        return SheetAnswer(checkout, shop, problem)

    async def embed(self, db: Database, shopper: Shopper, press: EmbedPress) -> EmbedAnswer:
        """Begin a payment and return its form, or a new one of the payment that is running.

        A payment that was running is looked at first: the form may have taken the money by now.
        `db` is the database of whoever presses, which counts what is done there.

        Raises:
            NotFound, RateLimited: See `begin_embedded`.
        """
        name, problem = self._gateway.name, None
        try:
            step = await db.write(lambda uow: begin_embedded(uow, shopper, press, name))
        except (OutOfStock, QuoteChanged) as error:
            problem = error.message
        else:
            problem = step.problem or await self._open(step)
        checkout, shop, request = await self._db.read(
            lambda uow: (
                get_checkout(uow, shopper, press.session_id),
                uow.shop.current().config,
                form_of(uow, session_for(uow, shopper, press.session_id), name),
            )
        )
        form = None if request is None else self._gateway.embed(request)
        if form is None and problem is None and checkout.status == "complete_in_progress":
            problem = CONFIRMING
        return EmbedAnswer(checkout, shop, form, None if form is not None else problem)

    async def _open(self, step: EmbedStep) -> str | None:
        """Let the provider know of a payment, or ask it about one that it knows."""
        intent = step.intent
        if intent is None or intent.status is not PaymentStatus.CREATED or intent.is_over:
            return None
        try:
            if intent.session_ref is None:
                await self._desk.start(step.page_token, intent)
            else:
                await self._desk.look(step.page_token)
        except (ProviderUnavailable, ProviderRejected):
            return UNAVAILABLE
        return None

    async def _charge(self, page: str, intent: PaymentIntent, token: str) -> Message | None:
        """Charge a token unless that has been done, and say why it came to nothing."""
        name, reference = self._gateway.name, intent.reference
        if intent.status is PaymentStatus.CREATED and not intent.is_over:
            try:
                snapshot = await self._charger().charge_token(
                    self._desk.request_for(page, intent), token
                )
            except ProviderUnavailable:
                await self._db.write(lambda uow: paying.note_unreachable(uow, name, reference))
                raise
            except ProviderRejected:
                await self._db.write(lambda uow: paying.note_rejected(uow, name, intent))
            else:
                await self._db.write(lambda uow: apply_snapshot(uow, name, reference, snapshot))
        return await self._db.read(lambda uow: sheet_problem(uow, reference))

    def _charger(self) -> TokenCharger:
        if not isinstance(self._gateway, TokenCharger):
            raise ProviderRejected(_NO_SHEET)
        return self._gateway
