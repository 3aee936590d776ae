"""`plantly doctor`: what keeps this shop from selling."""

import os
import platform
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from plantly.cli import transactions
from plantly.cli.output import AsJson, print_json, printable
from plantly.cli.refusals import Refusal, sentence_for
from plantly.settings import Settings, SettingsError

if TYPE_CHECKING:
    from plantly.db import UnitOfWork

_MARKS = {"ok": "ok      ", "warning": "warning ", "problem": "PROBLEM "}


@dataclass(frozen=True, slots=True)
class Finding:
    """What one check found: `ok`, a `warning`, or a `problem` that has to be solved."""

    check: str
    state: str
    text: str


def doctor(*, as_json: AsJson = False) -> None:
    """Check the settings, the database, the shop and the widgets, and say what to mend."""
    findings = list(examine())
    if as_json:
        print_json([asdict(finding) for finding in findings])
    else:
        for finding in findings:
            mark = _MARKS[finding.state]
            typer.echo(f"{mark} {finding.check:9} {printable(finding.text)}")
    problems = sum(finding.state == "problem" for finding in findings)
    if problems:
        raise Refusal(f"{problems} problem{'s' if problems > 1 else ''} found.")


def examine() -> Iterator[Finding]:
    """Look at everything that a shop needs, from the outside in."""
    yield Finding("plantly", "ok", f"{version('plantly')} on Python {platform.python_version()}")
    try:
        settings = transactions.current_settings()
    except SettingsError as error:
        yield from (Finding("settings", "problem", problem) for problem in error.problems)
        return
    yield Finding("settings", "ok", f"{settings.env}, public address {settings.public_url}")
    checks: tuple[tuple[str, Callable[[Settings], Iterator[Finding]]], ...] = (
        ("address", _address),
        ("data", _data),
        ("database", _database),
        ("widgets", _widgets),
        ("payment", _payment),
    )
    for name, check in checks:
        try:
            yield from check(settings)
        except Exception as error:
            sentence = sentence_for(error)
            if sentence is None:
                raise
            yield Finding(name, "problem", sentence)


def _address(settings: Settings) -> Iterator[Finding]:
    if not settings.public_url.startswith("https://"):
        yield Finding(
            "address",
            "warning",
            "ChatGPT needs a public https address: set PLANTLY_PUBLIC_URL.",
        )


def _data(settings: Settings) -> Iterator[Finding]:
    folder = settings.data_dir.absolute()
    nearest: Path = next(path for path in (folder, *folder.parents) if path.exists())
    if nearest.is_dir() and os.access(nearest, os.W_OK):
        yield Finding("data", "ok", f"{folder} can be written")
    else:
        yield Finding("data", "problem", f"{folder} cannot be written: set PLANTLY_DATA_DIR.")


def _database(settings: Settings) -> Iterator[Finding]:
    kind = "SQLite" if settings.is_sqlite else "PostgreSQL"
    transactions.refuse_old_tables(settings)
    name, currency, products = transactions.read(settings, _shop)
    yield Finding("database", "ok", kind)
    yield Finding("shop", "ok", f"{name}, in {currency}")
    if products:
        yield Finding("catalog", "ok", f"{products} products")
    else:
        yield Finding("catalog", "problem", "There is nothing to sell: run `plantly catalog seed`.")
    yield from _care(settings)


def _shop(uow: "UnitOfWork") -> tuple[str, str, int]:
    config = uow.shop.current().config
    return config.name, config.currency, uow.catalog.count()


def _widgets(settings: Settings) -> Iterator[Finding]:
    from plantly.widgets import load_widgets

    widgets = load_widgets(settings.public_url, "hashed")
    yield Finding("widgets", "ok", ", ".join(widgets))


def _payment(settings: Settings) -> Iterator[Finding]:
    if settings.payment_provider == "sandbox":
        yield Finding("payment", "warning", "The sandbox provider moves no money.")
    else:
        yield Finding("payment", "ok", settings.payment_provider)


def _care(settings: Settings) -> Iterator[Finding]:
    """Say what has to be seen to, if anything has."""
    from plantly.services.payment_care import what_to_see_to

    provider = settings.payment_provider
    found = transactions.read(settings, lambda uow: what_to_see_to(uow, provider))
    for count, text in (
        (found.payments, "payments need you: see `plantly payments attention`."),
        (
            found.elsewhere,
            (
                "payments were begun at another provider and are not finished: set it again, and "
                "run `plantly payments reconcile` until none is left."
            ),
        ),
        (
            found.given_up,
            "messages to the provider were given up on: `plantly payments attention`.",
        ),
        (found.stuck_webhooks, "webhooks wait for the worker: is it running?"),
        (found.parked_webhooks, "webhooks speak of payments that are not known here."),
        (found.unsent_mails, "mails could not be sent: see `plantly mail failed`."),
        (found.older_secrets, "older secrets are still accepted: see `plantly secrets list`."),
        (found.switched_off, "of your systems are told nothing more: `plantly outgoing list`."),
        (
            found.undelivered,
            "outgoing webhooks were given up on: `plantly outgoing deliveries --dead`.",
        ),
    ):
        if count:
            yield Finding("care", "warning", f"{count} {text}")
