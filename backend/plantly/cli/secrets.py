"""`plantly secrets`: change what the shop made for itself to prove who it is."""

from dataclasses import asdict
from typing import Annotated

import typer

from plantly.cli import transactions
from plantly.cli.output import AsJson, print_json, print_table
from plantly.cli.refusals import Refusal
from plantly.settings import Settings

commands = typer.Typer(help="Secrets that the shop made for itself.", no_args_is_help=True)

Name = Annotated[str, typer.Argument(help="Such as sandbox-webhook: see `plantly secrets list`.")]


@commands.command("list")
def list_(*, as_json: AsJson = False) -> None:
    """List which secrets there are. None is shown."""
    settings = transactions.current_settings()
    from plantly.services.secrets import list_secrets

    states = transactions.read(settings, list_secrets)
    if as_json:
        print_json([asdict(state) for state in states])
        return
    rows = [
        (
            state.name,
            state.purpose,
            "not made yet" if not state.made else "one",
            "accepted until it is retired" if state.older_accepted else "",
        )
        for state in states
    ]
    print_table(("SECRET", "WHAT IT DOES", "NOW", "THE ONE BEFORE"), rows)


@commands.command()
def rotate(name: Name) -> None:
    """Make a new secret and show it, this once. Open servers use it within some seconds."""
    settings = transactions.current_settings()
    _refuse_what_is_set(settings, name)
    from plantly.services.secrets import rotate_secret

    made, older_accepted = transactions.write(settings, lambda uow: rotate_secret(uow, name))
    typer.echo(made)
    said = (
        "This is shown once. The secret before it is accepted too, until "
        f"`plantly secrets retire {name}`."
        if older_accepted
        else "This is shown once. No other is accepted."
    )
    typer.echo(said, err=True)


@commands.command()
def retire(name: Name) -> None:
    """Accept the newest secret only."""
    settings = transactions.current_settings()
    from plantly.services.secrets import retire_secret

    transactions.write(settings, lambda uow: retire_secret(uow, name))
    typer.echo(f"Only the newest {name} secret is accepted now.")


def _refuse_what_is_set(settings: Settings, name: str) -> None:
    """Say that a setting is stronger than what is kept in the database."""
    for known, setting, value in (
        ("sandbox-webhook", "PLANTLY_SANDBOX_WEBHOOK_SECRET", settings.sandbox.webhook_secrets),
        ("sandbox-key", "PLANTLY_SANDBOX_API_KEY", settings.sandbox.api_key),
    ):
        if name == known and value:
            raise Refusal(f"The {name} secret comes from {setting}: change it there.")
