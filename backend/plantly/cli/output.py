"""What the commands print: JSON for scripts, tables and progress for people."""

import json
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Annotated

import typer

from plantly.domain.money import Currency, Money

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, for scripts.")]


def print_json(value: object) -> None:
    """Print a value as indented JSON, as it is: accents stay accents."""
    typer.echo(json.dumps(value, indent=2, ensure_ascii=False))


def print_table(headings: Sequence[str], rows: Sequence[Sequence[str]], right: str = "") -> None:
    """Print rows under headings; `right` names the headings whose column is aligned right.

    Values are somebody's input: they are printed as text, never as markup.
    """
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    for heading in headings:
        table.add_column(heading, justify="right" if heading in right.split() else "left")
    for row in rows:
        table.add_row(*(Text(printable(value)) for value in row))
    # What reads from a pipe wants whole lines, however long.
    width = None if sys.stdout.isatty() else _PIPE_WIDTH
    Console(file=sys.stdout, highlight=False, width=width).print(table)


def printable(text: str) -> str:
    """Replace what could steer a terminal."""
    return "".join(character if character.isprintable() else " " for character in text)


def money(amount_minor: int, currency: str) -> str:
    """Write an amount for people: `14.99 USD`."""
    return f"{Money(amount_minor, Currency(currency)).major()} {currency}"


@contextmanager
def working(what: str) -> Iterator[None]:
    """Show on stderr that something takes its time; a log gets one line instead."""
    if not sys.stderr.isatty():
        typer.echo(f"{what} ...", err=True)
        yield
        return
    from rich.console import Console

    with Console(stderr=True).status(f"{what} ..."):
        yield


@contextmanager
def counting(what: str) -> Iterator[Callable[[int, int], None]]:
    """Show on stderr how far something is: the caller reports how many of how many are done."""
    if not sys.stderr.isatty():
        typer.echo(f"{what} ...", err=True)
        yield _say_nothing
        return
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task(what, total=None)

        def report(done: int, total: int) -> None:
            progress.update(task, completed=done, total=total)

        yield report


_PIPE_WIDTH = 10_000


def _say_nothing(_done: int, _total: int) -> None:
    """Take a report for nobody."""
