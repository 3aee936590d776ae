"""What a merchant does with an order: send it, give money back, cancel it."""

from collections.abc import Sequence
from dataclasses import asdict
from secrets import token_urlsafe
from typing import TYPE_CHECKING, Annotated

import typer

from plantly.cli import transactions
from plantly.cli.output import AsJson, money, print_json, printable
from plantly.cli.refusals import Refusal
from plantly.domain.refunds import RefundReason

if TYPE_CHECKING:
    from plantly.db import UnitOfWork
    from plantly.services.fulfillments import Sent
    from plantly.services.order_refunds import RefundGiven

Number = Annotated[str, typer.Argument(help="Such as PL-4X7K-9Q2M-TB3V-H6WD.")]
Lines = Annotated[
    list[str] | None, typer.Option("--line", help="A SKU and how many, such as ALOE-12=2.")
]
Key = Annotated[
    str | None, typer.Option(help="Repeated with the same key, it happens once. Any word will do.")
]


def fulfill(  # noqa: PLR0913 - each is an option of the command
    order_number: Number,
    *,
    line: Lines = None,
    carrier: Annotated[str, typer.Option(help="Who carries it.")] = "",
    tracking: Annotated[str, typer.Option(help="The tracking number.")] = "",
    url: Annotated[str, typer.Option(help="An https address to follow the parcel at.")] = "",
    key: Key = None,
    as_json: AsJson = False,
) -> None:
    """Note that an order was sent: all that is left, or the lines that are named."""
    lines = quantities(line)
    settings = transactions.current_settings()
    from plantly.domain.parcel import Parcel
    from plantly.services.fulfillments import fulfill as send

    parcel, name = Parcel(carrier, tracking, url), key or token_urlsafe(16)
    sent = transactions.write(settings, lambda uow: send(uow, order_number, lines, parcel, name))
    if as_json:
        print_json(asdict(sent))
    else:
        typer.echo(_told_sent(sent))


def deliver(
    order_number: Number,
    *,
    parcel: Annotated[
        int | None, typer.Option(min=1, help="Its number in the order; else all that were sent.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Note that a parcel has arrived."""
    settings = transactions.current_settings()
    from plantly.services.fulfillments import deliver as arrive

    numbers = transactions.write(settings, lambda uow: arrive(uow, order_number, parcel))
    if as_json:
        print_json({"delivered": list(numbers)})
    elif numbers:
        named = ", ".join(map(str, numbers))
        typer.echo(f"Delivered now: parcel{'s' if len(numbers) > 1 else ''} {named}.")
    else:
        typer.echo("That was noted before.")


def refund(  # noqa: PLR0913 - each is an option of the command
    order_number: Number,
    *,
    line: Lines = None,
    amount: Annotated[str | None, typer.Option(help="An amount, such as 12.50.")] = None,
    all_: Annotated[bool, typer.Option("--all", help="All that is left.")] = False,
    restock: Annotated[
        bool, typer.Option("--restock", help="The units are for sale again.")
    ] = False,
    reason: RefundReason = RefundReason.REQUESTED,
    key: Key = None,
    as_json: AsJson = False,
) -> None:
    """Give money back: for lines, an amount, or all of it. The worker asks the provider for it."""
    if sum((line is not None, amount is not None, all_)) != 1:
        raise Refusal("Say what goes back: --line SKU=1, --amount 12.50, or --all.")
    lines, name = quantities(line), key or token_urlsafe(16)
    settings = transactions.current_settings()
    from plantly.services.order_desk import find_order
    from plantly.services.order_refunds import RefundAsk, amount_in, refund_order

    def give(uow: "UnitOfWork") -> "RefundGiven":
        currency = find_order(uow, order_number).currency
        minor = None if amount is None else amount_in(currency, amount)
        return refund_order(uow, order_number, RefundAsk(lines, minor, reason, restock), name)

    given = transactions.write(settings, give)
    if as_json:
        print_json(asdict(given))
    else:
        left = money(given.left_minor, given.currency)
        typer.echo(
            f"{money(given.amount_minor, given.currency)} goes back ({given.status}); "
            f"{left} can still go back."
        )


def cancel(
    order_number: Number,
    *,
    reason: RefundReason = RefundReason.CANCELED,
    as_json: AsJson = False,
) -> None:
    """Cancel an order that nothing was sent of: its units and all its money go back."""
    settings = transactions.current_settings()
    from plantly.services.cancellations import cancel_order

    done = transactions.write(settings, lambda uow: cancel_order(uow, order_number, reason))
    if as_json:
        print_json(asdict(done))
        return
    if not done.is_new:
        typer.echo(f"{done.order_number} was canceled before.")
        return
    units = sum(done.restocked.values())
    typer.echo(
        f"{done.order_number} is canceled: {units} unit{'' if units == 1 else 's'} back on the "
        f"shelf, {money(done.refund_minor, done.currency)} on its way back."
    )


def resend(
    order_number: Number,
    kind: Annotated[str, typer.Argument(help="Such as order_confirmation.")],
    *,
    as_json: AsJson = False,
) -> None:
    """Send a mail about an order again."""
    settings = transactions.current_settings()
    from plantly.services.order_desk import find_order
    from plantly.services.order_mails import resend as again

    said = transactions.write(settings, lambda uow: again(uow, find_order(uow, order_number), kind))
    if as_json:
        print_json({"queued": True, "said": said})
    else:
        typer.echo(said)


def quantities(typed: Sequence[str] | None) -> dict[str, int] | None:
    """Read `SKU=2`; one unit where no number is named."""
    if typed is None:
        return None
    found: dict[str, int] = {}
    for text in typed:
        sku, _, number = text.rpartition("=") if "=" in text else (text, "", "1")
        if not sku.strip() or not number.strip().isdecimal():
            raise Refusal(f"--line takes a SKU and how many, such as ALOE-12=2, not {text}.")
        if sku.strip() in found:
            raise Refusal(f"{sku.strip()} is named twice: name each SKU once.")
        found[sku.strip()] = int(number)
    return found


def _told_sent(sent: "Sent") -> str:
    parcel = sent.parcel
    units = ", ".join(f"{quantity} x {sku}" for sku, quantity in parcel.lines.items())
    left = ", ".join(f"{quantity} x {sku}" for sku, quantity in sent.left.items())
    by = printable(" ".join(filter(None, (parcel.carrier, parcel.tracking_number))))
    said = f"Parcel {parcel.number} is on its way{f' ({by})' if by else ''}: {units}."
    return f"{said} Still to send: {left}." if left else f"{said} Nothing is left to send."
