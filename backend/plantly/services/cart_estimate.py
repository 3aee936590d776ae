"""What a cart would come to at a place, before anybody has typed an address."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from plantly.domain.messages import Message
from plantly.domain.pricing import FulfillmentOffer, Place, PricingInput, Totals, compute_totals
from plantly.domain.shop import ShopConfig
from plantly.services.addresses import knows_region, region_code
from plantly.services.checkout_delivery import deliveries
from plantly.services.items import PricedItem

_REGION_MATTERS = Message(
    "info",
    "region_matters",
    "Tax or delivery depend on the state or region there: with ship_to_region the estimate is "
    "closer.",
    "ship_to_region",
)
_REGION_UNKNOWN = Message(
    "warning",
    "region_unknown",
    "Tax or delivery depend on the state or region there, and this one is not known: the estimate "
    "counts none. Send its usual name or code, such as California or CA.",
    "ship_to_region",
)


@dataclass(frozen=True, slots=True)
class ShipTo:
    """Where somebody thinks of having it sent; no address yet."""

    country: str
    region: str = ""

    @property
    def place(self) -> Place:
        """Return the place as prices know it."""
        return Place(self.country, region_code(self.country, self.region) or None)


@dataclass(frozen=True, slots=True)
class Estimate:
    """The totals with the cheapest delivery, and every delivery; without any nothing is sent."""

    place: Place
    totals: Totals
    offers: tuple[FulfillmentOffer, ...]
    messages: tuple[Message, ...]

    @property
    def deliverable(self) -> bool:
        """Say whether the goods can get there at all."""
        return bool(self.offers)


def estimate(
    shop: ShopConfig, order: PricingInput, items: Sequence[PricedItem], ship_to: ShipTo
) -> Estimate | None:
    """Return what these items would come to there; nothing for an empty cart."""
    if not items:
        return None
    order = replace(order, place=ship_to.place, assume_cheapest=True)
    found = deliveries(shop, order, items)
    said = tuple(_about_the_place(message) for message in found.messages())
    said = (*said, *_about_the_region(shop, ship_to))
    return Estimate(ship_to.place, compute_totals(shop, order), found.offers, said)


def _about_the_place(message: Message) -> Message:
    resolution = message.resolution and message.resolution.replace("address", "place")
    return replace(message, param="ship_to_country", resolution=resolution)


def _about_the_region(shop: ShopConfig, ship_to: ShipTo) -> tuple[Message, ...]:
    """Ask for a region that is missing; say of one that nobody knows that it counts for nothing."""
    named = _regions_named(shop, ship_to.country)
    if not named:
        return ()
    if not ship_to.region:
        return (_REGION_MATTERS,)
    known = ship_to.place.region in named or knows_region(ship_to.country, ship_to.region)
    return () if known else (_REGION_UNKNOWN,)


def _regions_named(shop: ShopConfig, country: str) -> set[str]:
    """Return the regions of a country that a delivery or a tax of this shop is about."""
    zones = [name for zone in shop.zones for name in (*zone.regions, *zone.except_regions)]
    taxes = [f"{rate.country}:{rate.region}" for rate in shop.taxes if rate.region is not None]
    found = (name.partition(":") for name in (*zones, *taxes))
    return {region for where, _, region in found if where == country}
