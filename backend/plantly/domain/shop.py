"""What a merchant decides about the shop: one immutable value, read from `shop.toml`."""

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from plantly.domain.catalog import Facet
from plantly.domain.discount import Discount
from plantly.domain.money import Currency


class FulfillmentKind(StrEnum):
    """How goods reach the buyer."""

    SHIPPING = "shipping"
    PICKUP = "pickup"


@dataclass(frozen=True, slots=True)
class Policy:
    """One text that shoppers can ask for, such as the returns policy."""

    topic: str
    title: str
    text: str


@dataclass(frozen=True, slots=True)
class FulfillmentOption:
    """One way to get the goods, with its price."""

    id: str
    kind: FulfillmentKind
    title: str
    description: str
    price_minor: int
    free_from_minor: int | None = None

    def price_for(self, subtotal_minor: int) -> int:
        """Return the price for an order of this value after discounts."""
        if self.free_from_minor is not None and subtotal_minor >= self.free_from_minor:
            return 0
        return self.price_minor


@dataclass(frozen=True, slots=True)
class ShippingZone:
    """Countries that share their fulfillment options."""

    name: str
    countries: tuple[str, ...]
    options: tuple[FulfillmentOption, ...]


@dataclass(frozen=True, slots=True)
class TaxRate:
    """A tax of one country, or of one of its regions (which then goes first)."""

    country: str
    region: str | None
    title: str
    percent: Decimal
    included: bool
    on_shipping: bool


@dataclass(frozen=True, slots=True)
class ShopConfig:
    """Everything that `shop.toml` says."""

    name: str
    tagline: str
    currency: Currency
    support_email: str
    order_prefix: str
    max_quantity: int
    low_stock_threshold: int
    accent: str
    accent_dark: str
    policies: tuple[Policy, ...]
    zones: tuple[ShippingZone, ...]
    taxes: tuple[TaxRate, ...]
    discounts: tuple[Discount, ...]
    """Those that apply by themselves, then those with a code."""
    facets: tuple[Facet, ...] = ()
    """Filters that the shop defines for its catalog; an enumeration without values is open."""
    synonyms: tuple[tuple[str, ...], ...] = ()
    """Words, or several words in a row, that find the same."""
    currencies: tuple[Currency, ...] = ()
    """Others than the shop's own that orders can be paid in."""

    def countries(self) -> tuple[str, ...]:
        """Return every country that the shop sends to, sorted."""
        return tuple(sorted({c for zone in self.zones for c in zone.countries}))

    def options_for(self, country: str) -> tuple[FulfillmentOption, ...]:
        """Return the fulfillment options for a country, none when the shop does not go there."""
        return tuple(o for z in self.zones if country in z.countries for o in z.options)

    def tax_for(self, country: str, region: str | None) -> TaxRate | None:
        """Return the most specific tax of a place."""
        rates = [t for t in self.taxes if t.country == country]
        exact = [t for t in rates if t.region is not None and t.region == region]
        general = [t for t in rates if t.region is None]
        return next(iter(exact or general), None)

    def discount(self, code: str) -> Discount | None:
        """Return the discount of a code, whatever its case."""
        found = (d for d in self.discounts if d.code and d.code.casefold() == code.casefold())
        return next(found, None)
