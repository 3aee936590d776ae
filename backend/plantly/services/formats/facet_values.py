"""Attributes of merchants' files as values of the shop's facets."""

import re
from collections.abc import Iterable, Sequence

from plantly.domain.catalog import Facet, FacetKind
from plantly.services.formats.findings import Problem
from plantly.services.formats.measures import number_text, truth
from plantly.services.formats.prices import cited
from plantly.services.formats.tidy import tidy_line, tidy_names

MAX_VALUE = 100

_KEY = re.compile(r"[^a-z0-9]+")


def _compared(name: str) -> str:
    return _KEY.sub("_", name.casefold()).strip("_") or name.casefold().strip()


class FacetValues:
    """The shop's facets by what a file may call them."""

    def __init__(self, facets: Sequence[Facet]) -> None:
        self._facets: dict[str, Facet] = {}
        # As it is written, else in any case: two values may differ in nothing but their case.
        self._spelled = {
            f.key: {v.casefold(): v for v in reversed(f.values)} | {v: v for v in f.values}
            for f in facets
        }
        for facet in facets:
            self._facets.setdefault(_compared(facet.title), facet)
        # A key is surer than a title.
        self._facets.update({_compared(facet.key): facet for facet in facets})

    def find(self, *names: str) -> Facet | None:
        """Return the facet whose key or title is one of the names, whatever their case."""
        found = (self._facets.get(_compared(name)) for name in names)
        return next((facet for facet in found if facet is not None), None)

    def read(
        self, facet: Facet, texts: Iterable[str], line: int, field: str
    ) -> tuple[tuple[str, ...], list[Problem]]:
        """Return the values that the texts name, and notes on what is none."""
        values: dict[str, None] = {}
        notes = []
        for text in texts:
            line_text = tidy_line(text)
            value = self._value(facet, line_text) if line_text else None
            if value is not None:
                values[value] = None
            elif line_text:
                told = f"{cited(line_text)} {_expected(facet)}."
                notes.append(Problem(line, field, told, drops_row=False))
        return tuple(values), notes

    def read_list(
        self, facet: Facet, text: str, line: int, field: str
    ) -> tuple[tuple[str, ...], list[Problem]]:
        """Return the values of a cell, which are divided by semicolons where they are several."""
        whole = tidy_line(text)
        if ";" not in whole or not self._spelled[facet.key].keys().isdisjoint(_cases(whole)):
            return self.read(facet, (whole,), line, field)
        return self.read(facet, tidy_names(whole, ";"), line, field)

    def _value(self, facet: Facet, text: str) -> str | None:
        if facet.kind is FacetKind.BOOL:
            said = truth(text)
            return None if said is None else str(said).lower()
        if facet.kind is FacetKind.RANGE:
            return number_text(text.removesuffix(facet.unit))
        known = self._spelled[facet.key]
        spelled = next((known[name] for name in _cases(text) if name in known), text)
        return spelled if len(spelled) <= MAX_VALUE else None


def _cases(text: str) -> tuple[str, str]:
    return text, text.casefold()


def _expected(facet: Facet) -> str:
    if facet.kind is FacetKind.BOOL:
        return "was left out, since it is neither yes nor no: write true or false"
    if facet.kind is FacetKind.RANGE:
        return "was left out, since it is not a number with at most three decimals: write 12.5"
    return f"was left out, since it has more than {MAX_VALUE} characters: shorten it"
