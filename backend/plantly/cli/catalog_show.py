"""`plantly catalog show`, `history` and `stats`: what there is, and what became of it."""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Annotated, Any

import typer

from plantly.cli import transactions
from plantly.cli.catalog_words import described, moment
from plantly.cli.output import AsJson, money, print_json, print_table, printable

if TYPE_CHECKING:
    from plantly.services.catalog_stats import Stats


def show(
    ref: Annotated[str, typer.Argument(help="A product's slug, a SKU, or a variant id.")],
    *,
    as_json: AsJson = False,
) -> None:
    """Show everything about one product, whatever its state."""
    settings = transactions.current_settings()
    from plantly.services.catalog_sheet import product_sheet

    sheet = transactions.read(settings, lambda uow: product_sheet(uow, ref))
    if as_json:
        print_json(sheet)
        return
    typer.echo(printable(f"{sheet['name']}  ({sheet['state']})"))
    for title, value in _facts(sheet):
        if value:
            typer.echo(f"{title:11} {printable(value)}")
    typer.echo()
    rows = [row for variant in sheet["variants"] for row in _variant_rows(variant)]
    headings = ("SKU", "VARIANT ID", "NAME", "PRICE", "STOCK", "STATE")
    print_table(headings, rows)
    for title in ("description", "care"):
        if sheet[title]:
            typer.echo(f"\n{title.capitalize()}")
            typer.echo("\n".join(printable(line) for line in sheet[title].splitlines()))


def history(
    ref: Annotated[
        str | None, typer.Argument(help="A product's slug, a SKU, or a variant id; or nothing.")
    ] = None,
    *,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="At most this many.")] = 50,
    as_json: AsJson = False,
) -> None:
    """Show who changed prices, stock and states, and when: the newest changes first."""
    settings = transactions.current_settings()
    from plantly.services import catalog_sheet

    changes = transactions.read(settings, lambda uow: catalog_sheet.history(uow, ref, limit))
    if as_json:
        print_json(
            [
                {
                    "at": change.at.isoformat(),
                    "actor": change.actor,
                    "kind": change.kind.value,
                    "product_id": change.slug,
                    "sku": change.sku,
                    "before": change.before,
                    "after": change.after,
                }
                for change in changes
            ]
        )
        return
    if not changes:
        typer.echo("Nothing has changed yet.")
        return
    rows = [
        (
            f"{change.at:%Y-%m-%d %H:%M:%S}",
            change.actor,
            change.slug,
            change.sku or "",
            described(change.before),
            described(change.after),
        )
        for change in changes
    ]
    print_table(("AT (UTC)", "WHO", "PRODUCT", "SKU", "BEFORE", "AFTER"), rows)


def stats(*, as_json: AsJson = False) -> None:
    """Count the catalog, and say what is missing in it."""
    settings = transactions.current_settings()
    from plantly.services.catalog_stats import read_stats

    found = transactions.read(settings, read_stats)
    if as_json:
        print_json(found.document())
        return
    for title, value in _numbers(found):
        typer.echo(f"{title:20} {printable(value)}")


def _facts(sheet: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    yield "Product id", sheet["id"]
    yield "Category", sheet["category"]
    yield "Brand", sheet["brand"]
    yield "Tags", ", ".join(sheet["tags"])
    yield "Collections", ", ".join(sheet["collections"])
    for key, values in sheet["facets"].items():
        yield key, ", ".join(values)
    yield "Not sent to", ", ".join(sheet["undeliverable"])
    yield "Units sold", str(sheet["units_sold"])
    yield "Made", moment(sheet["created_at"])
    yield "Changed", moment(sheet["updated_at"])
    for picture in sheet["media"]:
        yield "Picture", f"{picture['file']}  {picture['alt']}"


def _variant_rows(variant: Mapping[str, Any]) -> Iterator[tuple[str, ...]]:
    """Give a row for a variant, and one more for each price after the first."""
    prices = [described(price) for price in variant["prices"]] or ["no price"]
    stock = variant["stock"]
    units = described({**stock, "available_at": stock["expected_at"]})
    held = f", {stock['reserved']} held" if stock["reserved"] else ""
    named = f"{variant['name']} (default)" if variant["is_default"] else variant["name"]
    yield (
        variant["sku"],
        variant["variant_id"],
        named,
        prices[0],
        f"{stock['availability']}: {units}{held}",
        variant["state"],
    )
    for price in prices[1:]:
        yield "", "", "", price, "", ""


def _numbers(found: "Stats") -> Iterator[tuple[str, str]]:
    states = ", ".join(f"{count:,} {state}" for state, count in found.products.items())
    yield "Products", states
    unpriced = found.variants_without_price
    without = f", {unpriced:,} without a price in {found.currency}" if unpriced else ""
    yield "Variants on sale", f"{found.variants:,}{without}"
    yield "Categories", f"{found.categories:,}"
    for facet in found.facets:
        yield f"Facet {facet.key}", f"{facet.values:,} values ({facet.kind})"
    if found.lowest_price_minor is not None and found.highest_price_minor is not None:
        low = money(found.lowest_price_minor, found.currency)
        yield "Prices", f"{low} to {money(found.highest_price_minor, found.currency)}"
    yield "Sold out", f"{found.out_of_stock:,}"
    yield "Low stock", f"{found.low_stock:,}"
    yield "Without picture", f"{found.without_picture:,}"
    yield "Without description", f"{found.without_description:,}"
    behind = "behind: run `plantly catalog reindex`" if found.search_index_is_behind else "complete"
    yield "Search index", behind
