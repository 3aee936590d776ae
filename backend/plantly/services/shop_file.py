"""Read `shop.toml`, and put it in force."""

import tomllib
from decimal import Decimal, InvalidOperation
from typing import Annotated, Literal, Self

from pydantic import (
    AfterValidator,
    AwareDatetime,
    Field,
    ValidationError,
    model_validator,
)

from plantly.db import UnitOfWork
from plantly.domain.catalog import Facet, FacetKind
from plantly.domain.discount import Discount, DiscountKind
from plantly.domain.errors import InvalidInput
from plantly.domain.money import MAX_MINOR, currency
from plantly.domain.shop import (
    FulfillmentKind,
    FulfillmentOption,
    Policy,
    ShippingZone,
    ShopConfig,
    TaxRate,
)
from plantly.domain.words import words_of
from plantly.services.facets import apply_facets
from plantly.services.file_part import FilePart
from plantly.services.secrets import make_cursor_secret

_MAX_PERCENT = 100


def _percent(value: str) -> str:
    try:
        number = Decimal(value)
    except InvalidOperation:
        number = Decimal(-1)
    if not number.is_finite() or not 0 <= number <= _MAX_PERCENT:
        msg = 'must be a percentage as text, such as "7.25"'
        raise ValueError(msg)
    return value


Percent = Annotated[str, AfterValidator(_percent)]
Country = Annotated[str, Field(pattern=r"^[A-Z]{2}$")]
Color = Annotated[str, Field(pattern=r"^#[0-9A-Fa-f]{6}$")]
Text = Annotated[str, Field(min_length=1, max_length=4000)]
Title = Annotated[str, Field(min_length=1, max_length=120)]
Entry = Annotated[str, Field(min_length=1, max_length=100)]
Minor = Annotated[int, Field(ge=0, le=MAX_MINOR, strict=True)]


class _Shop(FilePart):
    name: Annotated[str, Field(min_length=1, max_length=80)]
    tagline: str = ""
    currency: str
    support_email: str = ""
    order_prefix: Annotated[str, Field(pattern=r"^[A-Z]{2,6}$")] = "PL"
    max_quantity: Annotated[int, Field(ge=1, le=9999, strict=True)] = 99
    low_stock_threshold: Annotated[int, Field(ge=0, strict=True)] = 4


class _Colors(FilePart):
    accent: Color = "#1F6F43"
    accent_dark: Color = "#7FD1A0"


class _Policy(FilePart):
    topic: Annotated[str, Field(pattern=r"^[a-z_]{2,40}$")]
    title: Text
    text: Text


class _Option(FilePart):
    id: Annotated[str, Field(pattern=r"^[a-z0-9-]{1,60}$")]
    kind: Literal["shipping", "pickup"] = "shipping"
    title: Title
    description: str = ""
    price_minor: Minor
    free_from_minor: Minor | None = None


class _Zone(FilePart):
    name: Text
    countries: Annotated[list[Country], Field(min_length=1)]
    options: Annotated[list[_Option], Field(min_length=1)]


class _Tax(FilePart):
    country: Country
    region: str | None = None
    title: Text
    rate_percent: Percent
    included: bool = False
    on_shipping: bool = False


class _Discount(FilePart):
    code: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{2,40}$")]
    kind: Literal["percentage", "fixed", "free_shipping"]
    percent: Percent = "0"
    amount_minor: Minor = 0
    minimum_minor: Minor = 0
    starts_at: AwareDatetime | None = None
    ends_at: AwareDatetime | None = None


class _Facet(FilePart):
    key: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,40}$")]
    title: Annotated[str, Field(min_length=1, max_length=100)]
    kind: Literal["enum", "bool", "range"] = "enum"
    unit: Annotated[str, Field(max_length=32)] = ""
    values: tuple[Annotated[str, Field(min_length=1, max_length=100)], ...] = ()

    @model_validator(mode="after")
    def _agrees(self) -> Self:
        if self.values and self.kind != "enum":
            msg = "only a facet of the kind enum lists values"
            raise ValueError(msg)
        if self.unit and self.kind != "range":
            msg = "only a facet of the kind range has a unit"
            raise ValueError(msg)
        if len(set(self.values)) < len(self.values):
            msg = "a value stands there twice"
            raise ValueError(msg)
        return self


