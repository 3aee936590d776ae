"""`plantly catalog list` and `search`: many products at once."""

import json
from collections.abc import Sequence
from dataclasses import asdict, replace
from enum import StrEnum
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any, Protocol

import typer

from plantly.cli import transactions
from plantly.cli.catalog_filters import filters_of
from plantly.cli.output import AsJson, money, print_json, print_table, printable

if TYPE_CHECKING:
    from plantly.db import Database, UnitOfWork
    from plantly.db.repositories.catalog_overview import Wanted
    from plantly.services.catalog_stats import Listed, Page
    from plantly.services.listing import Browsed

_AT_ONCE = 500
_WIDEST = 48
_HEADINGS = ("ID", "NAME", "CATEGORY", "PRICE", "UNITS", "AVAILABILITY")
_RIGHT = frozenset({"PRICE", "UNITS"})


class State(StrEnum):
    """Which products are listed."""

    ACTIVE = "active"
    DRAFT = "draft"
    ARCHIVED = "archived"
    ALL = "all"


Limit = Annotated[int, typer.Option(min=1, max=10_000, help="At most this many.")]
Category = Annotated[str | None, typer.Option(help="The name or slug of a category.")]


def list_(  # noqa: PLR0913 - each is an option of the command
    *,
    search: Annotated[
        str | None, typer.Option(help="Words in the title, the brand, the slug or a SKU.")
    ] = None,
    category: Category = None,
    state: Annotated[State, typer.Option(help="Which products are listed.")] = State.ACTIVE,
    limit: Limit = 50,
    everything: Annotated[bool, typer.Option("--all", help="List all, however many.")] = False,
    as_json: AsJson = False,
) -> None:
    """List products of any state, in the order in which they were made."""
    settings = transactions.current_settings()
    from plantly.db.repositories.catalog_overview import Wanted
    from plantly.domain.catalog import PublishState

    wanted = Wanted(
        words=tuple((search or "").split()),
        category=category,
        state=None if state is State.ALL else PublishState(state.value),
    )
    most = None if everything else limit
    printer = _JsonPages() if as_json else _TextPages(with_state=state is State.ALL)
    transactions.work_with(settings, lambda db: _print_pages(db, wanted, most, printer))


def search(  # noqa: PLR0913 - each is an option of the command
    words: Annotated[list[str], typer.Argument(help="What somebody looks for.")],
    *,
    category: Category = None,
    facet: Annotated[
        list[str] | None,
        typer.Option("--filter", help="Such as sunlight='Full Sun', or height_cm=20..40."),
    ] = None,
    in_stock: Annotated[
        bool | None, typer.Option("--in-stock/--sold-out", help="By what is at hand.")
    ] = None,
    limit: Annotated[int, typer.Option(min=1, max=50, help="At most this many.")] = 12,
    as_json: AsJson = False,
) -> None:
    """Show what shoppers get who look for these words, and which filters they could add."""
    settings = transactions.current_settings()
    from plantly.domain.catalog import CatalogQuery, Sort
    from plantly.services.listing import list_products

    texts = facet or ()
    unreadable = [text for text in texts if "=" not in text]
    if unreadable:
        told = f"{unreadable[0]} is no filter: write it like sunlight='Full Sun'."
        raise typer.BadParameter(told)
    query = CatalogQuery(
        search=" ".join(words),
        category=(category,) if category else (),
        in_stock=in_stock,
        sort=Sort.RELEVANCE,
        limit=limit,
    )

    def work(uow: "UnitOfWork") -> "Browsed":
        facets, ranges = filters_of(texts, uow.shop.current().facets)
        return list_products(uow, replace(query, facets=facets, ranges=ranges))

    found = transactions.read(settings, work)
    if as_json:
        print_json(_search_document(found))
        return
    _print_search(found)


async def _print_pages(
    db: "Database", wanted: "Wanted", most: int | None, printer: "_Pages"
) -> None:
    """Print page after page, each read in a transaction of its own: nobody waits for a reader."""
    from plantly.services.catalog_stats import list_page

    after: int | None = 0
    left = most
    while after is not None and left != 0:
        size = _AT_ONCE if left is None else min(left, _AT_ONCE)
        page = await db.read(partial(list_page, wanted=wanted, after=after, limit=size))
        printer.page(page)
        left = None if left is None else left - len(page.products)
        after = page.after
    printer.end()
    if after is not None:
        typer.echo("There are more: --all lists them all.", err=True)


