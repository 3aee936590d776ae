"""`plantly orders return`: what comes back."""

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from plantly.cli import transactions
from plantly.cli.order_changes import Lines, Number, quantities
from plantly.cli.output import AsJson, money, print_json
from plantly.cli.refusals import Refusal
from plantly.domain.order_return import ReturnReason

if TYPE_CHECKING:
    from plantly.db import UnitOfWork
    from plantly.services.returns import ReturnView

commands = typer.Typer(help="What comes back.", no_args_is_help=True)

Which = Annotated[int, typer.Argument(min=1, help="Its number in the order: 1, 2, ...")]


@commands.command()
def request(
    order_number: Number,
    *,
    line: Lines = None,
    reason: ReturnReason = ReturnReason.OTHER,
    as_json: AsJson = False,
) -> None:
    """Note that a buyer wants to send something back."""
    lines = quantities(line)
    if lines is None:
        raise Refusal("Say what comes back: --line SKU=1.")
    settings = transactions.current_settings()
    from plantly.services.order_desk import find_order
    from plantly.services.returns import request_return

    def ask(uow: "UnitOfWork") -> "ReturnView":
        return request_return(uow, find_order(uow, order_number), lines, reason)

    _tell(transactions.write(settings, ask), as_json=as_json)


@commands.command()
def approve(order_number: Number, number: Which, *, as_json: AsJson = False) -> None:
    """Agree to take it back."""
    settings = transactions.current_settings()
    from plantly.services.returns import approve_return

    done = transactions.write(settings, lambda uow: approve_return(uow, order_number, number))
    _tell(done, as_json=as_json)


@commands.command()
def decline(order_number: Number, number: Which, *, as_json: AsJson = False) -> None:
    """Refuse to take it back, or give up on what never came."""
    settings = transactions.current_settings()
    from plantly.services.returns import decline_return

    done = transactions.write(settings, lambda uow: decline_return(uow, order_number, number))
    _tell(done, as_json=as_json)


@commands.command()
def receive(
    order_number: Number,
    number: Which,
    *,
    refund: Annotated[bool, typer.Option("--refund", help="Give back what it cost.")] = False,
    restock: Annotated[bool, typer.Option("--restock", help="It is for sale again.")] = False,
    as_json: AsJson = False,
) -> None:
    """Note that it came back."""
    settings = transactions.current_settings()
    from plantly.services.order_desk import find_order
    from plantly.services.returns import Receipt, receive_return

    receipt = Receipt(refund=refund, restock=restock)

    def take(uow: "UnitOfWork") -> "tuple[ReturnView, str]":
        done = receive_return(uow, order_number, number, receipt)
        return done, find_order(uow, order_number).currency

    done, currency = transactions.write(settings, take)
    goes = "" if done.refund_minor is None else f" {money(done.refund_minor, currency)} goes back."
    _tell(done, goes, as_json=as_json)


def _tell(done: "ReturnView", more: str = "", *, as_json: bool) -> None:
    if as_json:
        print_json(asdict(done))
        return
    units = ", ".join(f"{quantity} x {sku}" for sku, quantity in done.lines.items())
    typer.echo(f"Return {done.number} is {done.status}: {units}.{more}")
