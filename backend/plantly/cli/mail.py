"""`plantly mail`: try the way out, and see to mails that nobody took."""

from dataclasses import asdict
from typing import Annotated

import anyio
import typer

from plantly.cli import transactions
from plantly.cli.output import AsJson, print_json, print_table
from plantly.cli.refusals import Refusal

commands = typer.Typer(help="Mails to buyers and to you.", no_args_is_help=True)


@commands.command()
def test(
    address: Annotated[str, typer.Argument(help="Where to: an address of your own.")],
) -> None:
    """Send a mail with the settings as they are, and say what comes of it."""
    settings = transactions.current_settings()
    if settings.mail.mode == "off":
        raise Refusal("PLANTLY_MAIL is off: set it to smtp, and say where with PLANTLY_SMTP_URL.")
    from plantly.services.workflows.mails import send_test

    shop = transactions.read(settings, lambda uow: uow.shop.current().config)
    trouble = anyio.run(send_test, settings, shop.name, address)
    if trouble is not None:
        raise Refusal(trouble)
    typer.echo("The mail server took it. Look into the mailbox, and into its spam.", err=True)


@commands.command()
def failed(*, as_json: AsJson = False) -> None:
    """List the mails that were given up on."""
    settings = transactions.current_settings()
    from plantly.services.mail_care import list_failed_mails

    found = transactions.read(settings, list_failed_mails)
    if as_json:
        print_json([asdict(mail) for mail in found])
        return
    rows = [
        (mail.order_number, mail.kind, mail.trouble, str(mail.tries), mail.given_up_at[:16])
        for mail in found
    ]
    if not rows:
        typer.echo("Every mail was taken, or is still being tried.")
        return
    print_table(("ORDER", "MAIL", "TROUBLE", "TRIES", "GIVEN UP"), rows)


@commands.command()
def retry(
    order_number: Annotated[
        str | None, typer.Argument(help="Of this order only; without it, of all.")
    ] = None,
) -> None:
    """Try once more what was given up on."""
    settings = transactions.current_settings()
    from plantly.services.mail_care import retry_failed_mails

    count = transactions.write(settings, lambda uow: retry_failed_mails(uow, order_number))
    typer.echo(f"{count} queued again.")


@commands.command()
def drop() -> None:
    """Be done with what was given up on, without sending it."""
    settings = transactions.current_settings()
    from plantly.services.mail_care import drop_failed_mails

    typer.echo(f"{transactions.write(settings, drop_failed_mails)} will not be sent.")
