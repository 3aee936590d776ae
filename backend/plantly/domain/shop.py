"""What a merchant decides about the shop: one immutable value, read from `shop.toml`."""

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from functools import lru_cache

from plantly.domain.catalog import Facet
from plantly.domain.discount import Discount
from plantly.domain.money import Amounts, Currency, amount_in
from plantly.domain.targets import EVERYTHING, Sold, Targets


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
class Logo:
    """The shop's own mark: a file among the pictures, and its size as drawn."""

    file: str
    width: int
    height: int
    inline: str = ""
    """The same as a `data:` address where it is small."""


@dataclass(frozen=True, slots=True)
class Parcel:
    """What the price of a delivery depends on; the subtotal is the one after discounts.

    `foreign` is the currency of the order when it is not the shop's own.
    """

    subtotal_minor: int
    weight_g: int = 0
    foreign: Currency | None = None


@dataclass(frozen=True, slots=True)
class ShippingRate:
    """A price for parcels of a certain weight and value; both ends of a range are in it."""

    price_minor: int
    min_subtotal_minor: int = 0
    max_subtotal_minor: int | None = None
    min_weight_g: int = 0
    max_weight_g: int | None = None
    prices: Amounts = ()
    min_subtotals: Amounts = ()
    max_subtotals: Amounts = ()

    def price_of(self, parcel: Parcel) -> int | None:
        """Return the price, or None when the parcel is not one of these."""
        foreign = parcel.foreign
        least = amount_in(self.min_subtotal_minor, self.min_subtotals, foreign)
        most: int | None = parcel.subtotal_minor
        if self.max_subtotal_minor is not None:
            most = amount_in(self.max_subtotal_minor, self.max_subtotals, foreign)
        heaviest = parcel.weight_g if self.max_weight_g is None else self.max_weight_g
        if least is None or most is None:
            return None
        fits = least <= parcel.subtotal_minor <= most
        fits = fits and self.min_weight_g <= parcel.weight_g <= heaviest
        return amount_in(self.price_minor, self.prices, foreign) if fits else None


@dataclass(frozen=True, slots=True)
class FulfillmentOption:
    """One way to get the goods: at one price, or at the first of its rates that fits."""

    id: str
    kind: FulfillmentKind
    title: str
    description: str
    price_minor: int
    free_from_minor: int | None = None
    rates: tuple[ShippingRate, ...] = ()
    """With any, `price_minor` and `prices` do not count."""
    prices: Amounts = ()
    free_from: Amounts = ()

    def price_of(self, parcel: Parcel) -> int | None:
        """Return the price before discounts, or None when it is not offered for such a parcel."""
        price = amount_in(self.price_minor, self.prices, parcel.foreign)
        if self.rates:
            found = (rate.price_of(parcel) for rate in self.rates)
            price = next((amount for amount in found if amount is not None), None)
        limit = None
        if self.free_from_minor is not None:
            limit = amount_in(self.free_from_minor, self.free_from, parcel.foreign)
        free = limit is not None and parcel.subtotal_minor >= limit
        return 0 if free and price is not None else price


@dataclass(frozen=True, slots=True)
class ShippingZone:
    """Places that share their fulfillment options.

    Regions and beginnings of postal codes carry their country: `US:HI`, `ES:35`. Those that are
    excepted never belong to the zone; where the zone names some of a country, it is those alone.
    """

    name: str
    countries: tuple[str, ...]
    options: tuple[FulfillmentOption, ...]
    regions: tuple[str, ...] = ()
    postal_prefixes: tuple[str, ...] = ()
    except_regions: tuple[str, ...] = ()
    except_postal_prefixes: tuple[str, ...] = ()

    def covers(self, country: str, region: str | None, postal_code: str | None) -> bool:
        """Say whether a place belongs to the zone; what is not known yet is not excepted."""
        if country not in self.countries:
            return False
        # Most zones are whole countries.
        here = _plain(region) if self.regions or self.except_regions else ""
        by_code = self.postal_prefixes or self.except_postal_prefixes
        code = _plain(postal_code) if by_code else ""
        only_regions = _of(country, self.regions)
        only_codes = _of(country, self.postal_prefixes)
        return not (
            (only_regions and here not in only_regions)
            or (only_codes and not code.startswith(only_codes))
            or here in _of(country, self.except_regions)
            or code.startswith(_of(country, self.except_postal_prefixes))
        )


@lru_cache(1024)
def _of(country: str, qualified: tuple[str, ...]) -> tuple[str, ...]:
    pairs = (name.split(":", 1) for name in qualified)
    return tuple(_plain(rest) for where, rest in pairs if where == country)


def _plain(text: str | None) -> str:
    """Return letters and digits alone: people write spaces and dashes where they like."""
    return "".join([char for char in text if char.isalnum()]).upper() if text else ""


@dataclass(frozen=True, slots=True)
class TaxRate:
    """A tax of one country, or of one of its regions; with targets, of those products alone."""

    country: str
    region: str | None
    title: str
    percent: Decimal
    included: bool
    on_shipping: bool
    targets: Targets = EVERYTHING

    @property
    def exempt(self) -> bool:
        """Say whether it frees certain products from tax."""
        return bool(self.targets) and self.percent == 0


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
    language: str = "en"
    """What pages are written in for readers who ask for none of the languages that we speak."""
    logo: Logo | None = None

    def countries(self) -> tuple[str, ...]:
        """Return every country that the shop sends to, sorted."""
        return tuple(sorted({c for zone in self.zones for c in zone.countries}))

    def options_for(
        self, country: str, region: str | None = None, postal_code: str | None = None
    ) -> tuple[FulfillmentOption, ...]:
        """Return the fulfillment options for a place, none when the shop does not go there."""
        zones = (zone for zone in self.zones if zone.covers(country, region, postal_code))
        return tuple(option for zone in zones for option in zone.options)

    def tax_for(self, country: str, region: str | None, sold: Sold | None = None) -> TaxRate | None:
        """Return the tax of a product at a place; without one, the general tax of the place.

        A region goes before its country; in each, a rate for the product before the general one;
        else the one that stands first.
        """
        here = _plain(region)
        found = [
            tax
            for tax in self.taxes
            if tax.country == country
            and (tax.region is None or _plain(tax.region) == here)
            and (not tax.targets if sold is None else tax.targets.hold(sold))
        ]
        return min(found, key=lambda tax: (tax.region is None, not tax.targets), default=None)

    def foreign(self, code: Currency | None) -> Currency | None:
        """Return the currency of an order if it is not the shop's own, else None."""
        return None if code == self.currency else code

    def discount(self, code: str) -> Discount | None:
        """Return the discount of a code, whatever its case."""
        found = (d for d in self.discounts if d.code and d.code.casefold() == code.casefold())
        return next(found, None)
