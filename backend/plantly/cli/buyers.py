"""`plantly buyers`: what is kept of a person, and how it is forgotten."""

from dataclasses import asdict
from typing import Annotated

import typer

from plantly.cli import transactions
from plantly.cli.output import AsJson, print_json

commands = typer.Typer(
    help="What is kept of a person, and how it is forgotten.", no_args_is_help=True
)

Email = Annotated[str, typer.Argument(help="The e-mail address that they bought with.")]


@commands.command()
def export(email: Email, *, as_json: AsJson = False) -> None:
    """Print everything that is kept of a person, as JSON. This prints personal data."""
    del as_json  # It is JSON either way: the person gets it as a file.
    settings = transactions.current_settings()
    from plantly.services.buyers import export_buyer

    print_json(transactions.read(settings, lambda uow: export_buyer(uow, email)))


@commands.command()
def erase(email: Email, *, as_json: AsJson = False) -> None:
    """Forget a person for good. Their orders stay, without them."""
    settings = transactions.current_settings()
    from plantly.services.buyers import erase_buyer

    erased = transactions.write(settings, lambda uow: erase_buyer(uow, email))
    if as_json:
        print_json(asdict(erased))
        return
    if erased.is_nothing:
        typer.echo("Nothing is kept of that person.")
        return
    typer.echo(f"Forgotten: name, address and browser of {erased.checkouts} checkouts.")
    if erased.canceled:
        typer.echo(f"Canceled: {erased.canceled} checkouts that were still open.")
    if erased.discounts:
        typer.echo(f"Forgotten: who used {erased.discounts} limited discounts.")
    if erased.orders:
        typer.echo(f"Kept without the person: {', '.join(erased.orders)}.")
    typer.echo("What was mailed, and what the payment provider keeps, is not ours to erase.")
