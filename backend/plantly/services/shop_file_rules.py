"""The taxes and discounts of a `shop.toml`."""

from collections.abc import Iterable, Iterator
from decimal import Decimal
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from plantly.domain.discount import Discount, DiscountKind
from plantly.domain.shop import TaxRate
from plantly.domain.targets import Targets
from plantly.services.addresses import coded_region
from plantly.services.file_part import FilePart
from plantly.services.shop_file_parts import (
    Count,
    Country,
    Entry,
    Flag,
    Label,
    Minor,
    Moment,
    Percent,
    Prices,
    Text,
    amounts,
)


class TargetedPart(FilePart):
    """A rule that may be about certain products."""

    products: tuple[Entry, ...] = ()
    categories: tuple[Entry, ...] = ()
    tags: tuple[Entry, ...] = ()

    @property
    def targets(self) -> Targets:
        """Return the products that it is about."""
        return Targets(self.products, self.categories, self.tags)


class TaxPart(TargetedPart):
    """A tax of a country or of one of its regions."""

    country: Country
    region: Entry | None = None
    title: Text
    rate_percent: Percent
    included: Flag = False
    on_shipping: Flag = False

    @model_validator(mode="after")
    def _is_possible(self) -> Self:
        if self.targets and self.on_shipping:
            msg = "on_shipping belongs to the general rate, not to one for certain products"
            raise ValueError(msg)
        if self.region is not None:
            # What buyers say is kept as a code: a tax of "California" would never be charged.
            self.region = coded_region(self.country, self.region)
        return self

    def rate(self) -> TaxRate:
        """Return it as the domain has it."""
        return TaxRate(
            country=self.country,
            region=self.region,
            title=self.title,
            percent=Decimal(self.rate_percent),
            included=self.included,
            on_shipping=self.on_shipping,
            targets=self.targets,
        )


class DiscountPart(TargetedPart):
    """What is taken off, and when."""

    kind: Literal["percentage", "fixed", "free_shipping"]
    percent: Percent = "0"
    amount_minor: Minor = 0
    amounts: Prices = Field(default_factory=dict)
    minimum_minor: Minor = 0
    minimums: Prices = Field(default_factory=dict)
    starts_at: Moment | None = None
    ends_at: Moment | None = None
    stacks: Flag = True
    limit: Count | None = None
    limit_per_buyer: Count | None = None

    @model_validator(mode="after")
    def _takes_something_off(self) -> Self:
        fixed = self.kind == "fixed"
        if (Decimal(self.percent) > 0) != (self.kind == "percentage"):
            msg = "percent belongs to the kind percentage, which needs one above 0"
            raise ValueError(msg)
        if (self.amount_minor > 0) != fixed or (self.amounts and not fixed):
            msg = "amount_minor and amounts belong to the kind fixed, which needs one above 0"
            raise ValueError(msg)
        if self.kind == "free_shipping" and self.targets:
            msg = "free_shipping is for a whole order: take products, categories and tags out"
            raise ValueError(msg)
        if self.starts_at and self.ends_at and self.starts_at >= self.ends_at:
            msg = "it ends before it starts"
            raise ValueError(msg)
        if self.minimums and not self.minimum_minor:
            msg = "minimums need minimum_minor, the amount in the shop's own currency"
            raise ValueError(msg)
        return self

    def discount(self, code: str | None, name: str) -> Discount:
        """Return it as the domain has it."""
        return Discount(
            kind=DiscountKind(self.kind),
            code=code,
            name=name,
            percent=Decimal(self.percent),
            amount_minor=self.amount_minor,
            minimum_minor=self.minimum_minor,
            starts_at=self.starts_at,
            ends_at=self.ends_at,
            targets=self.targets,
            stacks=self.stacks,
            limit=self.limit,
            limit_per_buyer=self.limit_per_buyer,
            amounts=amounts(self.amounts),
            minimums=amounts(self.minimums),
        )


class CodePart(DiscountPart):
    """A discount that a buyer enters."""

    code: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{2,40}$")]


class AutomaticPart(DiscountPart):
    """A discount that applies by itself."""

    name: Label


def discounts_of(
    automatic: Iterable[AutomaticPart], codes: Iterable[CodePart]
) -> tuple[Discount, ...]:
    """Return all discounts: those that apply by themselves, then those with a code."""
    return (
        *(part.discount(None, part.name) for part in automatic),
        *(part.discount(part.code, "") for part in codes),
    )


def named_prices(where: str, parts: Iterable[DiscountPart]) -> Iterator[tuple[str, Prices]]:
    """Return every table of amounts in other currencies, with the place where it stands."""
    for number, part in enumerate(parts):
        yield f"{where}.{number}.amounts", part.amounts
        yield f"{where}.{number}.minimums", part.minimums


def repeated_taxes(taxes: Iterable[TaxPart]) -> list[str]:
    """Say which taxes never apply, because another one is for the same place and products."""
    seen = []
    found = []
    for number, tax in enumerate(taxes):
        about = (tax.country, tax.region, tax.targets)
        if about in seen:
            found.append(f"taxes.{number}: there is a rate for the same place and products above")
        seen.append(about)
    return found
