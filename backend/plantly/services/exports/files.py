"""Write the catalog into a file, in any of the formats that it can be read in."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import PurePath
from typing import BinaryIO

from plantly.db import UnitOfWork
from plantly.domain.catalog_document import ProductDocument
from plantly.domain.errors import InvalidInput
from plantly.services.exports.documents import (
    ExportContext,
    Writer,
    documents,
    export_context,
)
from plantly.services.exports.google import GoogleTableWriter, GoogleXmlWriter
from plantly.services.exports.openai_feed import OpenAiLinesWriter, OpenAiTableWriter
from plantly.services.exports.own_json import OwnJsonWriter
from plantly.services.exports.shopify import ShopifyWriter
from plantly.services.exports.woocommerce import WooCommerceWriter

OWN_JSON = "plantly-json"
WRITERS: dict[str, Callable[[ExportContext], Writer]] = {
    "shopify": ShopifyWriter,
    "woocommerce": WooCommerceWriter,
    "google-tsv": GoogleTableWriter,
    "google-xml": GoogleXmlWriter,
    "openai-csv": OpenAiTableWriter,
    "openai-jsonl": OpenAiLinesWriter,
    OWN_JSON: OwnJsonWriter,
}
"""The formats by the names that an import knows them by."""

_ENDINGS = {
    ".json": OWN_JSON,
    ".jsonl": "openai-jsonl",
    ".ndjson": "openai-jsonl",
    ".tsv": "google-tsv",
    ".xml": "google-xml",
}
_TABLES = {"shopify": "shopify", "woo": "woocommerce", "openai": "openai-csv"}
_PROGRESS_STEP = 100

Progress = Callable[[int, int], None]
"""Is told how many of how many products are done."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What to export."""

    format: str
    public_url: str
    """Where the shop serves its pages and pictures."""
    everything: bool = False
    """Drafts and archived products too."""


@dataclass(slots=True)
class Exported:
    """What an export has written."""

    products: int = 0
    variants: int = 0
    left_out: int = 0
    """Variants without a price in the shop's currency, which the format cannot name."""


def format_of(name: str) -> str | None:
    """Return the format that a file's name makes clear, or None."""
    path = PurePath(name.lower().removesuffix(".gz"))
    if path.suffix == ".csv":
        found = [known for word, known in _TABLES.items() if word in path.stem]
        return found[0] if len(found) == 1 else None
    return _ENDINGS.get(path.suffix)


def write_export(uow: UnitOfWork, wanted: Wanted, out: BinaryIO, progress: Progress) -> Exported:
    """Write every product, a few at a time, as UTF-8.

    Raises:
        InvalidInput: There is no such format.
        ShopNotReady: `shop.toml` was never applied.
    """
    context, done = export_context(uow, wanted.public_url), Exported()
    writer = new_writer(wanted.format, context)
    total = uow.catalog_reader.count(everything=wanted.everything)
    out.write(writer.start().encode())
    for product in documents(uow, everything=wanted.everything):
        out.write(writer.product(product).encode())
        done.products += 1
        if wanted.format == OWN_JSON:
            done.variants += len(product.variants)
        else:
            _count(done, product, context)
        if not done.products % _PROGRESS_STEP:
            progress(done.products, total)
    out.write(writer.end().encode())
    progress(total, total)
    return done


def _count(done: Exported, product: ProductDocument, context: ExportContext) -> None:
    priced = len(context.priced(product))
    done.variants += priced
    done.left_out += len(product.variants) - priced


def new_writer(name: str, context: ExportContext) -> Writer:
    """Return what writes a format.

    Raises:
        InvalidInput: There is no such format.
    """
    if name not in WRITERS:
        told = f"The format {name!r} is not known: use {', '.join(WRITERS)}."
        raise InvalidInput("format", told)
    return WRITERS[name](context)
