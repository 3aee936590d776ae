"""`plantly serve`: open the shop."""

from typing import Annotated

import typer

from plantly.cli.transactions import current_settings
from plantly.settings import Settings


def serve(
    host: Annotated[str | None, typer.Option(help="Listen on this address.")] = None,
    port: Annotated[int | None, typer.Option(min=1, max=65535, help="Listen on this port.")] = None,
    prepare: Annotated[
        bool,
        typer.Option(
            "--prepare",
            help="First build stale widgets, bring the database up to date, "
            "and fill an empty one with the demo shop.",
        ),
    ] = False,
) -> None:
    """Open the shop and serve until Ctrl-C."""
    settings = current_settings(
        PLANTLY_HOST=host, PLANTLY_PORT=str(port) if port is not None else None
    )
    from plantly.cli import preparation, server, transactions

    with server.listening(settings) as listener:
        if prepare:
            preparation.prepare(settings)
        transactions.refuse_old_tables(settings)
        name = preparation.shop_name(settings)
        server.run(settings, listener, lambda: typer.echo(announcement(name, settings)))


def announcement(shop_name: str, settings: Settings) -> str:
    """Say where the shop is and what to do next."""
    lines = [f"{shop_name} is open.", "", f"  MCP         {settings.public_url}/mcp"]
    if settings.playground:
        lines.append(f"  Playground  {settings.public_url}/playground")
    if settings.public_url.startswith("https://"):
        step = "add the MCP address to your assistant (README, Connect it to ChatGPT)."
    else:
        step = (
            "try it in the playground. ChatGPT needs a public https address: "
            "see README, Connect it to ChatGPT."
        )
    return "\n".join(["", *lines, "", f"Next: {step}", "Ctrl-C closes the shop.", ""])
