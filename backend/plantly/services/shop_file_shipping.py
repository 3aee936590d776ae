"""The shipping zones of a `shop.toml`: places, ways to get there, and what they cost."""

import re
from collections.abc import Iterable, Iterator
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from plantly.domain.shop import FulfillmentKind, FulfillmentOption, ShippingRate, ShippingZone
from plantly.services.addresses import coded_region
from plantly.services.file_part import FilePart
from plantly.services.shop_file_parts import (
    Country,
    Entry,
    Grams,
    Minor,
    Prices,
    Text,
    Title,
    amounts,
    twice,
)

_QUALIFIED = re.compile(r"([A-Z]{2}):(.*[^\W_].*)")
_PLAIN = re.compile(r"[^:]*[^\W_][^:]*")


class RatePart(FilePart):
    """A price for parcels of a certain weight and value."""

    price_minor: Minor
    min_subtotal_minor: Minor = 0
    max_subtotal_minor: Minor | None = None
    min_weight_g: Grams = 0
    max_weight_g: Grams | None = None
    prices: Prices = Field(default_factory=dict)
    min_subtotals: Prices = Field(default_factory=dict)
    max_subtotals: Prices = Field(default_factory=dict)

    @model_validator(mode="after")
    def _fits_something(self) -> Self:
        if self.max_weight_g is not None and self.max_weight_g < self.min_weight_g:
            msg = "max_weight_g is below min_weight_g, so that nothing weighs that"
            raise ValueError(msg)
        most = self.max_subtotal_minor
        if most is not None and most < self.min_subtotal_minor:
            msg = "max_subtotal_minor is below min_subtotal_minor, so that no order is worth that"
            raise ValueError(msg)
        for code in self.prices:
            if self.min_subtotal_minor and code not in self.min_subtotals:
                msg = f"it has a price in {code}, so it needs min_subtotals in {code} too"
                raise ValueError(msg)
            if most is not None and code not in self.max_subtotals:
                msg = f"it has a price in {code}, so it needs max_subtotals in {code} too"
                raise ValueError(msg)
        return self

    def rate(self) -> ShippingRate:
        """Return it as the domain has it."""
        return ShippingRate(
            price_minor=self.price_minor,
            min_subtotal_minor=self.min_subtotal_minor,
            max_subtotal_minor=self.max_subtotal_minor,
            min_weight_g=self.min_weight_g,
            max_weight_g=self.max_weight_g,
            prices=amounts(self.prices),
            min_subtotals=amounts(self.min_subtotals),
            max_subtotals=amounts(self.max_subtotals),
        )


class OptionPart(FilePart):
    """One way to get the goods."""

    id: Annotated[str, Field(pattern=r"^[a-z0-9-]{1,60}$")]
    kind: Literal["shipping", "pickup"] = "shipping"
    title: Title
    description: str = ""
    price_minor: Minor | None = None
    prices: Prices = Field(default_factory=dict)
    free_from_minor: Minor | None = None
    free_from: Prices = Field(default_factory=dict)
    rates: tuple[RatePart, ...] = ()

    @model_validator(mode="after")
    def _has_a_price(self) -> Self:
        if self.rates and (self.price_minor is not None or self.prices):
            msg = "give it either price_minor or rates, not both"
            raise ValueError(msg)
        if self.kind == "shipping" and self.price_minor is None and not self.rates:
            msg = "it needs a price_minor, or rates"
            raise ValueError(msg)
        if self.free_from and self.free_from_minor is None:
            msg = "free_from needs free_from_minor, the amount in the shop's own currency"
            raise ValueError(msg)
        return self

    def option(self) -> FulfillmentOption:
        """Return it as the domain has it; pickup costs nothing unless it says so."""
        return FulfillmentOption(
            id=self.id,
            kind=FulfillmentKind(self.kind),
            title=self.title,
            description=self.description,
            price_minor=self.price_minor or 0,
            free_from_minor=self.free_from_minor,
            rates=tuple(part.rate() for part in self.rates),
            prices=amounts(self.prices),
            free_from=amounts(self.free_from),
        )


class ZonePart(FilePart):
    """Places that share their ways to get the goods."""

    name: Text
    countries: Annotated[list[Country], Field(min_length=1)]
    options: Annotated[list[OptionPart], Field(min_length=1)]
    regions: tuple[Entry, ...] = ()
    postal_prefixes: tuple[Entry, ...] = ()
    except_regions: tuple[Entry, ...] = ()
    except_postal_prefixes: tuple[Entry, ...] = ()

    @model_validator(mode="after")
    def _places_are_here(self) -> Self:
        for name in ("regions", "except_regions"):
            self._regions(name)
        for name in ("postal_prefixes", "except_postal_prefixes"):
            self._qualified(name)
        repeated = twice(option.id for option in self.options)
        if repeated:
            msg = f"two of its options have the id {repeated[0]}"
            raise ValueError(msg)
        return self

    def _regions(self, name: str) -> tuple[str, ...]:
        """Return regions as addresses have them, with their country.

        Raises:
            ValueError: See `_qualified`, or no address is ever there.
        """
        pairs = [place.split(":", 1) for place in self._qualified(name)]
        return tuple(f"{country}:{coded_region(country, named)}" for country, named in pairs)

    def _qualified(self, name: str) -> tuple[str, ...]:
        """Return places with their country, which goes without saying in a zone of one.

        Raises:
            ValueError: One is of no country of the zone, or of several.
        """
        found = []
        for place in getattr(self, name):
            parts = _QUALIFIED.fullmatch(place)
            if parts is not None and parts[1] in self.countries:
                found.append(place)
            elif _PLAIN.fullmatch(place) is not None and len(self.countries) == 1:
                found.append(f"{self.countries[0]}:{place}")
            else:
                example = f"{self.countries[0]}:{place.rpartition(':')[2].strip() or '35'}"
                msg = f'each of {name} needs its country, one of this zone, such as "{example}"'
                raise ValueError(msg)
        return tuple(found)

    def zone(self) -> ShippingZone:
        """Return it as the domain has it."""
        return ShippingZone(
            name=self.name,
            countries=tuple(self.countries),
            options=tuple(part.option() for part in self.options),
            regions=self._regions("regions"),
            postal_prefixes=self._qualified("postal_prefixes"),
            except_regions=self._regions("except_regions"),
            except_postal_prefixes=self._qualified("except_postal_prefixes"),
        )


def named_prices(zones: Iterable[ZonePart]) -> Iterator[tuple[str, Prices]]:
    """Return every table of amounts in other currencies, with the place where it stands."""
    for z, zone in enumerate(zones):
        for o, option in enumerate(zone.options):
            place = f"shipping_zones.{z}.options.{o}"
            yield f"{place}.prices", option.prices
            yield f"{place}.free_from", option.free_from
            for r, rate in enumerate(option.rates):
                yield f"{place}.rates.{r}.prices", rate.prices
                yield f"{place}.rates.{r}.min_subtotals", rate.min_subtotals
                yield f"{place}.rates.{r}.max_subtotals", rate.max_subtotals
