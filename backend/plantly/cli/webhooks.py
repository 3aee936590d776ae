"""`plantly webhooks`: what the payment provider has said."""

import re
from collections.abc import Callable
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Annotated

import typer

from plantly.cli import transactions
from plantly.cli.output import AsJson, print_json, print_table
from plantly.cli.refusals import Refusal

if TYPE_CHECKING:
    from plantly.db import Database
    from plantly.services.replay import Replayed

commands = typer.Typer(help="What the payment provider has said.", no_args_is_help=True)

_AT_ONCE = 200
_AGE = re.compile(r"([1-9][0-9]{0,4})([mhd])", re.ASCII)
_UNITS = {"m": timedelta(minutes=1), "h": timedelta(hours=1), "d": timedelta(days=1)}
_SAID = {
    "nothing_new": "nothing new",
    "unknown_payment": "speaks of a payment that is not known here",
    "says_nothing": "says nothing about a payment",
}


@commands.command("list")
def list_(
    *,
    unhandled: Annotated[
        bool, typer.Option("--unhandled", help="Only those that still wait for their payment.")
    ] = False,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="At most this many.")] = 50,
    as_json: AsJson = False,
) -> None:
    """List the newest webhook events."""
    settings = transactions.current_settings()
    from plantly.services.replay import list_events

    events = transactions.read(settings, lambda uow: list_events(uow, limit, unhandled=unhandled))
    if as_json:
        print_json([asdict(event) for event in events])
        return
    if not events:
        typer.echo("No event waits." if unhandled else "There is no event yet.")
        return
    rows = [
        (event.event_id, event.received_at, event.type, event.outcome, event.reference or "")
        for event in events
    ]
    print_table(("EVENT", "RECEIVED", "TYPE", "OUTCOME", "PAYMENT"), rows)


@commands.command()
def replay(
    event_id: Annotated[str | None, typer.Argument(help="The event to apply once more.")] = None,
    *,
    unhandled: Annotated[
        bool, typer.Option("--unhandled", help="All that still wait for their payment.")
    ] = False,
    since: Annotated[
        str | None,
        typer.Option(help="All since then: 90m, 24h, 7d, or a time such as 2026-11-21T09:00."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Apply events once more. What is known already changes nothing."""
    if sum((event_id is not None, unhandled, since is not None)) != 1:
        raise Refusal("Say what to replay: an event, --unhandled, or --since.")
    settings = transactions.current_settings()
    moment = None if since is None else _moment(since)
    told: list[Replayed] = []

    def tell(done: "Replayed") -> None:
        told.append(done)
        if not as_json and (event_id is not None or done.changes):
            said = ", ".join(done.changes) or _SAID[done.outcome]
            typer.echo(f"{done.event_id}  {said}")

    if event_id is not None:
        transactions.work_with(settings, lambda db: _replay_one(db, event_id, tell))
    else:
        transactions.work_with(settings, lambda db: _replay_all(db, moment, tell))
    if as_json:
        print_json([asdict(done) for done in told])
    elif event_id is None:
        changed = sum(bool(done.changes) for done in told)
        typer.echo(f"{len(told)} events replayed, {changed} of them changed something.")


async def _replay_one(db: "Database", event_id: str, tell: "Callable[[Replayed], None]") -> None:
    from plantly.services import replay as events

    for row_id in await db.read(lambda uow: events.events_named(uow, event_id)):
        tell(await db.write(partial(events.replay, row_id=row_id)))


async def _replay_all(
    db: "Database", since: datetime | None, tell: "Callable[[Replayed], None]"
) -> None:
    """Go through the events in the order they came, each in a transaction of its own."""
    from plantly.services import replay as events

    after = 0
    while rows := await db.read(
        partial(events.events_to_replay, after=after, since=since, limit=_AT_ONCE)
    ):
        for after in rows:
            tell(await db.write(partial(events.replay, row_id=after)))


def _moment(text: str) -> datetime:
    """Read an age or a time; a time without a zone is UTC."""
    age = _AGE.fullmatch(text)
    if age is not None:
        return datetime.now(UTC) - int(age[1]) * _UNITS[age[2]]
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise Refusal("--since takes 90m, 24h, 7d, or a time such as 2026-11-21T09:00.") from None
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
