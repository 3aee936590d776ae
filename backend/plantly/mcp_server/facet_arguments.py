"""One argument for each facet of the catalog, two for a range: what the merchant's filters take."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, WithJsonSchema, create_model

from plantly.domain.catalog import CatalogQuery, Facet, FacetKind
from plantly.mcp_server.arguments import Listing, exactly, one_or_many, values_of

_MOST = 10**12
_FINEST = Decimal("0.001")
_EXAMPLES = 3
_LONGEST_EXAMPLE = 60

Range = tuple[Decimal | None, Decimal | None]


@dataclass(frozen=True, slots=True)
class FacetFilters:
    """The facets that a call filters by, as a catalog query takes them."""

    values: Mapping[str, tuple[str, ...]]
    ranges: Mapping[str, Range]


_NOT_FILTERED = FacetFilters({}, {})


def listing_model(facets: Sequence[Facet]) -> type[Listing]:
    """Return the arguments of a listing with those of each facet of the catalog.

    The merchant names facets; their fields have names of our own, so that none hides a method.
    """
    fields: dict[str, Any] = {}
    for i, facet in enumerate(facets):
        if facet.kind is FacetKind.RANGE:
            least, most = facet.arguments
            fields[f"facet_{i}_min"] = _bound(least, f"{facet.title} at least{_unit(facet)}.")
            fields[f"facet_{i}_max"] = _bound(most, f"{facet.title} at most{_unit(facet)}.")
        elif facet.kind is FacetKind.BOOL:
            fields[f"facet_{i}"] = (
                Annotated[bool | None, Field(description=facet.title, alias=facet.key)],
                None,
            )
        else:
            fields[f"facet_{i}"] = _chosen(facet)
    return create_model("ListingArguments", __base__=Listing, **fields)


def filters_of(arguments: Listing, facets: Sequence[Facet]) -> FacetFilters:
    """Return what a call asks of the facets that its model was made for."""
    if arguments.model_fields_set.isdisjoint(_facet_fields(type(arguments))):
        return _NOT_FILTERED
    values: dict[str, tuple[str, ...]] = {}
    ranges: dict[str, Range] = {}
    for i, facet in enumerate(facets):
        if facet.kind is FacetKind.RANGE:
            least = getattr(arguments, f"facet_{i}_min")
            most = getattr(arguments, f"facet_{i}_max")
            if (least, most) != (None, None):
                ranges[facet.key] = (least, most)
            continue
        found = getattr(arguments, f"facet_{i}")
        if facet.kind is FacetKind.BOOL:
            found = () if found is None else ("true" if found else "false",)
        if found:
            values[facet.key] = found
    return FacetFilters(values, ranges)


@lru_cache
def _facet_fields(model: type[Listing]) -> frozenset[str]:
    return frozenset(model.model_fields.keys() - Listing.model_fields.keys())


def in_force(query: CatalogQuery, facets: Sequence[Facet]) -> dict[str, Any]:
    """Return the facets that a query filters by, in the names and types of their arguments."""
    found: dict[str, Any] = {}
    if not query.facets and not query.ranges:
        return found
    for facet in facets:
        if facet.key in query.facets:
            found[facet.key] = facet_value(facet, query.facets[facet.key])
        for name, bound in zip(facet.arguments, query.ranges.get(facet.key, ()), strict=False):
            if bound is not None:
                found[name] = plain_number(bound)
    return found


def facet_value(facet: Facet, values: Sequence[str]) -> Any:
    """Return a product's values of a facet as JSON: a list of names, a boolean, or a number."""
    if facet.kind is FacetKind.ENUM:
        return list(values)
    if facet.kind is FacetKind.BOOL:
        return values[0] == "true"
    numbers = [plain_number(Decimal(value)) for value in values]
    return numbers[0] if len(numbers) == 1 else numbers


def plain_number(number: Decimal) -> int | float:
    """Return a number of at most three decimals as JSON has it."""
    return int(number) if number == int(number) else float(number)


def _chosen(facet: Facet) -> Any:
    one: dict[str, Any] = {"type": "string"}
    description = facet.title
    if facet.is_free:
        shown = ", ".join(value[:_LONGEST_EXAMPLE] for value in facet.examples[:_EXAMPLES])
        such = f" (e.g. {shown})" if shown else ""
        description = f"{facet.title}{such}; search_products' filters list the most common."
    else:
        one["enum"] = list(facet.values)
    return (
        Annotated[
            tuple[str, ...],
            BeforeValidator(values_of),
            WithJsonSchema(one_or_many(one)),
            Field(description=description, alias=facet.key),
        ],
        (),
    )


def _bound(name: str, description: str) -> Any:
    schema = {"type": "number", "minimum": -_MOST, "maximum": _MOST}
    return (
        Annotated[
            Decimal | None,
            BeforeValidator(_measure),
            WithJsonSchema(schema),
            Field(description=description, alias=name),
        ],
        None,
    )


def _measure(value: object) -> Decimal:
    number = exactly(value)
    if number is None or abs(number) > _MOST or number % _FINEST != 0:
        msg = "must be a number with at most three decimals, such as 12.5, or be left out"
        raise ValueError(msg)
    return number


def _unit(facet: Facet) -> str:
    return f", in {facet.unit}" if facet.unit else ""
