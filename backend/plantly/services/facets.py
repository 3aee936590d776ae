"""Define the filters of the shop, and take the snapshot of them that the tools describe."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from difflib import get_close_matches

from plantly.db import UnitOfWork
from plantly.domain.catalog import COLLECTION, FIXED_FILTERS, RESERVED_KEYS, Facet, FacetKind
from plantly.domain.errors import InvalidInput

_KEY = re.compile(r"[a-z][a-z0-9_]{0,40}")
_SHOWN_VALUES = 12
_COMPARED = 1000
_CLOSE = 5
_WHAT = {
    FacetKind.ENUM: "is not one of its values: list it, or list none to take what the catalog has",
    FacetKind.BOOL: "is neither true nor false",
    FacetKind.RANGE: "is no number with at most three decimals",
}


def apply_facets(uow: UnitOfWork, facets: Sequence[Facet]) -> tuple[Facet, ...]:
    """Define these facets before those of the catalog; return all with their values of now.

    Raises:
        InvalidInput: A facet cannot be an argument of the tools, or the catalog has values that it
            could not have.
    """
    for facet in facets:
        if [other.key for other in facets].count(facet.key) > 1:
            raise InvalidInput("facets", f"The facet {facet.key!r} is defined twice.")
        _check_own(uow, facet)
    uow.facets.define(facets)
    for facet in facets:
        if facet.kind is FacetKind.RANGE:
            uow.facets.give_numbers(facet.key)
    found = uow.facets.snapshot()
    _check_names(found)
    return found


def check_chosen(
    uow: UnitOfWork, facets: Sequence[Facet], chosen: Mapping[str, tuple[str, ...]]
) -> None:
    """Check values of facets against the snapshot, those that are typed freely against the catalog.

    Raises:
        InvalidInput: The catalog has no such value; it says which come close, or which there are.
    """
    for facet in facets:
        values = chosen.get(facet.key, ())
        if not values or facet.kind is FacetKind.BOOL:
            continue
        if not facet.is_free:
            check_values(facet.key, values, facet.values)
            continue
        unknown = uow.facets.unknown(facet.key, values)
        if unknown:
            common = uow.facets.common(facet.key, _COMPARED)
            names = {name.casefold(): name for name in reversed(common)}
            close = get_close_matches(unknown[0].casefold(), names, n=_CLOSE)
            check_values(facet.key, unknown, [names[name] for name in close] or common)


def check_values(field: str, chosen: Iterable[str], known: Sequence[str]) -> None:
    """Check values against those that are known.

    Raises:
        InvalidInput: One is not; the sentence says which there are.
    """
    for value in chosen:
        if value not in known:
            shown = ", ".join(known[:_SHOWN_VALUES])
            remedy = f"send one of {shown}" if known else f"leave {field} out"
            raise InvalidInput(field, f"{field} has no value {_quoted(value)}: {remedy}.")


def _quoted(value: str, longest: int = 40) -> str:
    printable = "".join(c for c in value if c.isprintable())
    return repr(printable if len(printable) <= longest else printable[:longest] + "...")


def _check_own(uow: UnitOfWork, facet: Facet) -> None:
    if facet.key == COLLECTION:
        text = f"The facet {COLLECTION!r} is made of the catalog's collections: rename yours."
        raise InvalidInput("facets", text)
    misfit = uow.facets.misfit(facet)
    if misfit is not None:
        text = f"The facet {facet.key!r} does not fit the catalog: {_quoted(misfit)} "
        text += f"{_WHAT[facet.kind]}."
        raise InvalidInput("facets", text)


def _check_names(facets: Sequence[Facet]) -> None:
    names = Counter(name for facet in facets for name in {facet.key, *facet.arguments})
    for facet in facets:
        own = {facet.key, *facet.arguments}
        if own & (FIXED_FILTERS | RESERVED_KEYS) or not _KEY.fullmatch(facet.key):
            text = (
                f"The facet {facet.key!r} cannot be a filter of the tools: rename it to something "
                "in lower case that is not an argument already."
            )
            raise InvalidInput("facets", text)
        if any(names[name] > 1 for name in own):
            text = (
                f"The facet {facet.key!r} cannot be a filter of the tools: another facet has an "
                "argument of the same name."
            )
            raise InvalidInput("facets", text)