class _Pages(Protocol):
    """Prints a list a page at a time, so that a million products need no more room than some."""

    def page(self, page: "Page") -> None:
        """Print one page."""

    def end(self) -> None:
        """Print what stands behind the last one."""


class _JsonPages:
    """One JSON document, written as it comes."""

    def __init__(self) -> None:
        self._is_open = False
        self._separator = "\n"

    def page(self, page: "Page") -> None:
        if not self._is_open:
            self._is_open = True
            currency = json.dumps(page.currency)
            typer.echo(f'{{\n  "currency": {currency},\n  "products": [', nl=False)
        texts = [json.dumps(asdict(product), ensure_ascii=False) for product in page.products]
        if texts:
            typer.echo(self._separator + ",\n".join(f"    {text}" for text in texts), nl=False)
            self._separator = ",\n"

    def end(self) -> None:
        typer.echo("\n  ]\n}")


class _TextPages:
    """A table whose columns are as wide as the first page needs."""

    def __init__(self, *, with_state: bool) -> None:
        self._headings = (*_HEADINGS, "STATE") if with_state else _HEADINGS
        self._widths: list[int] = []

    def page(self, page: "Page") -> None:
        rows = [self._cells(product, page.currency) for product in page.products]
        if not self._widths:
            columns = zip(self._headings, *rows, strict=True)
            self._widths = [min(_WIDEST, max(map(_width, column))) for column in columns]
            rows.insert(0, list(self._headings))
        typer.echo("\n".join(map(self._line, rows)))

    def end(self) -> None:
        """Print nothing: a table needs no end."""

    def _cells(self, product: "Listed", currency: str) -> list[str]:
        cells = [
            product.id,
            product.name,
            product.category,
            money(product.price_minor, currency),
            str(product.available_quantity),
            product.availability.value,
            product.state,
        ]
        return [printable(cell) for cell in cells[: len(self._headings)]]

    def _line(self, cells: Sequence[str]) -> str:
        parts = []
        for heading, cell, width in zip(self._headings, cells, self._widths, strict=True):
            space = " " * max(0, width - _width(cell))
            parts.append(space + cell if heading in _RIGHT else cell + space)
        return "  ".join(parts).rstrip()


def _search_document(found: "Browsed") -> dict[str, Any]:
    listing = found.listing
    return {
        "currency": found.shop.currency,
        "total": listing.total,
        "total_capped": listing.total_capped,
        "products": [
            {
                "id": card.slug,
                "name": card.title,
                "category": card.category,
                "price_minor": card.price_minor,
                "available_quantity": supply.units,
                "availability": state.value,
            }
            for card, supply, state in zip(
                listing.cards, listing.supply, found.availability, strict=True
            )
        ],
        "filters": {key: dict(values) for key, values in listing.counts.items()},
        "counts_capped": listing.counts_capped,
        "did_you_mean": found.help.did_you_mean if found.help else None,
        "without": [asdict(dropped) for dropped in found.help.drop] if found.help else [],
    }


def _print_search(found: "Browsed") -> None:
    document = _search_document(found)
    rows = [
        (
            product["id"],
            product["name"],
            product["category"],
            money(product["price_minor"], document["currency"]),
            str(product["available_quantity"]),
            product["availability"],
        )
        for product in document["products"]
    ]
    if rows:
        print_table(_HEADINGS, rows, right=" ".join(_RIGHT))
    more = "+" if document["total_capped"] else ""
    typer.echo(f"{document['total']:,}{more} found.")
    if document["did_you_mean"]:
        typer.echo(printable(f"Did you mean: {document['did_you_mean']}"))
    for dropped in document["without"]:
        more = "+" if dropped["capped"] else ""
        typer.echo(f"Without {dropped['argument']}: {dropped['count']:,}{more}")
    for key, counts in document["filters"].items():
        values = ", ".join(f"{value} ({count:,})" for value, count in counts.items() if count)
        if values:
            typer.echo(printable(f"{key}: {values}"))


def _width(text: str) -> int:
    from rich.cells import cell_len

    return cell_len(text)
