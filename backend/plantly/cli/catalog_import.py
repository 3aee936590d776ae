"""`plantly catalog import`: take in the catalog that a merchant has."""

import sys
from contextlib import AsyncExitStack
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from plantly.cli import transactions
from plantly.cli.keyboard import at_the_keyboard
from plantly.cli.output import AsJson, counting, print_json, print_table, printable
from plantly.cli.refusals import REFUSED, Refusal, may_pass
from plantly.settings import Settings

if TYPE_CHECKING:
    from plantly.db import Database
    from plantly.services.workflows.import_catalog import ImportWishes
    from plantly.services.workflows.import_place import ImportPlace
    from plantly.services.workflows.import_report import ImportReport
    from plantly.services.workflows.import_source import ImportSource

READ_APART = 16 << 20
"""Bytes: with fewer, to start a process takes longer than it saves."""
_STOPPED = 130

Format = Annotated[
    str | None,
    typer.Option(
        "--format",
        help="shopify, woocommerce, google-tsv, google-xml, openai-csv, openai-jsonl or "
        "plantly-json. Found out when it is not given.",
    ),
]
Prune = Annotated[
    bool,
    typer.Option(
        "--prune",
        help="Archive the products that the file does not have, if every row of it was taken.",
    ),
]
Stock = Annotated[
    Literal["new", "set"],
    typer.Option(
        help="new: the file's stock is for new variants only, and what was sold since stays sold. "
        "set: it replaces the stock of all."
    ),
]
Images = Annotated[
    bool,
    typer.Option(
        "--images", help="Fetch remote pictures, so that the shop serves them itself, as WebP."
    ),
]
AllowPrivate = Annotated[
    bool,
    typer.Option(
        "--allow-private",
        help="Fetch from this machine and its own network, too (PLANTLY_ALLOW_PRIVATE_FETCH).",
    ),
]


def import_(  # noqa: PLR0913 - each is an option of the command
    source: Annotated[
        str, typer.Argument(metavar="FILE|URL", help="A file, an http(s) address, or - for stdin.")
    ],
    *,
    format_: Format = None,
    dry_run: Annotated[
        bool,
        typer.Option("--dry-run", help="Read and check everything, also against the database."),
    ] = False,
    strict: Annotated[
        bool, typer.Option("--strict", help="Take all rows or none: look through the file first.")
    ] = False,
    prune: Prune = False,
    stock: Stock = "new",
    images: Images = False,
    restart: Annotated[
        bool, typer.Option("--restart", help="Begin anew what was broken off before.")
    ] = False,
    report: Annotated[
        Path | None,
        typer.Option(
            dir_okay=False, help="Write every problem there: CSV, or JSON lines if named .jsonl."
        ),
    ] = None,
    allow_private: AllowPrivate = False,
    as_json: AsJson = False,
) -> None:
    """Import a catalog: products are found by handle or SKU, then made or updated.

    A file may be gzipped. An import that was killed goes on where it stopped when the same file is
    imported with the same options again.

    Rows that cannot be taken are listed with their line and a remedy, and the others are imported.
    The exit code is 0 then; it is 1 when the file cannot be read, no row of it can be taken, or
    --strict found one that cannot.
    """
    settings = transactions.current_settings(
        PLANTLY_ALLOW_PRIVATE_FETCH="true" if allow_private else None
    )
    from plantly.services.workflows.import_catalog import ImportWishes

    wishes = ImportWishes(
        format=format_,
        stock=stock,
        prune=prune,
        strict=strict,
        dry_run=dry_run,
        images=images,
        restart=restart,
        by=at_the_keyboard(),
    )
    if source != "-" and not _is_url(source) and not Path(source).is_file():
        raise Refusal(f"There is no file {printable(source)}.")
    try:
        found = _import(settings, source, wishes, report)
    except KeyboardInterrupt as stopped:
        typer.echo("Stopped: the same command goes on where it was.", err=True)
        raise typer.Exit(_STOPPED) from stopped
    except Exception as error:
        if may_pass(error):
            typer.echo("What was imported is kept: the same command goes on behind it.", err=True)
        raise
    if as_json:
        print_json(found.document())
    else:
        print_report(found, report)
    if found.is_refused(strict=strict):
        raise typer.Exit(REFUSED)


def print_report(report: "ImportReport", written_to: Path | None = None) -> None:
    """Print what an import found and did."""
    if report.problems:
        rows = [
            (str(p.line or ""), p.field, "skipped" if p.drops_row else "note", p.text)
            for p in report.problems
        ]
        print_table(("LINE", "FIELD", "", "REMEDY"), rows, right="LINE")
        more = report.skipped + report.notes - len(report.problems)
        if more > 0:
            where = f"stand in {written_to}" if written_to else "are written down with --report"
            typer.echo(f"{more} more {where}.")
        kinds = ", ".join(f"{field} {count}" for field, count in report.kinds.most_common())
        typer.echo(f"By field: {printable(kinds)}.\n")
    for sentence in report.sentences():
        typer.echo(printable(sentence))


def _import(
    settings: Settings, source: str, wishes: "ImportWishes", report: Path | None
) -> "ImportReport":
    from plantly.db.engine import synced_rarely
    from plantly.services.imports import is_empty, products_at_once
    from plantly.services.workflows.import_catalog import import_catalog
    from plantly.services.workflows.import_garbage import looking_between_portions
    from plantly.services.workflows.import_place import fetcher_for, place_for
    from plantly.services.workflows.import_report import problem_file

    async def work(db: "Database") -> "ImportReport":
        async with AsyncExitStack() as stack:
            fetcher = await stack.enter_async_context(fetcher_for(settings))
            progress = stack.enter_context(counting("Importing the catalog"))
            stack.enter_context(looking_between_portions())
            if await db.read(is_empty):
                await stack.enter_async_context(synced_rarely(db))
            place = replace(
                place_for(settings, db, fetcher),
                progress=progress,
                at_once=await db.read(products_at_once),
                apart_from=READ_APART,
                problems=stack.enter_context(problem_file(report)) if report else None,
            )
            return await import_catalog(await _opened(source, place, stack), wishes, place)

    return transactions.work_with(settings, work)


def _is_url(source: str) -> bool:
    return source.partition("://")[0].lower() in {"http", "https"}


async def _opened(source: str, place: "ImportPlace", stack: AsyncExitStack) -> "ImportSource":
    from plantly.services.workflows import import_source

    if source == "-":
        piped = import_source.piped_source(sys.stdin.buffer, place.spool_folder)
        return stack.enter_context(piped)
    if _is_url(source):
        spool = stack.enter_context(import_source.spool(place.spool_folder))
        opened, _ = await import_source.fetch_into(spool, place.fetcher, source)
        return opened
    return stack.enter_context(import_source.local_source(Path(source)))
