"""The parts of Plantly's own JSON, as they have to be written."""

from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    field_validator,
    model_validator,
)

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
from plantly.services.file_part import without_nul
from plantly.services.formats.pictures import is_picture
from plantly.services.formats.tidy import tidy

_PARTS_DEEP = 3
"""A price is a part of a variant, which is a part of a product."""

# Asked of texts alone: most values of a catalog are none, and a check of each is not for nothing.
NoNul = AfterValidator(without_nul)
Slug = Annotated[str, Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=100)]
VariantId = Annotated[str, Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=120)]
Name = Annotated[str, Field(min_length=1, max_length=100)]
Names = Annotated[tuple[Name, ...], NoNul]
Tags = Annotated[tuple[Name, ...], Field(max_length=MAX_TAGS), NoNul]
Options = Annotated[tuple[Name, ...], Field(max_length=MAX_OPTIONS), NoNul]
Label = Annotated[str, Field(min_length=1, max_length=64), NoNul]
Text = Annotated[str, Field(max_length=MAX_DESCRIPTION), NoNul]
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


class _Part(BaseModel):
    """A part that has nothing unknown."""

    model_config = ConfigDict(extra="forbid")


class _Whole(_Part):
    """A part that stands in no other one. All its texts are made safe before any is measured."""

    @model_validator(mode="before")
    @classmethod
    def _tidy(cls, value: Any) -> Any:
        return _tidied(value, _PARTS_DEEP) if isinstance(value, dict) else value


class FacetPart(_Part):
    """A filter. Enumerations without values are open: any value goes."""

    key: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,40}$")]
    title: Annotated[Name, NoNul]
    kind: FacetKind = FacetKind.ENUM
    unit: Annotated[str, Field(max_length=32), NoNul] = ""
    values: Names = ()


class CategoryPart(_Part):
    """A shelf."""

    slug: Slug
    name: Annotated[str, Field(min_length=1, max_length=200), NoNul]


class HeadPart(_Whole):
    """What stands before the products."""

    format: Literal["plantly-catalog/1"]
    currency: Annotated[str, NoNul]
    facets: tuple[FacetPart, ...] = ()
    categories: tuple[CategoryPart, ...] = ()


class MediaPart(_Part):
    """A picture."""

    file: Annotated[str, NoNul]
    alt: Annotated[str, Field(max_length=300), NoNul] = ""
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

    currency: Annotated[str, NoNul]
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
    title: Annotated[str, Field(max_length=MAX_TITLE), NoNul] | None = None
    option: Label | None = None
    options: Options | None = None
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


class ProductPart(_Whole):
    """A product; `option` is short for `options` with one name."""

    slug: Slug
    title: Annotated[str, Field(min_length=1, max_length=MAX_TITLE), NoNul]
    category: Slug | None = None
    description: Text | None = None
    care: Text | None = None
    brand: Annotated[str, Field(max_length=100), NoNul] | None = None
    tags: Tags | None = None
    collections: Tags | None = None
    facets: Annotated[dict[str, Any], NoNul] | None = None
    media: Annotated[tuple[MediaPart, ...], Field(max_length=MAX_MEDIA)] | None = None
    option: Label | None = None
    options: Options | None = None
    variants: Annotated[tuple[VariantPart, ...], Field(min_length=1, max_length=MAX_VARIANTS)]
    state: PublishState | None = None
    undeliverable: tuple[Country, ...] | None = None


def _tidied(part: Mapping[str, Any], deep: int) -> dict[str, Any]:
    """Return a part with its texts, and those of the parts in it, made safe to keep."""
    return {
        name: _kept(value)
        if isinstance(value, str)
        else [_item(item, deep) for item in value]
        if isinstance(value, list)
        # The values of facets are read by what the facet is.
        else _tidied(value, deep - 1)
        if deep and isinstance(value, dict) and name != "facets"
        else value
        for name, value in part.items()
    }


def _item(value: Any, deep: int) -> Any:
    if isinstance(value, str):
        return _kept(value)
    return _tidied(value, deep - 1) if deep and isinstance(value, dict) else value


def _kept(text: str) -> str:
    # A NUL is refused with its own sentence.
    return text if "\x00" in text else tidy(text)
