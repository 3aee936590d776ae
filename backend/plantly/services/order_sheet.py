"""An order with everything that its buyer is shown: for mails, and for the order's own page."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from babel import Locale

from plantly.db import UnitOfWork
from plantly.db.tables import BuyerRow, CheckoutRow, OrderRow
from plantly.domain.checkout import Buyer
from plantly.domain.shop import FulfillmentKind, ShopConfig
from plantly.services.addresses import address_lines
from plantly.services.order_lines import OrderLine, lines_of


@dataclass(frozen=True, slots=True)
class Addressee:
    """The person who bought. Personal data: for that person's eyes only."""

    email: str
    address: tuple[str, ...]
    """As on an envelope, the name first and the country last."""
    phone: str
    gift_note: str
    country: str = ""
    """The code of the country."""


@dataclass(frozen=True, slots=True)
class OrderSheet:
    """What was bought, what it came to, and where it goes."""

    shop: ShopConfig
    order_number: str
    currency: str
    total_minor: int
    items: tuple[OrderLine, ...]
    totals: tuple[Mapping[str, Any], ...]
    breakdown: dict[str, Any] | None
    delivery: str
    is_pickup: bool
    terms_version: str | None
    placed_at: datetime
    buyer: Addressee | None
    """None once the buyer was erased."""

    def named(self, sku: str) -> str:
        """Return what the line with a SKU is called."""
        found = (item for item in self.items if item.sku == sku)
        item = next(found, None)
        if item is None:
            return sku
        return f"{item.name} ({item.variant})" if item.variant else item.name


def sheet_of(uow: UnitOfWork, order: OrderRow, *, pictures: bool = False) -> OrderSheet:
    """Return an order as its buyer is shown it."""
    shop = uow.shop.current().config
    checkout = uow.checkouts.by_row_id(order.checkout_id)
    return OrderSheet(
        shop=shop,
        order_number=order.order_number,
        currency=order.currency,
        total_minor=order.total_minor,
        items=lines_of(uow, order, pictures=pictures),
        totals=tuple(order.totals),
        breakdown=order.breakdown,
        delivery=order.fulfillment_title,
        is_pickup=_is_pickup(shop, checkout),
        terms_version=order.terms_version,
        placed_at=order.placed_at,
        buyer=_addressee(checkout.buyer) if checkout and checkout.buyer else None,
    )


def country_name(code: str) -> str:
    """Return the English name of a country, or its code where there is none."""
    return str(Locale("en", "US").territories.get(code, code))


def _is_pickup(shop: ShopConfig, checkout: CheckoutRow | None) -> bool:
    chosen = checkout.option_id if checkout else None
    options = (option for zone in shop.zones for option in zone.options)
    return any(o.id == chosen and o.kind is FulfillmentKind.PICKUP for o in options)


def _addressee(row: BuyerRow) -> Addressee:
    buyer = Buyer(**{name: getattr(row, name) for name in Buyer.__dataclass_fields__})
    return Addressee(
        email=buyer.email,
        address=(*address_lines(buyer), country_name(buyer.country)),
        phone=buyer.phone,
        gift_note=buyer.gift_note,
        country=buyer.country,
    )
