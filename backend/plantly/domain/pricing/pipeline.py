"""From an order to its totals: the discounts that are best for the buyer, and all that follows."""

from dataclasses import dataclass, replace
from typing import Any

from plantly.domain.messages import Message
from plantly.domain.pricing.candidates import Candidates, explain_codes, find_candidates
from plantly.domain.pricing.charges import Charges, charge_delivery, charge_lines
from plantly.domain.pricing.parts import PricedLine, PricingInput, Totals
from plantly.domain.pricing.rows import applied_of, entries_of
from plantly.domain.said import Said
from plantly.domain.shop import FulfillmentKind, FulfillmentOption, ShopConfig


@dataclass(frozen=True, slots=True)
class FulfillmentOffer:
    """A way to get the goods that can be chosen, its price, and what the order then comes to."""

    option: FulfillmentOption
    amount_minor: int
    totals: Totals
    """What the order comes to with it: as `compute_totals` says, which need not be asked again."""

    @property
    def total_minor(self) -> int:
        """Return what is to be paid with it."""
        return self.totals.total_minor


@dataclass(frozen=True, slots=True)
class _Goods:
    """What of an order is the same whichever way it is sent."""

    ranks: tuple[int, ...]
    """Where the lines that were charged stand in the order."""
    found: Candidates
    charges: tuple[Charges, ...]
    """The lines with each set of discounts, without a delivery."""


def compute_totals(shop: ShopConfig, order: PricingInput) -> Totals:
    """Compute the totals of an order.

    They are `estimated` until both the place and the fulfillment option are known. An option that
    is not offered for such an order is left out, and an error says so.
    """
    if order.option is None and order.assume_cheapest:
        cheapest = _cheapest(shop, order)
        totals = cheapest.totals if cheapest else _totals(shop, order, _goods(shop, order))
        return replace(totals, estimated=True)
    return _totals(shop, order, _goods(shop, order))


def fulfillment_offers(shop: ShopConfig, order: PricingInput) -> tuple[FulfillmentOffer, ...]:
    """Return what can be chosen for an order at its place, in the order of the shop.

    What a merchant does not send somewhere can still be picked up there.
    """
    place = order.place
    if place is None:
        return ()
    kept_here = any(place.country in line.undeliverable for line in order.lines)
    goods = _goods(shop, order)
    offers = []
    for option in shop.options_for(place.country, place.region, place.postal_code):
        if kept_here and option.kind is not FulfillmentKind.PICKUP:
            continue
        totals = _totals(shop, replace(order, option=option), goods)
        if totals.fulfillment is not None:
            net = totals.fulfillment.net_minor
            offers.append(FulfillmentOffer(option, net, totals))
    return tuple(offers)


def _cheapest(shop: ShopConfig, order: PricingInput) -> FulfillmentOffer | None:
    # Somebody who asks what it costs to get it sent is not helped by what pickup costs.
    return min(
        fulfillment_offers(shop, order),
        key=lambda offer: (offer.option.kind is FulfillmentKind.PICKUP, offer.total_minor),
        default=None,
    )


def _goods(shop: ShopConfig, order: PricingInput) -> _Goods:
    # The order of the lines must not matter, not even for the last unit of a rounding.
    ranks = sorted(range(len(order.lines)), key=lambda i: _rank(order.lines[i]))
    lines = [order.lines[i] for i in ranks]
    found = find_candidates(shop, order)
    charges = (charge_lines(shop, order, lines, each) for each in found.alternatives())
    return _Goods(tuple(ranks), found, tuple(charges))


def _totals(shop: ShopConfig, order: PricingInput, goods: _Goods) -> Totals:
    found = goods.found
    charges = min(
        (charge_delivery(shop, order, each) for each in goods.charges),
        key=lambda one: _cost(order, one),
    )
    applied = applied_of(charges)
    # With nothing in the order yet, nobody can say which of the good ones will be the best.
    fine = applied if order.lines else found.possible
    in_place = dict(zip(goods.ranks, charges.lines, strict=True))
    return Totals(
        entries=entries_of(shop, charges),
        lines=tuple(in_place[i] for i in range(len(in_place))),
        total_minor=charges.total_minor,
        estimated=order.place is None or charges.fulfillment is None,
        messages=(
            *explain_codes(found, charges.discounts, frozenset(one.key for one in fine)),
            *_not_offered(order, charges),
        ),
        applied=applied,
        fulfillment=charges.fulfillment,
        currency=order.currency or shop.currency,
    )


def _rank(line: PricedLine) -> tuple[Any, ...]:
    return (
        line.variant_key,
        line.unit_amount_minor,
        line.quantity,
        line.product_slug,
        line.category,
        sorted(line.tags),
        line.weight_g,
    )


def _cost(order: PricingInput, charges: Charges) -> tuple[bool, int, bool]:
    """Return what makes a set of discounts worse for the buyer than another one.

    Free shipping is worth something as long as nobody knows what the delivery costs.
    """
    unknown = charges.fulfillment is None
    lost = order.option is not None and unknown
    return lost, charges.total_minor, not (unknown and charges.frees_shipping)


def _not_offered(order: PricingInput, charges: Charges) -> tuple[Message, ...]:
    if order.option is None or charges.fulfillment is not None:
        return ()
    title = order.option.title
    text = Said(f"{title} is not offered for this order.", "form.not_offered", name=title)
    return (Message("error", "option_not_offered", text, "option", resolution="another delivery"),)
