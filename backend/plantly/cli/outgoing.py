"""`plantly outgoing`: the merchant's own systems, and what they are told."""

from dataclasses import asdict
from functools import partial
from typing import TYPE_CHECKING, Annotated

import typer

from plantly.cli import transactions
from plantly.cli.output import AsJson, print_json, print_table, printable
from plantly.cli.refusals import Refusal
from plantly.settings import Settings

if TYPE_CHECKING:
    from plantly.db import Database, UnitOfWork
    from plantly.outbound.merchant_webhooks import Answer, Message
    from plantly.services.outgoing import DeliveryView, EndpointView, NewSecret

commands = typer.Typer(
    help="Webhooks to your own systems, about orders and payments.", no_args_is_help=True
)

Endpoint = Annotated[str, typer.Argument(help="Such as whe_...: see `plantly outgoing list`.")]

_FAILURES = {
    "timeout": "it did not answer within 10 seconds",
    "redirect": "it answers with a redirect, which is not followed: give the last address itself",
    "no_address": "its name has no address",
    "no_connection": "no connection could be made",
    "certificate": "its certificate is not valid",
    "address_refused": "its address is not one that is called",
    "broken_connection": "the connection broke",
}


@commands.command()
def add(
    url: Annotated[str, typer.Argument(help="Where webhooks are posted to, over https.")],
    *,
    events: Annotated[
        str, typer.Option(help="Which events, separated by commas: names, order.*, or *.")
    ] = "*",
    as_json: AsJson = False,
) -> None:
    """Tell an address from now on. Shows the secret that signs, this once."""
    settings = transactions.current_settings()
    from plantly.services import outgoing
    from plantly.services.workflows.deliver import checked_address

    address = checked_address(settings, url)
    made = transactions.write(settings, lambda uow: outgoing.add_endpoint(uow, address, events))
    _print_secret(made, as_json=as_json)


@commands.command("list")
def list_(*, as_json: AsJson = False) -> None:
    """List who is told."""
    settings = transactions.current_settings()
    from plantly.services.outgoing import list_endpoints

    endpoints = transactions.read(settings, list_endpoints)
    if as_json:
        print_json([asdict(endpoint) for endpoint in endpoints])
        return
    if not endpoints:
        typer.echo("Nobody is told yet: `plantly outgoing add https://...`.")
        return
    rows = [
        (each.id, each.url, ", ".join(each.events), _state(each), str(each.waiting), str(each.dead))
        for each in endpoints
    ]
    headings = ("ENDPOINT", "URL", "EVENTS", "STATE", "WAITING", "DEAD")
    print_table(headings, rows, right="WAITING DEAD")


@commands.command()
def show(endpoint: Endpoint, *, as_json: AsJson = False) -> None:
    """Show one of them, without its secret."""
    settings = transactions.current_settings()
    from plantly.services.outgoing import show_endpoint

    found = transactions.read(settings, lambda uow: show_endpoint(uow, endpoint))
    if as_json:
        print_json(asdict(found))
        return
    _print_endpoint(found)


@commands.command()
def remove(endpoint: Endpoint, *, as_json: AsJson = False) -> None:
    """Tell an address nothing more, and forget what it was told."""
    settings = transactions.current_settings()
    from plantly.services.outgoing import remove_endpoint

    transactions.write(settings, lambda uow: remove_endpoint(uow, endpoint))
    if as_json:
        print_json({"removed": endpoint})
    else:
        typer.echo(f"{endpoint} is told nothing more.")


@commands.command()
def enable(endpoint: Endpoint, *, as_json: AsJson = False) -> None:
    """Tell an address again that was switched off."""
    settings = transactions.current_settings()
    from plantly.services.outgoing import enable_endpoint

    found = transactions.write(settings, lambda uow: enable_endpoint(uow, endpoint))
    if as_json:
        print_json(asdict(found))
        return
    typer.echo(f"{endpoint} is told again.")
    if found.dead:
        typer.echo(f"{found.dead} were given up on: `plantly outgoing replay --dead` sends them.")


