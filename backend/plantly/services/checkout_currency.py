"""In which currencies a checkout can be paid: those that the merchant has set every price in."""

from dataclasses import replace

from plantly.db import UnitOfWork
from plantly.db.tables import CheckoutRow
from plantly.domain.money import Currency
from plantly.domain.shop import ShopConfig
from plantly.services.checkout_delivery import Deliveries, deliveries
from plantly.services.checkout_view import pricing_of
from plantly.services.items import WantedLine, price_items


def payable_currencies(
    uow: UnitOfWork, shop: ShopConfig, checkout: CheckoutRow
) -> tuple[Currency, ...]:
    """Return the currencies in which every line and a delivery have a price, the shop's first.

    Nothing is ever converted.
    """
    if not shop.currencies:
        return ()
    codes = (shop.currency, *shop.currencies)
    return tuple(code for code in codes if deliveries_in(uow, shop, checkout, code).options)


def deliveries_in(
    uow: UnitOfWork, shop: ShopConfig, checkout: CheckoutRow, code: str
) -> Deliveries:
    """Return the deliveries in a currency, none when a line has no price in it."""
    lines = [WantedLine(line.variant_id, line.quantity) for line in checkout.lines]
    priced = price_items(uow, shop, lines, code)
    if len(priced.items) < len(lines):
        return Deliveries(())
    asked = pricing_of(uow, shop, checkout, priced)
    return deliveries(shop, replace(asked, currency=Currency(code)), priced.items)
