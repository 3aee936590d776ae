"""A checkout session as tools and the hosted page show it: computed, never remembered."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from plantly.db import UnitOfWork
from plantly.db.tables import CheckoutLineRow, CheckoutRow
from plantly.domain.checkout import Buyer, CheckoutStatus
from plantly.domain.messages import Message
from plantly.domain.money import currency
from plantly.domain.pricing import (
    AppliedDiscount,
    FulfillmentOffer,
    Place,
    PricingInput,
    TotalEntry,
    Totals,
    compute_totals,
    quote_hash,
)
from plantly.domain.said import Said
from plantly.domain.shop import FulfillmentOption, ShopConfig
from plantly.services.checkout_delivery import Deliveries, deliveries
from plantly.services.discount_uses import exhausted
from plantly.services.items import PricedItem, PricedItems, WantedLine, price_items

_AGREED = frozenset({CheckoutStatus.COMPLETE_IN_PROGRESS, CheckoutStatus.COMPLETED})

_CHOOSE = Said("Choose one of the deliveries below.", "form.choose_delivery")
_NOTICES = {
    "payment_declined": "The payment was declined. Nothing was charged; please try again.",
    "payment_failed": "The payment did not go through. Nothing was charged; please try again.",
    "payment_canceled": "The payment was canceled. Nothing was charged.",
    "payment_expired": "The payment took too long and was closed. Nothing was charged.",
    "payment_refunded": "The payment could not be accepted and is on its way back to you.",
}


@dataclass(frozen=True, slots=True)
class OrderSummary:
    """The order that a checkout session became."""

    order_number: str
    status: str


@dataclass(frozen=True, slots=True)
class CheckoutView:
    """Everything about a checkout session but the buyer's personal data."""

    public_id: str
    page_token: str
    status: CheckoutStatus
    currency: str
    items: tuple[PricedItem, ...]
    totals: tuple[TotalEntry, ...]
    total_minor: int
    breakdown: dict[str, Any] | None
    """How the totals are made of their parts."""
    applied: tuple[AppliedDiscount, ...]
    """The discounts that the totals really use, none once they are agreed."""
    estimated: bool
    discount_codes: tuple[str, ...]
    messages: tuple[Message, ...]
    options: tuple[FulfillmentOption, ...]
    """What can be chosen from at the buyer's place, none before it is known."""
    offers: tuple[FulfillmentOffer, ...]
    """The options again, with their prices, as long as one can be chosen."""
    option_id: str | None
    quote_hash: str
    has_buyer: bool
    expires_at: datetime
    order: OrderSummary | None

    @property
    def blocked(self) -> bool:
        """Say whether something has to change before this can be paid."""
        return any(message.type == "error" for message in self.messages)

    @property
    def no_delivery(self) -> str:
        """Say why nothing is chosen as the delivery."""
        said = (m.content for m in self.messages if m.code == "not_deliverable")
        return next(said, _CHOOSE)


def view(
    uow: UnitOfWork,
    checkout: CheckoutRow,
    priced: PricedItems | None = None,
    ways: Deliveries | None = None,
) -> CheckoutView:
    """Return the session at the catalog's prices, or at the agreed ones once Pay was pressed.

    `priced` are its lines, and `ways` how they can reach the buyer, for whoever has found that out
    in this transaction.
    """
    # Nothing that is read here depends on what is still unsent: it is sent once, in the end.
    with uow.unsent_kept():
        shop = uow.shop.current().config
        priced = priced or priced_lines(uow, shop, checkout)
        asked = pricing_of(uow, shop, checkout, priced)
        delivery = ways or _deliveries(shop, checkout, asked, priced)
        return _view(uow, checkout, asked, priced, delivery)


