"""Domain values that are valid as they come: a test names only what it is about."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from plantly.domain.checkout import Buyer
from plantly.domain.discount import Discount, DiscountKind
from plantly.domain.money import Currency
from plantly.domain.payment import Fact, FactKind
from plantly.domain.pricing import Place, PricedLine, PricingInput
from plantly.domain.shop import (
    FulfillmentKind,
    FulfillmentOption,
    Policy,
    ShippingZone,
    ShopConfig,
    TaxRate,
)
from tests.support.clock import START

USD = Currency("USD")


def option(**changes: Any) -> FulfillmentOption:
    """Make a way to get the goods: 5.95, whatever is ordered."""
    values: dict[str, Any] = {
        "id": "standard",
        "kind": FulfillmentKind.SHIPPING,
        "title": "Standard shipping",
        "description": "In three days",
        "price_minor": 595,
    }
    return FulfillmentOption(**{**values, **changes})


def tax(**changes: Any) -> TaxRate:
    """Make a tax of 10 % in the United States that is added to the price of goods alone."""
    values: dict[str, Any] = {
        "country": "US",
        "region": None,
        "title": "Sales tax",
        "percent": Decimal(10),
        "included": False,
        "on_shipping": False,
    }
    return TaxRate(**{**values, **changes})


def discount(code: str | None = "TEN", **changes: Any) -> Discount:
    """Make a discount of 10 %, always, for whoever enters the code or for all."""
    values: dict[str, Any] = {"kind": DiscountKind.PERCENTAGE, "percent": Decimal(10)}
    return Discount(code=code, **{**values, **changes})


def shop_config(**changes: Any) -> ShopConfig:
    """Make a shop that delivers to the United States and knows no taxes and no codes."""
    values: dict[str, Any] = {
        "name": "Fern & Co",
        "tagline": "Leaves for everybody",
        "currency": USD,
        "support_email": "help@fern.example",
        "order_prefix": "PL",
        "max_quantity": 99,
        "low_stock_threshold": 4,
        "accent": "#1F6F43",
        "accent_dark": "#7FD1A0",
        "policies": (Policy("returns", "Returns", "Thirty days."),),
        "zones": (ShippingZone("Home", ("US",), (option(),)),),
        "taxes": (),
        "discounts": (),
    }
    return ShopConfig(**{**values, **changes})


def line(amount_minor: int = 1000, quantity: int = 1, key: str = "fern-12cm") -> PricedLine:
    """Make a line of one fern for 10.00."""
    return PricedLine(key, amount_minor, quantity)


def pricing(*lines: PricedLine, **changes: Any) -> PricingInput:
    """Make a question for the totals of these lines, or of one fern, going to the United States."""
    values: dict[str, Any] = {
        "lines": lines or (line(),),
        "codes": (),
        "place": Place("US", "NY"),
        "option": option(),
        "now": START,
    }
    return PricingInput(**{**values, **changes})


def buyer(**changes: str) -> Buyer:
    """Make a person with nothing to complain about."""
    values = {
        "email": "alex@example.com",
        "name": "Alex Green",
        "line1": "1 Garden Street",
        "line2": "",
        "city": "San Francisco",
        "region": "CA",
        "postal_code": "94107",
        "country": "US",
        "phone": "+1 415 555 0100",
    }
    return Buyer(**{**values, **changes})


def fact(kind: FactKind, amount_minor: int = 1000, currency: str = "USD", ref: str = "") -> Fact:
    """Make a statement whose key is what it states, as the providers' adapters build it."""
    key = f"{kind}:{amount_minor}:{currency}:{ref}"
    return Fact(key, kind, amount_minor, currency, ref or None)


def moment(text: str) -> datetime:
    """Read an aware time such as `2026-03-02T09:30:00Z`."""
    return datetime.fromisoformat(text)
