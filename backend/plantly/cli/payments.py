"""`plantly payments`: where the money is, and which payments need a person."""

from dataclasses import asdict
from functools import partial
from typing import TYPE_CHECKING, Annotated

import typer

from plantly.cli import transactions
from plantly.cli.output import AsJson, counting, money, print_json, print_table, printable
from plantly.cli.refusals import Refusal

if TYPE_CHECKING:
    from collections.abc import Callable

    from plantly.db import Database
    from plantly.services.attention import AttentionView
    from plantly.services.payment_care import PaymentHistory, PaymentView
    from plantly.services.workflows.ask_now import Asked
    from plantly.settings import Settings

commands = typer.Typer(
    help="Where the money is, and which payments need a person.", no_args_is_help=True
)

Limit = Annotated[int, typer.Option(min=1, max=10_000, help="At most this many.")]
Reference = Annotated[str, typer.Argument(help="Such as pay_...: see `plantly payments list`.")]


@commands.command("list")
def list_(
    *,
    status: Annotated[
        str | None, typer.Option(help="Only these: pending, captured, declined, ...")
    ] = None,
    limit: Limit = 50,
    as_json: AsJson = False,
) -> None:
    """List the newest payments."""
    settings = transactions.current_settings()
    from plantly.services.payment_care import list_payments

    payments = transactions.read(settings, lambda uow: list_payments(uow, limit, status))
    if as_json:
        print_json([asdict(payment) for payment in payments])
    elif not payments:
        typer.echo("There is no such payment." if status else "There is no payment yet.")
    else:
        headings = ("PAYMENT", "STARTED", "STATUS", "AMOUNT", "CAPTURED", "REFUNDED", "ORDER")
        print_table(headings, [_row(p) for p in payments], right="AMOUNT CAPTURED REFUNDED")


@commands.command()
def show(reference: Reference, *, as_json: AsJson = False) -> None:
    """Show one payment with everything that the provider has said of it."""
    settings = transactions.current_settings()
    from plantly.services.payment_care import show_payment

    history = transactions.read(settings, lambda uow: show_payment(uow, reference))
    if as_json:
        print_json(asdict(history))
    else:
        _print_history(history)


@commands.command()
def reconcile(
    reference: Annotated[
        str | None, typer.Argument(help="Only this payment; else all that are not settled.")
    ] = None,
    *,
    all_: Annotated[
        bool, typer.Option("--all", help="The settled ones as well: finds what nobody told us.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Ask the provider now, and take in what it says."""
    settings = transactions.current_settings()
    with counting("Asking the payment provider") as progress:
        ask = partial(_ask, settings=settings, reference=reference, all_=all_, progress=progress)
        asked = transactions.work_with(settings, ask)
    if as_json:
        print_json([asdict(one) for one in asked])
    else:
        changed = [one for one in asked if one.changes]
        for one in changed:
            typer.echo(f"{one.reference}  {', '.join(one.changes)}")
        typer.echo(f"{len(asked)} payments asked about, {len(changed)} of them changed.")
    silent = sum(not one.answered for one in asked)
    if silent:
        raise Refusal(
            f"The provider did not answer for {silent} of {len(asked)} payments: try again later."
        )


@commands.command()
def attention(*, limit: Limit = 50, as_json: AsJson = False) -> None:
    """List the payments that need a person: why, and what to do."""
    settings = transactions.current_settings()
    from plantly.services.attention import list_attention

    waiting = transactions.read(settings, lambda uow: list_attention(uow, limit))
    if as_json:
        print_json([asdict(one) for one in waiting])
        return
    if not waiting:
        typer.echo("No payment needs you.")
        return
    for one in waiting:
        typer.echo(_told(one))


@commands.command()
def retry(reference: Reference) -> None:
    """Do again what was given up on, such as a refund."""
    settings = transactions.current_settings()
    from plantly.services.payment_care import retry_payment

    count = transactions.write(settings, lambda uow: retry_payment(uow, reference))
    typer.echo(f"The worker tries again: {count} thing{'s' if count > 1 else ''}.")


@commands.command()
def resolve(reference: Reference) -> None:
    """Say that you have dealt with a payment: it needs nobody any more."""
    settings = transactions.current_settings()
    from plantly.services.payment_care import resolve_payment

    transactions.write(settings, lambda uow: resolve_payment(uow, reference))
    typer.echo(f"{reference} needs nobody any more.")


async def _ask(
    db: "Database",
    *,
    settings: "Settings",
    reference: str | None,
    all_: bool,
    progress: "Callable[[int, int], None]",
) -> "list[Asked]":
    from plantly.services.workflows.ask_now import Asking, ask_now
    from plantly.services.workflows.till import Till

    async with Till(db, settings).opened() as till:
        return await ask_now(db, till.paced, Asking(reference, all=all_), progress)


def _row(payment: "PaymentView") -> tuple[str, ...]:
    amounts = (payment.amount_minor, payment.captured_minor, payment.refunded_minor)
    return (
        payment.reference,
        payment.created_at,
        f"{payment.status} (needs you)" if payment.attention else payment.status,
        *(money(amount, payment.currency) for amount in amounts),
        payment.order_number or "",
    )


def _print_history(history: "PaymentHistory") -> None:
    payment = history.payment
    typer.echo(f"{payment.reference}  {payment.status}  {payment.created_at}")
    typer.echo(f"Provider  {payment.provider} {printable(payment.session_ref or '')}")
    typer.echo(f"Amount    {money(payment.amount_minor, payment.currency)}")
    if payment.order_number:
        typer.echo(f"Order     {payment.order_number}")
    for dispute in history.disputes:
        typer.echo(
            f"Dispute   {money(dispute.amount_minor, dispute.currency)} ({dispute.status}) "
            f"{printable(dispute.dispute)}"
        )
    if payment.disputed_minor:
        taken = money(payment.disputed_minor, payment.currency)
        typer.echo(f"Taken     {taken} by disputes: it cannot be given back as well")
    if payment.next_poll_at:
        typer.echo(f"Asked     again at {payment.next_poll_at}")
    for topic in history.given_up:
        typer.echo(f"Given up  {topic}: run `plantly payments retry {payment.reference}`")
    if payment.attention:
        typer.echo("Attention this payment needs you: see `plantly payments attention`")
    rows = [
        (fact["recorded_at"], fact["kind"], money(fact["amount_minor"], fact["currency"]))
        for fact in history.facts
    ]
    rows += [
        (
            refund["created_at"],
            f"refund {refund['status']} ({refund['reason']})",
            money(refund["amount_minor"], refund["currency"]),
        )
        for refund in history.refunds
    ]
    if rows:
        typer.echo("")
        print_table(("WHEN", "WHAT", "AMOUNT"), rows, right="AMOUNT")


def _told(one: "AttentionView") -> str:
    order = f", order {one.order_number}" if one.order_number else ""
    captured = money(one.captured_minor, one.currency)
    refunded = money(one.refunded_minor, one.currency)
    return "\n".join(
        [
            f"{one.reference}  {money(one.amount_minor, one.currency)}{order}",
            f"  Why   {one.explanation}",
            f"  Now   {one.status}: {captured} captured, {refunded} refunded",
            f"  Do    {one.remedy}",
            "",
        ]
    )
