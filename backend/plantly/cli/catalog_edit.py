"""`plantly catalog set-price|set-stock|publish|archive|reindex`: change what is for sale."""

import re
from collections.abc import Callable, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from enum import StrEnum
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any

import typer

from plantly.cli import transactions
from plantly.cli.catalog_words import described
from plantly.cli.keyboard import at_the_keyboard
from plantly.cli.output import AsJson, counting, print_json, printable

if TYPE_CHECKING:
    from plantly.db import Database
    from plantly.services.catalog_edit import Edited
    from plantly.services.typed_amounts import TypedAmount
    from plantly.settings import Settings

_UNITS = re.compile(r"([=+-])([0-9]{1,10})")
_NONE = "none"
_REFRESHED_AT_ONCE = 500

Ref = Annotated[str, typer.Argument(help="A SKU, a variant id, or a product with one variant.")]
Products = Annotated[list[str], typer.Argument(help="Slugs of products.")]


class Policy(StrEnum):
    """What may be sold beyond the units at hand."""

    DENY = "deny"
    BACKORDER = "backorder"
    PREORDER = "preorder"
    UNTRACKED = "untracked"


def set_price(  # noqa: PLR0913 - each is an option of the command
    ref: Ref,
    amount: Annotated[str, typer.Argument(help="Such as 14.99, or 14.99EUR.")],
    *,
    currency: Annotated[
        str | None, typer.Option(help="Set the price in this currency, not in the shop's.")
    ] = None,
    compare_at: Annotated[
        str | None, typer.Option(help="The higher price to compare with, or none.")
    ] = None,
    starts: Annotated[
        str | None, typer.Option("--from", help="When it begins: 2026-11-27, or with a time.")
    ] = None,
    ends: Annotated[str | None, typer.Option("--until", help="When it is over.")] = None,
    clear_dates: Annotated[
        bool, typer.Option("--clear-dates", help="Make it the one price from now on.")
    ] = False,
    minor: Annotated[
        bool, typer.Option("--minor", help="The amounts are in minor units: 1499 cents.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Set a price. With dates, the price to compare with holds before and after them."""
    settings = transactions.current_settings()
    from plantly.services import catalog_price_edit

    if clear_dates and (starts or ends):
        raise typer.BadParameter("--clear-dates does not go with --from and --until.")
    drops = compare_at == _NONE
    wish = catalog_price_edit.PriceWish(
        amount=_amount(amount),
        is_minor=minor,
        currency=_currency(currency),
        compare_at=_amount(compare_at) if compare_at is not None and not drops else None,
        drops_compare_at=drops,
        starts_at=_moment(starts),
        ends_at=_moment(ends),
        clears_dates=clear_dates,
    )
    actor = at_the_keyboard()
    edit = transactions.write(
        settings, lambda uow: catalog_price_edit.set_price(uow, actor, ref, wish)
    )
    _print_edits([edit], as_json=as_json)


def set_stock(  # noqa: PLR0913 - each is an option of the command
    ref: Ref,
    units: Annotated[
        str | None, typer.Argument(metavar="[=N|+N|-N]", help="=12 sets; +5 and -3 change.")
    ] = None,
    *,
    policy: Annotated[
        Policy | None, typer.Option(help="What may be sold beyond the units at hand.")
    ] = None,
    limit: Annotated[
        int | None,
        typer.Option(min=0, max=1_000_000, help="How many of these, as back- or preorders."),
    ] = None,
    expected: Annotated[
        str | None, typer.Option(help="When these are expected: 2026-11-27, or none.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Set or change units at hand, and what may be sold beyond them."""
    if units is None and policy is None and limit is None and expected is None:
        raise typer.BadParameter("Say what to change: =N, +N, -N, --policy, --limit or --expected.")
    settings = transactions.current_settings()
    from plantly.domain.catalog import StockPolicy
    from plantly.services import catalog_stock_edit

    exactly, more = _units(units)
    drops = expected == _NONE
    wish = catalog_stock_edit.StockWish(
        units=exactly,
        more=more,
        policy=StockPolicy(policy.value) if policy is not None else None,
        limit=limit,
        expected_at=None if drops else _moment(expected),
        drops_expected=drops,
    )
    actor = at_the_keyboard()
    edit = transactions.write(
        settings, lambda uow: catalog_stock_edit.set_stock(uow, actor, ref, wish)
    )
    _print_edits([edit], as_json=as_json)


def publish(products: Products, *, as_json: AsJson = False) -> None:
    """Show products to shoppers: all that are named, or none of them."""
    settings = transactions.current_settings()
    from plantly.services import catalog_edit

    actor = at_the_keyboard()
    edits = transactions.write(settings, lambda uow: catalog_edit.publish(uow, actor, products))
    _print_edits(edits, as_json=as_json)


def archive(products: Products, *, as_json: AsJson = False) -> None:
    """Take products off the shelves: all that are named, or none of them."""
    settings = transactions.current_settings()
    from plantly.services import catalog_edit

    actor = at_the_keyboard()
    edits = transactions.write(settings, lambda uow: catalog_edit.archive(uow, actor, products))
    _print_edits(edits, as_json=as_json)


def reindex(*, as_json: AsJson = False) -> None:
    """Derive again what listings and searches keep of every product."""
    count = index_catalog(transactions.current_settings())
    if as_json:
        print_json({"products": count})
    else:
        typer.echo(f"{count:,} products are indexed.")


def index_catalog(settings: "Settings") -> int:
    """Derive again what is kept of every product; return how many there are."""
    with counting("Indexing the catalog") as progress:
        return transactions.work_with(settings, lambda db: _reindex(db, progress))


async def _reindex(db: "Database", progress: Callable[[int, int], None]) -> int:
    """Work in transactions of some products each, so that the shop goes on selling."""
    from plantly.services import catalog_edit

    total = await db.read(lambda uow: uow.catalog.count())
    done, after = 0, 0
    while True:
        ids = await db.write(
            partial(catalog_edit.reindex_some, after=after, count=_REFRESHED_AT_ONCE)
        )
        if not ids:
            break
        done, after = done + len(ids), ids[-1]
        progress(done, max(done, total))
    await db.write(catalog_edit.finish_reindexing)
    return done


def _amount(text: str) -> "TypedAmount":
    from plantly.services.typed_amounts import read_amount

    found = read_amount(text)
    if found is None:
        raise typer.BadParameter(f"{text} is no amount: write it like 14.99 or 14.99EUR.")
    return found


def _currency(code: str | None) -> Any:
    from plantly.domain.money import currency

    if code is None:
        return None
    try:
        return currency(code.upper())
    except ValueError as error:
        raise typer.BadParameter(f"{error}.") from error


def _moment(text: str | None) -> datetime | None:
    """Read a day or a moment; what names no zone is UTC."""
    if text is None:
        return None
    try:
        at = datetime.fromisoformat(text)
    except ValueError as error:
        problem = f"{text} is no moment: write it like 2026-11-27 or 2026-11-27T09:00Z."
        raise typer.BadParameter(problem) from error
    return at if at.tzinfo is not None else at.replace(tzinfo=UTC)


def _units(text: str | None) -> tuple[int | None, int]:
    """Read units as how many there are, or as how many more."""
    if text is None:
        return None, 0
    found = _UNITS.fullmatch(text)
    if found is None:
        raise typer.BadParameter(f"{text} is no number of units: write it like =12, +5 or -3.")
    sign, number = found.groups()
    if sign == "=":
        return int(number), 0
    return None, int(f"{sign}{number}")


def _print_edits(edits: "Sequence[Edited]", *, as_json: bool) -> None:
    if as_json:
        print_json([{**asdict(edit), "changed": edit.is_changed} for edit in edits])
        return
    for edit in edits:
        after = described(edit.after)
        name = f"{edit.sku or edit.slug} ({edit.title})"
        if not edit.is_changed:
            text = f"{name} stays as it is: {after}."
        elif edit.before:
            text = f"{name}: {described(edit.before)} -> {after}."
        else:
            text = f"{name}: {after}, new."
        typer.echo(printable(text))
