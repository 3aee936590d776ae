"""What a cart would come to at a place, before anybody has typed an address."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from plantly.domain.messages import Message
from plantly.domain.pricing import FulfillmentOffer, Place, PricingInput, Totals, compute_totals
from plantly.domain.shop import ShopConfig
from plantly.services.addresses import region_code
from plantly.services.checkout_delivery import deliveries
from plantly.services.items import PricedItem

_REGION_MATTERS = Message(
    "info",
    "region_matters",
    "Tax or delivery depend on the state or region there: with ship_to_region the estimate is "
    "closer.",
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
    if not ship_to.region and _depends_on_region(shop, ship_to.country):
        said = (*said, _REGION_MATTERS)
    return Estimate(ship_to.place, compute_totals(shop, order), found.offers, said)


def _about_the_place(message: Message) -> Message:
    resolution = message.resolution and message.resolution.replace("address", "place")
    return replace(message, param="ship_to_country", resolution=resolution)


def _depends_on_region(shop: ShopConfig, country: str) -> bool:
    named = (name for zone in shop.zones for name in (*zone.regions, *zone.except_regions))
    return any(name.startswith(f"{country}:") for name in named) or any(
        rate.country == country and rate.region is not None for rate in shop.taxes
    )
