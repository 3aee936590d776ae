"""Read a catalog of any known format, a product at a time."""

import zlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import BinaryIO

from plantly.domain.errors import InvalidInput
from plantly.services.formats.detect import FORMATS, detect
from plantly.services.formats.findings import Item, Problem, ReadContext, ReadProduct
from plantly.services.formats.google_tsv import read_google_tsv
from plantly.services.formats.google_xml import read_google_xml
from plantly.services.formats.openai_feed import read_openai_csv, read_openai_jsonl
from plantly.services.formats.own_json import read_own_json
from plantly.services.formats.shopify import read_shopify
from plantly.services.formats.tidy import tidy_line
from plantly.services.formats.woocommerce import read_woocommerce

__all__ = [
    "FORMATS",
    "Item",
    "Problem",
    "ReadContext",
    "ReadProduct",
    "detect",
    "read_products",
]

_LONGEST = 1000
_LONGEST_FIELD = 100
"""Characters of what is told; files have names and lists of any length."""

_READERS: dict[str, Callable[[BinaryIO, ReadContext], Iterator[Item]]] = {
    "shopify": read_shopify,
    "woocommerce": read_woocommerce,
    "google-tsv": read_google_tsv,
    "google-xml": read_google_xml,
    "openai-csv": read_openai_csv,
    "openai-jsonl": read_openai_jsonl,
    "plantly-json": read_own_json,
}


def read_products(stream: BinaryIO, format: str, context: ReadContext) -> Iterator[Item]:  # noqa: A002 - the word of the field
    """Return the products of a file and what is wrong with it, in constant memory.

    A bad row is a `Problem` and the rest goes on; a file that breaks off ends in one.

    Raises:
        InvalidInput: There is no such format.
    """
    reader = _READERS.get(format)
    if reader is None:
        raise InvalidInput(
            "format", f"The format {format!r} is not known: use {', '.join(FORMATS)}."
        )
    return _unbroken(reader(stream, context))


def _unbroken(items: Iterator[Item]) -> Iterator[Item]:
    line = 1
    try:
        for item in items:
            line = getattr(item, "line", line)
            if isinstance(item, Problem):
                yield _printable(item)
            elif isinstance(item, ReadProduct) and item.notes:
                yield replace(item, notes=tuple(map(_printable, item.notes)))
            else:
                yield item
    except (OSError, EOFError, zlib.error) as error:
        told = f"The file breaks off ({error}): get it again. What stood before was read."
        yield _printable(Problem(line, "file", told))


def _printable(problem: Problem) -> Problem:
    """Return a problem as a terminal can show it, whatever the file put into it."""
    field, text = tidy_line(problem.field), tidy_line(problem.text)
    if len(text) > _LONGEST:
        text = f"{text[:_LONGEST]}..."
    return Problem(problem.line, field[:_LONGEST_FIELD] or "file", text, problem.drops_row)
