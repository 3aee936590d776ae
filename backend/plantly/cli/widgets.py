"""`plantly widgets`: the bundles that assistants show."""

import typer

from plantly.cli.output import AsJson, print_json, print_table, working

commands = typer.Typer(help="The widgets that assistants show.", no_args_is_help=True)


@commands.callback()
def _group() -> None:
    """Keep `widgets` a group while it has one command."""


@commands.command()
def build(*, as_json: AsJson = False) -> None:
    """Build every widget from widgets-src; an installed wheel has them already."""
    from plantly.widgets import load
    from plantly.widgets.build import build_widgets

    with working("Building the widgets"):
        built = build_widgets(load.DIST)
    if as_json:
        print_json([{"name": w.name, "bytes": w.bytes, "gzip_bytes": w.gzip_bytes} for w in built])
        return
    rows = [(w.name, f"{w.bytes:,}", f"{w.gzip_bytes:,}") for w in built]
    print_table(("WIDGET", "BYTES", "GZIP"), rows, right="BYTES GZIP")
