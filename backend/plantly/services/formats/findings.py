"""What reading a catalog finds: products, what is wrong with a row, and what the shop is like."""

from dataclasses import dataclass

from plantly.domain.catalog import Facet
from plantly.domain.catalog_document import CatalogHead, ProductDocument
from plantly.domain.money import Currency


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong in one place of a file, and what to write instead."""

    line: int
    field: str
    text: str
    drops_row: bool = True
    """False: only a note, the row is imported."""


@dataclass(frozen=True, slots=True)
class ReadProduct:
    """A product, and the line on which it starts."""

    line: int
    product: ProductDocument
    notes: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True)
class ReadContext:
    """What the shop already has."""

    currency: Currency
    facets: tuple[Facet, ...] = ()
    media_url: str | None = None
    """Where the shop serves its own pictures: addresses below it are read as its files."""


Item = CatalogHead | ReadProduct | Problem


class Refused(Exception):
    """A row cannot be taken as it is."""

    def __init__(self, field: str, text: str) -> None:
        super().__init__(text)
        self.field = field
        self.text = text

    def at(self, line: int) -> Problem:
        """Return the problem that this is, on a line."""
        return Problem(line, self.field, self.text)
