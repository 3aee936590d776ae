"""Read catalog files in tests: from the folder of small ones, or written on the spot."""

import csv
import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from plantly.domain.catalog import Facet, FacetKind
from plantly.domain.catalog_document import ProductDocument
from plantly.domain.money import currency
from plantly.services.formats.reading import (
    Item,
    Problem,
    ReadContext,
    ReadProduct,
    detect,
    read_products,
)

FILES: Final = Path(__file__).parents[2] / "data" / "catalogs"

FACETS: Final = (
    Facet("sunlight", "Sunlight", ("Low Light", "Full Sun")),
    Facet("pet_safe", "Pet safe", (), FacetKind.BOOL),
    Facet("height", "Height", (), FacetKind.RANGE, "cm"),
    Facet("color", "Color", ()),
)


def shop(code: str = "USD", *facets: Facet, media_url: str | None = None) -> ReadContext:
    return ReadContext(currency(code), facets or FACETS, media_url)


def read(source: bytes | str | Path, context: ReadContext | None = None) -> list[Item]:
    """Detect and read a file or its text."""
    path = source if isinstance(source, Path) else Path("catalog")
    data = source.read_bytes() if isinstance(source, Path) else source
    data = data.encode() if isinstance(data, str) else data
    return list(read_products(io.BytesIO(data), detect(data, path.name), context or shop()))


def products(items: Sequence[Item]) -> dict[str, ProductDocument]:
    return {item.product.slug: item.product for item in items if isinstance(item, ReadProduct)}


def problems(items: Sequence[Item]) -> list[Problem]:
    return [item for item in items if isinstance(item, Problem)]


def notes(items: Sequence[Item]) -> list[Problem]:
    """Return what is told of rows that are imported."""
    of_products = [n for item in items if isinstance(item, ReadProduct) for n in item.notes]
    return of_products + [problem for problem in problems(items) if not problem.drops_row]


def places(items: Sequence[Item]) -> list[tuple[int, str]]:
    return [(problem.line, problem.field) for problem in problems(items)]


def table(rows: Sequence[Mapping[str, str]], delimiter: str = ",") -> str:
    """Return rows as a delimited file with the columns that any of them has."""
    titles = list(dict.fromkeys(title for row in rows for title in row))
    out = io.StringIO()
    writer = csv.DictWriter(out, titles, restval="", delimiter=delimiter, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()
