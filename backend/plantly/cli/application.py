"""All commands under one name. Exit codes: 0 done, 1 refused, 2 misspelled."""

from importlib.metadata import version
from typing import Annotated

import typer

from plantly.cli import (
    buyers,
    catalog,
    database,
    doctor,
    mail,
    orders,
    outgoing,
    payments,
    secrets,
    serve,
    shop,
    webhooks,
    widgets,
    worker,
)
from plantly.cli.refusals import RefusingGroup

application = typer.Typer(
    name="plantly",
    help="A self-hosted shop that people use from inside their assistant.",
    cls=RefusingGroup,
    no_args_is_help=True,
    # Plain text reads the same in a terminal, a log and a script.
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
application.command("serve")(serve.serve)
application.command("worker")(worker.worker)
application.add_typer(database.commands, name="db")
application.add_typer(catalog.commands, name="catalog")
application.add_typer(shop.commands, name="shop")
application.add_typer(orders.commands, name="orders")
application.add_typer(buyers.commands, name="buyers")
application.add_typer(payments.commands, name="payments")
application.add_typer(webhooks.commands, name="webhooks")
application.add_typer(outgoing.commands, name="outgoing")
application.add_typer(mail.commands, name="mail")
application.add_typer(secrets.commands, name="secrets")
application.add_typer(widgets.commands, name="widgets")
application.command("doctor")(doctor.doctor)


def main() -> None:
    """Run the command line."""
    application(prog_name="plantly")


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"plantly {version('plantly')}")
        raise typer.Exit


@application.callback()
def options(
    _version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_print_version, is_eager=True, help="Print the version."
        ),
    ] = False,
) -> None:
    """Sell from inside an assistant."""
