"""What `plantly catalog search --filter` says, as the shop's filters read it."""

from collections.abc import Sequence
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING

from plantly.cli.refusals import Refusal

if TYPE_CHECKING:
    from plantly.domain.catalog import Facet

_ANSWERS = {"yes": "true", "no": "false"}

Facets = dict[str, tuple[str, ...]]
Ranges = dict[str, tuple[Decimal | None, Decimal | None]]


def filters_of(texts: Sequence[str], facets: "Sequence[Facet]") -> tuple[Facets, Ranges]:
    """Read filters like `sunlight='Full Sun'`, `pet_safe=yes` and `height_cm=20..40`.

    Raises:
        Refusal: One is no filter of the shop, or has no value that its kind could have.
    """
    from plantly.domain.catalog import FacetKind

    kinds = {facet.key: facet.kind for facet in facets}
    chosen: Facets = {}
    ranges: Ranges = {}
    for text in texts:
        key, _, value = text.partition("=")
        kind = kinds.get(key)
        if kind is None:
            known = f"use one of {', '.join(kinds)}" if kinds else "define it in shop.toml"
            raise Refusal(f"The shop has no filter {key}: {known}.")
        if kind is FacetKind.RANGE:
            ranges[key] = _range(key, value)
            continue
        if kind is FacetKind.BOOL:
            value = _answer(key, value)
        chosen[key] = (*chosen.get(key, ()), value)
    return chosen, ranges


def _answer(key: str, value: str) -> str:
    answer = _ANSWERS.get(value.casefold(), value.casefold())
    if answer not in _ANSWERS.values():
        raise Refusal(f"{value} is no answer to {key}: write {key}=yes or {key}=no.")
    return answer


def _range(key: str, value: str) -> tuple[Decimal | None, Decimal | None]:
    """Read `20..40`, `20..`, `..40`, or `20` alone."""
    least, dots, most = value.partition("..")
    try:
        ends = _number(least), _number(most if dots else least)
    except InvalidOperation:
        ends = None, None
    if ends == (None, None):
        raise Refusal(
            f"{value} is no range of {key}: write {key}=20..40, {key}=20.. or {key}=..40."
        )
    return ends


def _number(text: str) -> Decimal | None:
    """Read one end; without one it is open."""
    if not text.strip():
        return None
    number = Decimal(text)
    if not number.is_finite():
        raise InvalidOperation
    return number
