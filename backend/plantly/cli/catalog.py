"""`plantly catalog`: what is for sale."""

import typer

from plantly.cli import (
    catalog_edit,
    catalog_export,
    catalog_import,
    catalog_list,
    catalog_show,
    catalog_sync,
    preparation,
    transactions,
)
from plantly.cli.output import AsJson, print_json

commands = typer.Typer(help="What is for sale.", no_args_is_help=True)
commands.command("list")(catalog_list.list_)
commands.command("show")(catalog_show.show)
commands.command("search")(catalog_list.search)
# A number that goes away, such as -3, is no option.
commands.command("set-stock", context_settings={"ignore_unknown_options": True})(
    catalog_edit.set_stock
)
commands.command("set-price")(catalog_edit.set_price)
commands.command("publish")(catalog_edit.publish)
commands.command("archive")(catalog_edit.archive)
commands.command("history")(catalog_show.history)
commands.command("stats")(catalog_show.stats)
commands.command("reindex")(catalog_edit.reindex)
commands.command("export")(catalog_export.export)
commands.command("import")(catalog_import.import_)
commands.add_typer(catalog_sync.commands, name="sync")


@commands.command()
def seed(*, as_json: AsJson = False) -> None:
    """Load the demo shop's catalog; doing it again changes nothing that was sold since."""
    count = preparation.seed(transactions.current_settings())
    if as_json:
        print_json({"products": count})
    else:
        typer.echo(f"The shop has the {count} products of the demo catalog.")
