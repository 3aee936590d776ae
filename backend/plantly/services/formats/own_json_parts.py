"""The parts of Plantly's own JSON, as they have to be written."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, AwareDatetime, Field, field_validator

from plantly.domain.catalog import FacetKind, PublishState, StockPolicy
from plantly.domain.catalog_document import (
    MAX_DESCRIPTION,
    MAX_MEDIA,
    MAX_OPTIONS,
    MAX_TAGS,
    MAX_TITLE,
    MAX_VARIANTS,
)
from plantly.domain.money import MAX_MINOR
from plantly.services.file_part import FilePart
from plantly.services.formats.pictures import is_picture
from plantly.services.formats.tidy import tidy

Slug = Annotated[str, Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=100)]
VariantId = Annotated[str, Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=120)]
Name = Annotated[str, Field(min_length=1, max_length=100)]
Label = Annotated[str, Field(min_length=1, max_length=64)]
Text = Annotated[str, Field(max_length=MAX_DESCRIPTION)]
Country = Annotated[str, Field(pattern=r"^[A-Z]{2}$")]
Gtin = Annotated[str, Field(pattern=r"^([0-9]{8}|[0-9]{12,14})$")]
Minor = Annotated[int, Field(ge=0, le=MAX_MINOR, strict=True)]
Count = Annotated[int, Field(ge=0, le=10**9, strict=True)]
Units = Annotated[int, Field(ge=-(10**9), le=10**9, strict=True)]
Flag = Annotated[bool, Field(strict=True)]


def _in_utc(moment: datetime) -> datetime:
    try:
        return moment.astimezone(UTC)
    except OverflowError as error:
        msg = "is out of reach: write a year from 1 to 9999"
        raise ValueError(msg) from error


Moment = Annotated[AwareDatetime, AfterValidator(_in_utc)]


class _Part(FilePart):
    """A part whose texts are made safe to keep before they are measured."""

    @field_validator("*", mode="before")
    @classmethod
    def _tidy(cls, value: Any) -> Any:
        if isinstance(value, str):
            return _kept(value)
        if isinstance(value, list):
            return [_kept(item) if isinstance(item, str) else item for item in value]
        return value


class FacetPart(_Part):
    """A filter. Enumerations without values are open: any value goes."""

    key: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,40}$")]
    title: Name
    kind: FacetKind = FacetKind.ENUM
    unit: Annotated[str, Field(max_length=32)] = ""
    values: tuple[Name, ...] = ()


class CategoryPart(_Part):
    """A shelf."""

    slug: Slug
    name: Annotated[str, Field(min_length=1, max_length=200)]


class HeadPart(_Part):
    """What stands before the products."""

    format: Literal["plantly-catalog/1"]
    currency: str
    facets: tuple[FacetPart, ...] = ()
    categories: tuple[CategoryPart, ...] = ()


class MediaPart(_Part):
    """A picture."""

    file: str
    alt: Annotated[str, Field(max_length=300)] = ""
    width: Count = 0
    height: Count = 0

    @field_validator("file")
    @classmethod
    def _is_picture(cls, value: str) -> str:
        if not is_picture(value):
            msg = "is neither the name of a file nor an http(s) address"
            raise ValueError(msg)
        return value


class PricePart(_Part):
    """A price in one currency."""

    currency: str
    amount_minor: Minor
    compare_at_minor: Minor | None = None
    starts_at: Moment | None = None
    ends_at: Moment | None = None


class StockPart(_Part):
    """Units, and what may be sold beyond them."""

    on_hand: Units | None = None
    policy: StockPolicy = StockPolicy.DENY
    backorder_limit: Count | None = None
    available_at: Moment | None = None


class VariantPart(_Part):
    """A variant; `option`, `price_minor` and a bare number of units are short for the rest."""

    sku: Label
    id: VariantId | None = None
    title: Annotated[str, Field(max_length=MAX_TITLE)] | None = None
    option: Label | None = None
    options: Annotated[tuple[Name, ...], Field(max_length=MAX_OPTIONS)] | None = None
    default: Flag = False
    price_minor: Minor | None = None
    compare_at_minor: Minor | None = None
    prices: Annotated[tuple[PricePart, ...], Field(min_length=1)] | None = None
    stock: StockPart | None = None
    weight_g: Count | None = None
    gtin: Gtin | None = None

    @field_validator("stock", mode="before")
    @classmethod
    def _units(cls, value: Any) -> Any:
        return {"on_hand": value} if isinstance(value, int | Decimal) else value


class ProductPart(_Part):
    """A product; `option` is short for `options` with one name."""

    slug: Slug
    title: Annotated[str, Field(min_length=1, max_length=MAX_TITLE)]
    category: Slug | None = None
    description: Text | None = None
    care: Text | None = None
    brand: Annotated[str, Field(max_length=100)] | None = None
    tags: Annotated[tuple[Name, ...], Field(max_length=MAX_TAGS)] | None = None
    collections: Annotated[tuple[Name, ...], Field(max_length=MAX_TAGS)] | None = None
    facets: dict[str, Any] | None = None
    media: Annotated[tuple[MediaPart, ...], Field(max_length=MAX_MEDIA)] | None = None
    option: Label | None = None
    options: Annotated[tuple[Name, ...], Field(max_length=MAX_OPTIONS)] | None = None
    variants: Annotated[tuple[VariantPart, ...], Field(min_length=1, max_length=MAX_VARIANTS)]
    state: PublishState | None = None
    undeliverable: tuple[Country, ...] | None = None


def _kept(text: str) -> str:
    # A NUL is refused with its own sentence.
    return text if "\x00" in text else tidy(text)
