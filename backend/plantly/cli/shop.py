"""`plantly shop`: the shop's own configuration."""

from pathlib import Path
from typing import Annotated

import typer

from plantly.cli import transactions
from plantly.cli.refusals import Refusal

commands = typer.Typer(help="The shop's own configuration.", no_args_is_help=True)


@commands.callback()
def _group() -> None:
    """Keep `shop` a group while it has one command."""


@commands.command()
def apply(
    file: Annotated[
        Path, typer.Argument(exists=True, dir_okay=False, readable=True, help="A shop.toml.")
    ],
) -> None:
    """Put a shop.toml in force: name, logo, colors, policies, shipping, taxes and discounts."""
    settings = transactions.current_settings()
    from plantly.domain.colors import shifted
    from plantly.services.logo import LogoShelf
    from plantly.services.shop_file import apply_shop, read_shop_file

    try:
        text = file.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise Refusal(f"{file} is not UTF-8 text.") from error
    config = read_shop_file(text, LogoShelf(file.parent, settings.data_dir / "media"))
    facets = transactions.write(settings, lambda uow: apply_shop(uow, config))
    filters = ", ".join(facet.key for facet in facets) or "none yet: the catalog is empty"
    typer.echo(f"{config.name} is in force. Filters of the tools: {filters}.")
    for told in shifted(config.accent, config.accent_dark):
        typer.echo(told)
