"""An order with one set of discounts: its lines and its delivery, each discounted and taxed."""

from collections.abc import Sequence
from dataclasses import dataclass

from plantly.domain.discount import Discount, DiscountKind
from plantly.domain.money import included_share, share
from plantly.domain.pricing.deductions import deduct
from plantly.domain.pricing.parts import (
    DiscountPart,
    FulfillmentTotals,
    LineTotals,
    PricedLine,
    PricingInput,
    TaxPart,
)
from plantly.domain.shop import FulfillmentOption, Parcel, ShopConfig, TaxRate


@dataclass(frozen=True, slots=True)
class Charges:
    """Everything that an order comes to with these discounts."""

    discounts: tuple[Discount, ...]
    lines: tuple[LineTotals, ...]
    fulfillment: FulfillmentTotals | None

    @property
    def subtotal_minor(self) -> int:
        """Return what the goods cost after discounts, before tax that is added."""
        return sum(line.net_minor for line in self.lines)

    @property
    def total_minor(self) -> int:
        """Return what is to be paid."""
        delivery = self.fulfillment.total_minor if self.fulfillment is not None else 0
        return sum(line.total_minor for line in self.lines) + delivery

    @property
    def frees_shipping(self) -> bool:
        """Say whether a discount pays the delivery."""
        return any(d.kind is DiscountKind.FREE_SHIPPING for d in self.discounts)


def charge_lines(
    shop: ShopConfig,
    order: PricingInput,
    lines: Sequence[PricedLine],
    discounts: tuple[Discount, ...],
) -> Charges:
    """Price the lines of an order with these discounts and no others, without a delivery."""
    off = deduct(lines, discounts, shop.foreign(order.currency))
    priced = tuple(
        LineTotals(line.base_minor, parts, _taxes(shop, order, line, parts), line)
        for line, parts in zip(lines, off, strict=True)
    )
    return Charges(discounts, priced, None)


def charge_delivery(shop: ShopConfig, order: PricingInput, goods: Charges) -> Charges:
    """Add the delivery that the order has chosen, if it is offered for such goods."""
    if order.option is None:
        return goods
    weight_g = sum(part.line.weight_g * part.line.quantity for part in goods.lines)
    parcel = Parcel(goods.subtotal_minor, weight_g, shop.foreign(order.currency))
    price = order.option.price_of(parcel)
    if price is None:
        return goods
    delivery = _delivery(shop, order, order.option, price, goods.discounts)
    return Charges(goods.discounts, goods.lines, delivery)


def _delivery(
    shop: ShopConfig,
    order: PricingInput,
    option: FulfillmentOption,
    price: int,
    discounts: Sequence[Discount],
) -> FulfillmentTotals:
    payers = (d for d in discounts if d.kind is DiscountKind.FREE_SHIPPING)
    off = tuple(
        DiscountPart(d.key, d.label, "fulfillment", price) for d in list(payers)[:1] if price
    )
    rate = shop.tax_for(order.place.country, order.place.region) if order.place else None
    taxed = rate if rate is not None and rate.on_shipping else None
    net = 0 if off else price
    return FulfillmentTotals(price, off, _tax(net, taxed), option)


def _taxes(
    shop: ShopConfig, order: PricingInput, line: PricedLine, off: Sequence[DiscountPart]
) -> tuple[TaxPart, ...]:
    if order.place is None:
        return ()
    net = line.base_minor - sum(part.amount_minor for part in off)
    return _tax(net, shop.tax_for(order.place.country, order.place.region, line))


def _tax(net: int, rate: TaxRate | None) -> tuple[TaxPart, ...]:
    if rate is None:
        return ()
    step = included_share if rate.included else share
    amount = step(net, rate.percent)
    return (TaxPart(rate.title, rate.percent, rate.included, rate.exempt, amount),)
