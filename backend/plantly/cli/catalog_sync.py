"""`plantly catalog sync`: import a feed again and again."""

import re
from dataclasses import asdict, replace
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any

import typer

from plantly.cli import transactions
from plantly.cli.catalog_import import AllowPrivate, Format, Images, Prune, Stock
from plantly.cli.output import AsJson, counting, print_json, print_table, printable
from plantly.cli.refusals import REFUSED, Refusal
from plantly.settings import Settings

if TYPE_CHECKING:
    from plantly.db import Database
    from plantly.services.syncs import SyncOutcome, SyncView

commands = typer.Typer(help="Import a feed again and again.", no_args_is_help=True)

_EVERY = re.compile(r"([1-9][0-9]{0,4})([mhd])")
_UNITS = {"m": timedelta(minutes=1), "h": timedelta(hours=1), "d": timedelta(days=1)}
_Id = Annotated[int, typer.Argument(min=1, help="As `plantly catalog sync list` shows it.")]


@commands.command()
def add(  # noqa: PLR0913 - each is an option of the command
    url: Annotated[str, typer.Argument(help="An http(s) address.")],
    *,
    every: Annotated[str, typer.Option(help="How often: 15m, 1h, 1d.")] = "1h",
    format_: Format = None,
    prune: Prune = False,
    images: Images = False,
    stock: Stock = "set",
    as_json: AsJson = False,
) -> None:
    """Import a feed regularly while the shop is open; the first time is at once."""
    settings = transactions.current_settings()
    from plantly.services.syncs import add_sync

    options = {"format": format_, "prune": prune, "images": images, "stock": stock}
    work = partial(add_sync, url=url, every=_interval(every), options=options)
    view = transactions.write(settings, work)
    if as_json:
        print_json(_document(view))
    else:
        typer.echo(f"Feed {view.id}: {printable(view.url)}, every {_written(view.every)}.")


@commands.command("list")
def list_(*, as_json: AsJson = False) -> None:
    """List the feeds, and what came of each the last time."""
    settings = transactions.current_settings()
    from plantly.services.syncs import list_syncs

    views = transactions.read(settings, list_syncs)
    if as_json:
        print_json([_document(view) for view in views])
        return
    if not views:
        typer.echo("There is no feed yet: `plantly catalog sync add URL`.")
        return
    rows = [
        (
            str(view.id),
            view.url,
            _written(view.every),
            view.state.value,
            f"{view.next_at:%Y-%m-%d %H:%M}",
            view.said,
        )
        for view in views
    ]
    print_table(("ID", "FEED", "EVERY", "STATE", "NEXT (UTC)", "LAST"), rows, right="ID")


@commands.command()
def remove(sync_id: _Id) -> None:
    """Forget a feed. The products that it brought stay."""
    settings = transactions.current_settings()
    from plantly.services.syncs import remove_sync

    view = transactions.write(settings, partial(remove_sync, sync_id=sync_id))
    typer.echo(f"{printable(view.url)} is not imported any more.")


@commands.command()
def run(
    sync_id: Annotated[
        int | None, typer.Argument(min=1, help="This feed, due or not. Else all that are due.")
    ] = None,
    *,
    allow_private: AllowPrivate = False,
    as_json: AsJson = False,
) -> None:
    """Import one feed now, or all that are due, and wait for it."""
    settings = transactions.current_settings(
        PLANTLY_ALLOW_PRIVATE_FETCH="true" if allow_private else None
    )
    outcomes = _run(settings, sync_id)
    if as_json:
        print_json([{"id": number, **_outcome(outcome)} for number, outcome in outcomes])
    else:
        for number, outcome in outcomes:
            typer.echo(f"Feed {number}: {outcome.state.value}. {printable(outcome.said)}")
        if not outcomes:
            typer.echo("No feed is due.")
    if any(outcome.state == "failed" for _, outcome in outcomes):
        raise typer.Exit(REFUSED)


def _run(settings: Settings, sync_id: int | None) -> "list[tuple[int, SyncOutcome]]":
    from plantly.services.syncs import claim
    from plantly.services.workflows.import_place import fetcher_for, place_for
    from plantly.services.workflows.sync import run_sync

    async def work(db: "Database") -> "list[tuple[int, SyncOutcome]]":
        outcomes: list[tuple[int, SyncOutcome]] = []
        async with fetcher_for(settings) as fetcher:
            with counting("Importing the feeds") as progress:
                place = replace(place_for(settings, db, fetcher), progress=progress)
                while due := await db.write(partial(claim, sync_id=sync_id)):
                    outcomes.append((due.id, await run_sync(place, due)))
                    if sync_id is not None:
                        break
        return outcomes

    return transactions.work_with(settings, work)


def _interval(text: str) -> timedelta:
    found = _EVERY.fullmatch(text.strip())
    if found is None:
        raise Refusal(f"{printable(text)} is no interval: write it like 15m, 1h or 1d.")
    return int(found[1]) * _UNITS[found[2]]


def _written(every: timedelta) -> str:
    """Write an interval as it is given."""
    units = reversed(_UNITS.items())
    return next(f"{every // length}{unit}" for unit, length in units if not every % length)


def _document(view: "SyncView") -> dict[str, Any]:
    return {
        **asdict(view),
        "every": _written(view.every),
        "next_at": view.next_at.isoformat(),
        "last_run_at": view.last_run_at.isoformat() if view.last_run_at else None,
    }


def _outcome(outcome: "SyncOutcome") -> dict[str, str]:
    return {"state": outcome.state.value, "said": outcome.said}
