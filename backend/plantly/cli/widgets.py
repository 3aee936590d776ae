"""`plantly widgets`: the bundles that assistants show."""

import json
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated

import typer

from plantly.cli.output import AsJson, print_json, print_table, working

if TYPE_CHECKING:
    from plantly.widgets.build import BuiltWidget
    from plantly.widgets.watch import Build, SourceWatch

commands = typer.Typer(help="The widgets that assistants show.", no_args_is_help=True)

_LOOK_EVERY_SECONDS = 0.3


@commands.command()
def build(
    *,
    watch: Annotated[
        bool, typer.Option("--watch", help="Build again whenever a source changes, until Ctrl-C.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Build every widget from widgets-src; an installed wheel has them already."""
    from plantly.widgets import load
    from plantly.widgets.build import build_widgets

    if watch:
        _watch(as_json=as_json)
        return
    with working("Building the widgets"):
        built = build_widgets(load.DIST)
    if as_json:
        print_json([_sizes(widget) for widget in built])
        return
    _print_sizes(built)


@commands.command(name="list")
def list_widgets(*, as_json: AsJson = False) -> None:
    """List the widgets with the addresses that assistants read them from."""
    from plantly.cli.transactions import current_settings
    from plantly.widgets import load_widgets

    settings = current_settings()
    widgets = load_widgets(settings.public_url, settings.widget_uris)
    if as_json:
        print_json(
            [
                {
                    "name": name,
                    "title": widget.title,
                    "uri": widget.app_uri,
                    "bytes": len(widget.html.encode()),
                }
                for name, widget in widgets.items()
            ]
        )
        return
    rows = [
        (name, widget.title, widget.app_uri, f"{len(widget.html.encode()):,}")
        for name, widget in widgets.items()
    ]
    print_table(("WIDGET", "TITLE", "ADDRESS", "BYTES"), rows, right="BYTES")


def follow(watch: "SourceWatch", say: "Callable[[Build], None]", wait: Callable[[], bool]) -> None:
    """Build, and again after each change; `wait` says whether to go on."""
    say(watch.build())
    while wait():
        if (again := watch.look()) is not None:
            say(again)


def _watch(*, as_json: bool) -> None:
    from plantly.widgets.build import SOURCES
    from plantly.widgets.guard import WidgetBuildError
    from plantly.widgets.watch import SourceWatch

    if not SOURCES.is_dir():
        raise WidgetBuildError("There is nothing to watch: widgets are built from a checkout.")

    def say(build: "Build") -> None:
        if as_json:
            sizes = [_sizes(widget) for widget in build.widgets]
            typer.echo(json.dumps({"problem": build.problem, "widgets": sizes}))
        else:
            typer.echo(f"{time.strftime('%H:%M:%S')}  {build.line()}")

    def wait() -> bool:
        time.sleep(_LOOK_EVERY_SECONDS)
        return True

    try:
        follow(SourceWatch(), say, wait)
    except KeyboardInterrupt:
        typer.echo("", err=True)


def _print_sizes(built: "list[BuiltWidget]") -> None:
    from plantly.widgets.guard import weight_limits

    most, most_together = weight_limits(len(built[0].languages))
    rows = [
        (w.name, f"{w.bytes:,}", f"{w.gzip_bytes:,}", f"{most:,}", " ".join(w.languages))
        for w in built
    ]
    together = sum(w.gzip_bytes for w in built)
    sizes = (f"{sum(w.bytes for w in built):,}", f"{together:,}", f"{most_together:,}")
    head = ("WIDGET", "BYTES", "GZIP", "LIMIT", "LANGUAGES")
    print_table(head, [*rows, ("together", *sizes, "")], right="BYTES GZIP LIMIT")


def _sizes(widget: "BuiltWidget") -> dict[str, str | int | list[str]]:
    return {
        "name": widget.name,
        "bytes": widget.bytes,
        "gzip_bytes": widget.gzip_bytes,
        "languages": list(widget.languages),
    }
