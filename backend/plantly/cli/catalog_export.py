"""`plantly catalog export`: the catalog as a file that other programs read."""

import gzip
import os
import secrets
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, BinaryIO, cast

import typer

from plantly.cli import transactions
from plantly.cli.output import AsJson, counting, print_json
from plantly.cli.refusals import Refusal

if TYPE_CHECKING:
    from plantly.services.exports.files import Exported
    from plantly.settings import Settings

STDOUT = "-"


class Format(StrEnum):
    """What can be written."""

    SHOPIFY = "shopify"
    WOOCOMMERCE = "woocommerce"
    GOOGLE_TSV = "google-tsv"
    GOOGLE_XML = "google-xml"
    OPENAI_CSV = "openai-csv"
    OPENAI_JSONL = "openai-jsonl"
    PLANTLY_JSON = "plantly-json"


class State(StrEnum):
    """Which products are written."""

    ACTIVE = "active"
    ALL = "all"


def export(
    file: Annotated[
        str, typer.Argument(help="Where to write; - is standard output, .gz is compressed.")
    ] = STDOUT,
    *,
    chosen: Annotated[
        Format | None, typer.Option("--format", help="Guessed from FILE where that is clear.")
    ] = None,
    state: Annotated[
        State, typer.Option(help="What shoppers see, or drafts and archived products too.")
    ] = State.ACTIVE,
    as_json: AsJson = False,
) -> None:
    """Write the catalog into a file that a shop or a search engine reads."""
    from plantly.services.exports.files import format_of

    name = chosen.value if chosen else format_of(file)
    if name is None:
        raise Refusal(f"Say which format to write: --format {'|'.join(Format)}.")
    if as_json and file == STDOUT:
        raise Refusal("The summary would stand in the middle of the export: name a FILE.")
    settings = transactions.current_settings()
    with _opened(file) as out:
        done = _write(settings, name, out, everything=state is State.ALL)
    if as_json:
        counts = {"products": done.products, "variants": done.variants, "left_out": done.left_out}
        print_json({"file": file, "format": name, **counts})
        return
    where = "" if file == STDOUT else f" in {file}"
    typer.echo(f"{done.products} products with {done.variants} variants{where}.", err=True)
    if done.left_out:
        text = f"{done.left_out} variants have no price in the shop's currency and were left out."
        typer.echo(text, err=True)


def _write(settings: "Settings", name: str, out: BinaryIO, *, everything: bool) -> "Exported":
    from plantly.services.exports.files import Wanted, write_export

    wanted = Wanted(name, settings.public_url, everything)
    with counting("Exporting the catalog") as progress:
        work = partial(write_export, wanted=wanted, out=out, progress=progress)
        return transactions.read(settings, work)


@contextmanager
def _opened(file: str) -> Iterator[BinaryIO]:
    """Open where to write. A file gets its name when it is whole; until then it has another."""
    if file == STDOUT:
        # A reader that takes its time must not hold a transaction open.
        with tempfile.TemporaryFile() as kept:
            yield cast("BinaryIO", kept)
            kept.seek(0)
            _pour(cast("BinaryIO", kept))
        return
    target = Path(file)
    if target.exists() and not target.is_file():
        # A device or a pipe has no other name.
        with target.open("wb") as raw, _compressed(file, raw) as out:
            yield out
        return
    if not target.parent.is_dir():
        raise Refusal(f"There is no folder {target.parent}: make it, or name another.")
    part = target.with_name(f".{target.name}.{secrets.token_hex(4)}.part")
    try:
        with part.open("xb") as raw:
            with _compressed(file, raw) as out:
                yield out
            raw.flush()
            os.fsync(raw.fileno())
        part.replace(target)
    finally:
        part.unlink(missing_ok=True)


@contextmanager
def _compressed(file: str, raw: BinaryIO) -> Iterator[BinaryIO]:
    if not file.lower().endswith(".gz"):
        yield raw
        return
    # Without a time and a name in it, the same catalog gives the same file.
    with gzip.GzipFile("", "wb", 6, raw, 0) as out:
        yield cast("BinaryIO", out)


def _pour(kept: BinaryIO) -> None:
    """Copy to standard output, as far as somebody reads it."""
    try:
        shutil.copyfileobj(kept, typer.get_binary_stream("stdout"))
        sys.stdout.flush()
    except BrokenPipeError:
        # What is left in the buffer has nowhere to go, and Python would say so at its end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