def _view(
    uow: UnitOfWork,
    checkout: CheckoutRow,
    asked: PricingInput,
    priced: PricedItems,
    delivery: Deliveries,
) -> CheckoutView:
    shop = uow.shop.current().config
    agreed = checkout.status in _AGREED
    option = next((o for o in delivery.options if o.id == checkout.option_id), None)
    totals = _totals(shop, checkout, replace(asked, option=option), delivery)
    # The two are written in one transaction.
    completed = checkout.status is CheckoutStatus.COMPLETED
    order = uow.orders.summary_of(checkout.id) if completed else None
    return CheckoutView(
        public_id=checkout.public_id,
        page_token=checkout.page_token,
        status=checkout.status,
        currency=checkout.currency,
        items=priced.items,
        totals=totals.entries,
        total_minor=totals.total_minor,
        breakdown=checkout.breakdown if agreed else totals.explanation(),
        applied=totals.applied,
        estimated=totals.estimated,
        discount_codes=tuple(checkout.discount_codes),
        messages=(
            *priced.messages,
            *totals.messages,
            *_notice(checkout),
            *(delivery.messages() if checkout.country else ()),
        ),
        options=delivery.options,
        offers=delivery.offers,
        option_id=option.id if option else None,
        quote_hash=quote_hash(totals, asked.lines, option.id if option else None),
        has_buyer=checkout.buyer is not None,
        expires_at=checkout.expires_at,
        order=OrderSummary(*order) if order else None,
    )


def priced_lines(uow: UnitOfWork, shop: ShopConfig, checkout: CheckoutRow) -> PricedItems:
    """Return the lines of a session at the catalog's prices, or at the agreed ones."""
    lines = [_wanted(line, checkout, shop) for line in checkout.lines]
    return price_items(uow, shop, lines, checkout.currency)


def _wanted(line: CheckoutLineRow, checkout: CheckoutRow, shop: ShopConfig) -> WantedLine:
    # What was seen in a conversation was in the shop's own currency.
    comparable = checkout.currency == shop.currency
    return WantedLine(
        variant_row_id=line.variant_id,
        quantity=line.quantity,
        seen_amount_minor=line.seen_amount_minor if comparable else None,
        agreed_amount_minor=line.unit_amount_minor if checkout.status in _AGREED else None,
    )


def pricing_of(
    uow: UnitOfWork,
    shop: ShopConfig,
    checkout: CheckoutRow,
    priced: PricedItems,
    typed: Buyer | None = None,
) -> PricingInput:
    """Return what the totals of a session depend on, without a delivery.

    `typed` is a buyer whose details are not kept yet.
    """
    buyer = typed or checkout.buyer
    where = typed or checkout
    place = None
    if where.country:
        postal_code = buyer.postal_code if buyer is not None else None
        place = Place(where.country, where.region or None, postal_code or None)
    return PricingInput(
        lines=priced.as_priced_lines(),
        codes=checkout.discount_codes,
        place=place,
        option=None,
        now=uow.now,
        currency=currency(checkout.currency),
        exhausted=exhausted(uow, shop, buyer.email if buyer is not None else None),
    )


def _totals(
    shop: ShopConfig, checkout: CheckoutRow, order: PricingInput, delivery: Deliveries
) -> Totals:
    if checkout.status in _AGREED and checkout.totals is not None:
        entries = tuple(TotalEntry(**entry) for entry in checkout.totals)
        return Totals(
            entries,
            (),
            checkout.total_minor or 0,
            estimated=False,
            messages=(),
            currency=order.currency,
        )
    offered = next((each for each in delivery.offers if each.option is order.option), None)
    return compute_totals(shop, order) if offered is None else offered.totals


def _notice(checkout: CheckoutRow) -> tuple[Message, ...]:
    text = _NOTICES.get(checkout.notice or "")
    if text is None or checkout.notice is None or checkout.status in _AGREED:
        return ()
    return (Message("warning", checkout.notice, text),)


def _deliveries(
    shop: ShopConfig, checkout: CheckoutRow, order: PricingInput, priced: PricedItems
) -> Deliveries:
    """Return how the goods can get there; what was agreed to stays possible."""
    place = order.place
    if place is not None and checkout.status in _AGREED:
        return Deliveries(shop.options_for(place.country, place.region, place.postal_code))
    return deliveries(shop, order, priced.items)
