"""`plantly db`: the tables."""

import typer

from plantly.cli.output import working
from plantly.cli.preparation import index_if_behind
from plantly.cli.transactions import current_settings

commands = typer.Typer(help="The tables of the database.", no_args_is_help=True)


@commands.callback()
def _group() -> None:
    """Keep `db` a group while it has one command."""


@commands.command()
def upgrade() -> None:
    """Bring the tables up to this version of Plantly; the data stays."""
    settings = current_settings()
    from plantly.db import migrations

    with working("Bringing the database up to date"):
        migrations.upgrade(settings.database_url)
    index_if_behind(settings)
    typer.echo("The database is up to date.")
