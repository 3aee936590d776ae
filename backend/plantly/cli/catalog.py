"""`plantly catalog`: what is for sale."""

from typing import TYPE_CHECKING, Any

import typer

from plantly.cli import catalog_export, catalog_import, catalog_sync, preparation, transactions
from plantly.cli.output import AsJson, money, print_json, print_table

if TYPE_CHECKING:
    from plantly.db import UnitOfWork

_PAGE = 200

commands = typer.Typer(help="What is for sale.", no_args_is_help=True)
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


@commands.command("list")
def list_(*, as_json: AsJson = False) -> None:
    """List every product that shoppers see."""
    catalog = transactions.read(transactions.current_settings(), _everything)
    if as_json:
        print_json(catalog)
        return
    rows = [
        (
            product["id"],
            product["name"],
            product["category"],
            money(product["price_minor"], catalog["currency"]),
            str(product["available_quantity"]),
            product["availability"],
        )
        for product in catalog["products"]
    ]
    headings = ("ID", "NAME", "CATEGORY", "PRICE", "UNITS", "AVAILABILITY")
    print_table(headings, rows, right="PRICE UNITS")


def _everything(uow: "UnitOfWork") -> dict[str, Any]:
    from plantly.domain.catalog import CatalogQuery
    from plantly.services.browse import list_products

    products: list[dict[str, Any]] = []
    after = None
    while True:
        page = list_products(uow, CatalogQuery(limit=_PAGE, after=after))
        listing = page.listing
        products += [
            {
                "id": card.slug,
                "name": card.title,
                "category": card.category,
                "price_minor": card.price_minor,
                "available_quantity": supply.units,
                "availability": state,
            }
            for card, supply, state in zip(
                listing.cards, listing.supply, page.availability, strict=True
            )
        ]
        after = listing.next_after
        if after is None:
            return {"currency": page.shop.currency, "products": products}