class _Search(FilePart):
    synonyms: tuple[tuple[Entry, ...], ...] = ()

    @model_validator(mode="after")
    def _finds(self) -> Self:
        for group in self.synonyms:
            if len({tuple(words_of(entry)) for entry in group} - {()}) < len(group):
                msg = f"the words of a group must differ in more than their plural: {list(group)}"
                raise ValueError(msg)
            if len(group) == 1:
                msg = f"a group needs at least two entries: {list(group)}"
                raise ValueError(msg)
        return self


class _File(FilePart):
    shop: _Shop
    colors: _Colors = _Colors()
    facets: tuple[_Facet, ...] = ()
    search: _Search = _Search()
    policies: tuple[_Policy, ...] = ()
    shipping_zones: tuple[_Zone, ...] = ()
    taxes: tuple[_Tax, ...] = ()
    discount_codes: tuple[_Discount, ...] = ()


def read_shop_file(text: str) -> ShopConfig:
    """Return the configuration that a `shop.toml` describes.

    Raises:
        InvalidInput: It is no TOML, or says something that cannot be; every problem is named.
    """
    try:
        file = _File.model_validate(tomllib.loads(text))
        code = currency(file.shop.currency)
    except tomllib.TOMLDecodeError as error:
        raise InvalidInput("shop.toml", f"This is not TOML: {error}.") from error
    except ValidationError as error:
        problems = "; ".join(
            f"{'.'.join(str(part) for part in e['loc'])}: {e['msg']}" for e in error.errors()
        )
        raise InvalidInput("shop.toml", f"The shop file has to be mended: {problems}.") from error
    except ValueError as error:
        raise InvalidInput("shop.currency", f"shop.currency: {error}.") from error
    return ShopConfig(
        name=file.shop.name,
        tagline=file.shop.tagline,
        currency=code,
        support_email=file.shop.support_email,
        order_prefix=file.shop.order_prefix,
        max_quantity=file.shop.max_quantity,
        low_stock_threshold=file.shop.low_stock_threshold,
        accent=file.colors.accent,
        accent_dark=file.colors.accent_dark,
        policies=tuple(Policy(p.topic, p.title, p.text) for p in file.policies),
        zones=tuple(_zone(zone) for zone in file.shipping_zones),
        taxes=tuple(_tax(tax) for tax in file.taxes),
        discounts=tuple(_discount(discount) for discount in file.discount_codes),
        facets=tuple(
            Facet(f.key, f.title, f.values, FacetKind(f.kind), f.unit) for f in file.facets
        ),
        synonyms=file.search.synonyms,
    )


def apply_shop(uow: UnitOfWork, config: ShopConfig) -> tuple[Facet, ...]:
    """Put a configuration in force, and take the snapshot of facets that the tools describe.

    Raises:
        InvalidInput: A facet cannot be an argument of a tool, or is not what the catalog has; or
            variants have no price in the shop's currency.
    """
    facets = apply_facets(uow, config.facets)
    unpriced = uow.catalog.count_without_price(config.currency)
    if unpriced:
        text = (
            f"shop.currency is {config.currency}, but {unpriced} variants of the catalog have no "
            "price in it: keep the currency of the catalog."
        )
        raise InvalidInput("shop.currency", text)
    uow.shop.apply(config, facets, uow.ids.token("v_"), uow.now)
    make_cursor_secret(uow)
    return facets


def _zone(zone: _Zone) -> ShippingZone:
    options = tuple(
        FulfillmentOption(
            id=option.id,
            kind=FulfillmentKind(option.kind),
            title=option.title,
            description=option.description,
            price_minor=option.price_minor,
            free_from_minor=option.free_from_minor,
        )
        for option in zone.options
    )
    return ShippingZone(zone.name, tuple(zone.countries), options)


def _tax(tax: _Tax) -> TaxRate:
    return TaxRate(
        country=tax.country,
        region=tax.region,
        title=tax.title,
        percent=Decimal(tax.rate_percent),
        included=tax.included,
        on_shipping=tax.on_shipping,
    )


def _discount(discount: _Discount) -> Discount:
    return Discount(
        code=discount.code,
        kind=DiscountKind(discount.kind),
        percent=Decimal(discount.percent),
        amount_minor=discount.amount_minor,
        minimum_minor=discount.minimum_minor,
        starts_at=discount.starts_at,
        ends_at=discount.ends_at,
    )
