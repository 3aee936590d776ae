"""Read `shop.toml`, and put it in force."""

import tomllib
from typing import Annotated, Literal, Self

from pydantic import Field, ValidationError, field_validator, model_validator

from plantly.db import UnitOfWork
from plantly.domain.catalog import Facet, FacetKind
from plantly.domain.errors import InvalidInput
from plantly.domain.money import currency
from plantly.domain.shop import Policy, ShopConfig
from plantly.domain.words import words_of
from plantly.services import shop_file_rules, shop_file_shipping
from plantly.services.facets import apply_facets
from plantly.services.file_part import FilePart
from plantly.services.logo import LogoShelf
from plantly.services.secrets import make_cursor_secret
from plantly.services.shop_file_parts import Code, Color, Entry, Text, sentence, twice
from plantly.services.shop_file_rules import (
    AutomaticPart,
    CodePart,
    TaxPart,
    discounts_of,
    repeated_taxes,
)
from plantly.services.shop_file_shipping import ZonePart
from plantly.words import best_language, spoken_languages


class _Shop(FilePart):
    name: Annotated[str, Field(min_length=1, max_length=80)]
    tagline: str = ""
    currency: Code
    currencies: tuple[Code, ...] = ()
    support_email: str = ""
    order_prefix: Annotated[str, Field(pattern=r"^[A-Z]{2,6}$")] = "PL"
    max_quantity: Annotated[int, Field(ge=1, le=9999, strict=True)] = 99
    low_stock_threshold: Annotated[int, Field(ge=0, strict=True)] = 4
    language: str = "en"
    logo: Annotated[str, Field(max_length=200)] = ""

    @field_validator("language")
    @classmethod
    def _is_spoken(cls, language: str) -> str:
        spoken = best_language(language, "")
        if not spoken:
            msg = f"is not spoken here: choose one of {', '.join(spoken_languages())}"
            raise ValueError(msg)
        return spoken

    @model_validator(mode="after")
    def _currencies_differ(self) -> Self:
        if twice([self.currency, *self.currencies]):
            msg = "currencies are others than the shop's own, each of them once"
            raise ValueError(msg)
        return self


class _Colors(FilePart):
    accent: Color = "#1F6F43"
    accent_dark: Color = "#7FD1A0"


class _Policy(FilePart):
    topic: Annotated[str, Field(pattern=r"^[a-z_]{2,40}$")]
    title: Text
    text: Text


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
    shipping_zones: tuple[ZonePart, ...] = ()
    taxes: tuple[TaxPart, ...] = ()
    discounts: tuple[AutomaticPart, ...] = ()
    discount_codes: tuple[CodePart, ...] = ()

    def problems(self) -> list[str]:
        """Say what cannot be, though each part by itself could."""
        codes = twice(part.code for part in self.discount_codes)
        names = twice(part.name for part in self.discounts)
        return [
            *(f"discount_codes: {code} stands there twice" for code in codes),
            *(f"discounts: {name} stands there twice" for name in names),
            *repeated_taxes(self.taxes),
            *self._unknown_currencies(),
        ]

    def _unknown_currencies(self) -> list[str]:
        tables = [
            *shop_file_shipping.named_prices(self.shipping_zones),
            *shop_file_rules.named_prices("discounts", self.discounts),
            *shop_file_rules.named_prices("discount_codes", self.discount_codes),
        ]
        own, others = self.shop.currency, self.shop.currencies
        why = {own: "is the shop's own currency, whose amount ends in _minor"}
        return [
            f"{place}.{code}: {why.get(code, 'is not one of shop.currencies')}"
            for place, prices in tables
            for code in prices
            if code not in others
        ]


def read_shop_file(text: str, logos: LogoShelf | None = None) -> ShopConfig:
    """Return the configuration that a `shop.toml` describes, its logo taken from the shelf.

    Raises:
        InvalidInput: It is no TOML, or says something that cannot be; every problem is named.
    """
    try:
        file = _File.model_validate(tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        raise InvalidInput("shop.toml", f"This is not TOML: {error}.") from error
    except ValidationError as error:
        raise _refusal([sentence(e) for e in error.errors()]) from error
    problems = file.problems()
    if problems:
        raise _refusal(problems)
    return ShopConfig(
        name=file.shop.name,
        tagline=file.shop.tagline,
        currency=currency(file.shop.currency),
        currencies=tuple(currency(code) for code in file.shop.currencies),
        support_email=file.shop.support_email,
        order_prefix=file.shop.order_prefix,
        max_quantity=file.shop.max_quantity,
        low_stock_threshold=file.shop.low_stock_threshold,
        language=file.shop.language,
        logo=logos.take(file.shop.logo) if logos and file.shop.logo else None,
        accent=file.colors.accent,
        accent_dark=file.colors.accent_dark,
        policies=tuple(Policy(p.topic, p.title, p.text) for p in file.policies),
        zones=tuple(part.zone() for part in file.shipping_zones),
        taxes=tuple(part.rate() for part in file.taxes),
        discounts=discounts_of(file.discounts, file.discount_codes),
        facets=tuple(
            Facet(f.key, f.title, f.values, FacetKind(f.kind), f.unit) for f in file.facets
        ),
        synonyms=file.search.synonyms,
    )


def _refusal(problems: list[str]) -> InvalidInput:
    found = "; ".join(problems)
    return InvalidInput("shop.toml", f"The shop file has to be mended: {found}.")


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
