"""`plantly orders`: what was bought, and what became of it."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from plantly.cli import order_changes, returns, transactions
from plantly.cli.output import AsJson, money, print_json, print_table, printable

if TYPE_CHECKING:
    from plantly.services.orders import MerchantOrder, OrderView

commands = typer.Typer(help="What was bought, and what became of it.", no_args_is_help=True)
commands.command()(order_changes.fulfill)
commands.command()(order_changes.deliver)
commands.command()(order_changes.refund)
commands.command()(order_changes.cancel)
commands.command()(order_changes.resend)
commands.add_typer(returns.commands, name="return")


@commands.command("list")
def list_(
    *,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="At most this many.")] = 50,
    as_json: AsJson = False,
) -> None:
    """List the newest orders."""
    settings = transactions.current_settings()
    from plantly.services.orders import list_orders

    orders = transactions.read(settings, lambda uow: list_orders(uow, limit))
    if as_json:
        print_json([_document(order) for order in orders])
        return
    if not orders:
        typer.echo("There is no order yet.")
        return
    rows = [
        (
            order.order_number,
            order.placed_at,
            order.status,
            str(sum(line.quantity for line in order.lines)),
            money(order.total_minor, order.currency),
        )
        for order in orders
    ]
    print_table(("ORDER", "PLACED", "STATUS", "UNITS", "TOTAL"), rows, right="UNITS TOTAL")


@commands.command()
def show(
    order_number: Annotated[str, typer.Argument(help="Such as PL-4X7K-9Q2M-TB3V-H6WD.")],
    *,
    as_json: AsJson = False,
) -> None:
    """Show one order with its buyer. This prints personal data."""
    settings = transactions.current_settings()
    from plantly.services.orders import show_order

    found = transactions.read(settings, lambda uow: show_order(uow, order_number))
    order, buyer = found.view, found.buyer
    if as_json:
        print_json({**_document(order), **_for_the_merchant(found)})
        return
    typer.echo(f"{order.order_number}  {order.status}  {order.placed_at}\n")
    _print_lines(order)
    if found.breakdown is not None:
        typer.echo("\nHow the total was made\n")
        _print_breakdown(order, found.breakdown)
    typer.echo(f"\nDelivery  {printable(order.fulfillment_title)} ({order.fulfillment_status})")
    _print_aftercare(found)
    if found.terms_version:
        typer.echo(f"Terms     accepted, version {found.terms_version}")
    if found.gift_note:
        typer.echo(f"Gift note {printable(found.gift_note)}")
    if buyer:
        typer.echo(f"Buyer     {', '.join(printable(part) for part in buyer.values() if part)}")


def _print_aftercare(found: "MerchantOrder") -> None:
    order = found.view
    for parcel in found.parcels:
        by = " ".join(filter(None, (parcel.carrier, parcel.tracking_number, parcel.tracking_url)))
        state = f"delivered {parcel.delivered_at}" if parcel.delivered_at else "on its way"
        typer.echo(
            f"Parcel {parcel.number}  {_units(parcel.lines)} ({state}) {printable(by)}".rstrip()
        )
    for refund in order.refunds:
        typer.echo(f"Refund    {money(refund.amount_minor, order.currency)} ({refund.status})")
    for dispute in found.disputes:
        typer.echo(f"Dispute   {money(dispute.amount_minor, dispute.currency)} ({dispute.status})")
    for back in found.returns:
        typer.echo(f"Return {back.number}  {_units(back.lines)}, {back.reason} ({back.status})")
        note = found.return_notes.get(str(back.number))
        if note:
            typer.echo(f"          {printable(note)}")
    for entry in found.history:
        typer.echo(f"History   {entry.at}  {entry.kind} ({entry.actor})")


def _units(lines: Mapping[str, int]) -> str:
    return ", ".join(f"{quantity} x {printable(sku)}" for sku, quantity in lines.items())


def _document(order: "OrderView") -> dict[str, Any]:
    """Give an order as scripts read it: pictures are for people."""
    document = asdict(order)
    for line in document["lines"]:
        del line["picture"]
    return document


def _for_the_merchant(found: "MerchantOrder") -> dict[str, Any]:
    return {
        "buyer": found.buyer,
        "gift_note": found.gift_note,
        "fulfillments": [asdict(parcel) for parcel in found.parcels],
        "returns": [asdict(back) for back in found.returns],
        "disputes": [asdict(dispute) for dispute in found.disputes],
        "return_notes": dict(found.return_notes),
        "history": [asdict(entry) for entry in found.history],
        "terms_version": found.terms_version,
        "breakdown": found.breakdown,
    }


def _print_lines(order: "OrderView") -> None:
    rows = [
        (
            str(line.quantity),
            line.sku,
            f"{line.name}, {line.variant}",
            money(line.total_minor, order.currency),
        )
        for line in order.lines
    ]
    for entry in order.totals:
        title = entry.get("display_text") or entry["type"]
        rows.append(("", "", title, money(entry["amount_minor"], order.currency)))
    print_table(("QTY", "SKU", "ITEM", "AMOUNT"), rows, right="QTY AMOUNT")


def _print_breakdown(order: "OrderView", breakdown: dict[str, Any]) -> None:
    """Print each part with its discounts and taxes, which add up to the total."""
    names = {line.variant_handle: f"{line.name}, {line.variant}" for line in order.lines}
    rows: list[tuple[str, str]] = []
    for line in breakdown["lines"]:
        rows += _part(names.get(line["variant"], line["variant"]), line, order.currency)
    delivery = breakdown["fulfillment"]
    if delivery is not None:
        rows += _part(delivery["title"], delivery, order.currency)
    rows.append(("Total", money(breakdown["total_minor"], order.currency)))
    print_table(("PART", "AMOUNT"), rows, right="AMOUNT")


def _part(title: str, part: dict[str, Any], currency: str) -> list[tuple[str, str]]:
    rows = [(title, money(part["base_minor"], currency))]
    rows += [
        (f"  {discount['label']}", money(-discount["amount_minor"], currency))
        for discount in part["discounts"]
    ]
    for tax in part["taxes"]:
        included = ", included" if tax["included"] else ""
        said = "exempt" if tax["exempt"] else f"{tax['percent']} %{included}"
        rows.append((f"  {tax['title']} ({said})", money(tax["amount_minor"], currency)))
    rows.append(("  together", money(part["total_minor"], currency)))
    return rows