@commands.command()
def rotate(
    endpoint: Endpoint,
    *,
    now: Annotated[
        bool, typer.Option("--now", help="The secret before it signs no more: it got out.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Make a new secret and show it, this once. For a day both sign."""
    settings = transactions.current_settings()
    from plantly.services.outgoing import rotate_endpoint

    made = transactions.write(settings, lambda uow: rotate_endpoint(uow, endpoint, at_once=now))
    _print_secret(made, as_json=as_json)


@commands.command("test")
def try_out(endpoint: Endpoint, *, as_json: AsJson = False) -> None:
    """Send a webhook that says nothing, now, and tell what came back."""
    settings = transactions.current_settings()
    from plantly.services.outgoing import message_to_test

    message = transactions.read(settings, lambda uow: message_to_test(uow, endpoint))
    answer = transactions.work_with(settings, partial(_send, settings, message))
    if as_json:
        print_json({**asdict(answer), "delivered": answer.is_delivered})
    if not answer.is_delivered:
        said = f"it answered {answer.status}" if answer.status else ""
        raise Refusal(f"It did not arrive: {_FAILURES.get(answer.failure or '', said)}.")
    if not as_json:
        typer.echo(f"It arrived: {endpoint} answered {answer.status}.")


@commands.command()
def deliveries(
    *,
    dead: Annotated[bool, typer.Option("--dead", help="Only what was given up on.")] = False,
    endpoint: Annotated[str | None, typer.Option(help="Only to this endpoint.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="At most this many.")] = 50,
    as_json: AsJson = False,
) -> None:
    """List what was told, newest first."""
    settings = transactions.current_settings()
    from plantly.services.outgoing import list_deliveries

    def look(uow: "UnitOfWork") -> "tuple[DeliveryView, ...]":
        return list_deliveries(uow, limit, dead=dead, endpoint=endpoint)

    found = transactions.read(settings, look)
    if as_json:
        print_json([asdict(delivery) for delivery in found])
        return
    if not found:
        typer.echo("Nothing was given up on." if dead else "Nothing was told yet.")
        return
    rows = [
        (d.event_id, d.type, d.endpoint, d.state, str(d.attempts), _last(d), d.created_at)
        for d in found
    ]
    headings = ("EVENT", "TYPE", "ENDPOINT", "STATE", "TRIES", "LAST ANSWER", "CREATED")
    print_table(headings, rows, right="TRIES")


@commands.command()
def replay(
    event: Annotated[str | None, typer.Argument(help="The event to send once more.")] = None,
    *,
    dead: Annotated[bool, typer.Option("--dead", help="All that were given up on.")] = False,
    as_json: AsJson = False,
) -> None:
    """Send events once more, with the same webhook-id. The worker does it within seconds."""
    if (event is None) != dead:
        raise Refusal("Say what to send again: an event, or --dead.")
    settings = transactions.current_settings()
    from plantly.services.outgoing import replay_dead, replay_event

    def again(uow: "UnitOfWork") -> int:
        return replay_dead(uow) if event is None else replay_event(uow, event)

    count = transactions.write(settings, again)
    if as_json:
        print_json({"deliveries": count})
    else:
        typer.echo(f"{count} {'delivery is' if count == 1 else 'deliveries are'} sent again.")


async def _send(settings: Settings, message: "Message", _db: "Database") -> "Answer":
    from plantly.domain.ids import utc_now
    from plantly.services.workflows.deliver import sender_for

    async with sender_for(settings) as sender:
        return await sender.send(message, utc_now())


def _print_secret(made: "NewSecret", *, as_json: bool) -> None:
    if as_json:
        print_json({**asdict(made.endpoint), "secret": made.secret})
        return
    typer.echo(made.secret)
    until = made.endpoint.older_secret_until
    typer.echo(f"The secret of {made.endpoint.id}, shown this once.", err=True)
    if until is not None:
        typer.echo(f"The one before signs, too, until {until}.", err=True)


def _print_endpoint(endpoint: "EndpointView") -> None:
    for name, value in (
        ("Endpoint", endpoint.id),
        ("URL", endpoint.url),
        ("Events", ", ".join(endpoint.events)),
        ("State", _state(endpoint)),
        ("Since", endpoint.created_at),
        ("Waiting", str(endpoint.waiting)),
        ("Given up on", str(endpoint.dead)),
        ("Older secret signs until", endpoint.older_secret_until or ""),
    ):
        if value:
            typer.echo(f"{name}: {printable(value)}")


def _state(endpoint: "EndpointView") -> str:
    if endpoint.disabled_at is not None:
        return f"switched off ({endpoint.disabled_reason})"
    return f"failing since {endpoint.failing_since}" if endpoint.failing_since else "on"


def _last(delivery: "DeliveryView") -> str:
    said = (str(delivery.last_status or ""), delivery.last_failure or "")
    return " ".join(part for part in said if part)
