"""How the goods of a checkout can reach a place, and which of them cannot be sent there."""

from collections.abc import Sequence
from dataclasses import dataclass

from plantly.domain.messages import Message
from plantly.domain.pricing import FulfillmentOffer, PricingInput, fulfillment_offers
from plantly.domain.said import Said
from plantly.domain.shop import FulfillmentOption, ShopConfig
from plantly.services.items import PricedItem

_SHOWN_NAMES = 3
_NO_COUNTRY = Said("The shop does not deliver to this country.", "form.no_country")
_NO_PLACE = Said("The shop does not deliver to this address.", "form.no_place")
_NO_PARCEL = Said(
    "The shop has no delivery to this address for an order of this weight and value.",
    "form.no_parcel",
)


@dataclass(frozen=True, slots=True)
class Deliveries:
    """What can be chosen from, and the products that cannot be sent: they can be picked up only."""

    options: tuple[FulfillmentOption, ...]
    unsendable: tuple[str, ...] = ()
    offers: tuple[FulfillmentOffer, ...] = ()
    """The options again, with their prices."""
    gap: str = _NO_COUNTRY
    """Why there is nothing to choose from, if it is not for one of the products."""

    def problem(self) -> str | None:
        """Say what is wrong with the address when nothing can be chosen, else nothing."""
        if self.options:
            return None
        if not self.unsendable:
            return self.gap
        text = f"{_names(self.unsendable)} cannot be sent to this country."
        return Said(text, "form.unsendable", names=_shown(self.unsendable))

    def messages(self) -> tuple[Message, ...]:
        """Return what the buyer has to know about it."""
        problem = self.problem()
        if problem is not None:
            fix = "another address"
            if self.unsendable:
                fix = "another address, or an order without it"
            return (Message("error", "not_deliverable", problem, "country", resolution=fix),)
        if self.unsendable:
            text = f"{_names(self.unsendable)} cannot be sent to this country, only picked up."
            said = Said(text, "form.pickup_only", names=_shown(self.unsendable))
            return (Message("info", "pickup_only", said, "country"),)
        return ()


def deliveries(shop: ShopConfig, order: PricingInput, items: Sequence[PricedItem]) -> Deliveries:
    """Return how an order of these items can reach its place, and at what price.

    What a merchant does not send somewhere can still be picked up there.
    """
    place = order.place
    if place is None:
        return Deliveries(())
    offers = fulfillment_offers(shop, order)
    if not offers and not shop.options_for(place.country, place.region, place.postal_code):
        return Deliveries((), gap=_NO_PLACE if place.country in shop.countries() else _NO_COUNTRY)
    unsendable = tuple(dict.fromkeys(i.name for i in items if place.country in i.undeliverable))
    return Deliveries(tuple(offer.option for offer in offers), unsendable, offers, _NO_PARCEL)


def _names(names: Sequence[str]) -> str:
    *first, last = _shown(names)
    return f"{', '.join(first)} and {last}" if first else last


def _shown(names: Sequence[str]) -> tuple[str, ...]:
    more = len(names) - _SHOWN_NAMES
    if more <= 0:
        return tuple(names)
    return (*names[:_SHOWN_NAMES], Said(f"{more} more", "form.more", count=more))
