"""How the command says no: one sentence on stderr and exit code 1, never a traceback."""

import errno
import socket
from typing import Any

import typer
from typer.core import TyperGroup

from plantly.cli.output import printable

REFUSED = 1
"""Exit code of a command that understood and refused; 2 is one that was misspelled."""

# The edge may not import these, so it recognises their errors by where they are from.
_DATABASE_PACKAGES = {"sqlalchemy", "asyncpg"}
_FULL = "The disk is full: make room, then give the same command again."
_NOT_UPGRADED = ("no such table", "no such column", "does not exist")
"""What SQLite and PostgreSQL say of a shop that was made by an earlier version, or not at all."""


class Refusal(Exception):
    """Something that the command will not do, in one sentence that says what to do instead."""


class RefusingGroup(TyperGroup):
    """A group of commands that turns every expected failure into a refusal."""

    def invoke(self, ctx: Any) -> Any:
        """Run the command; see `main` of this module's package for the exit codes."""
        try:
            return super().invoke(ctx)
        except Exception as error:
            sentence = sentence_for(error)
            if sentence is None:
                raise
            # Sentences cite files and arguments, which may hold what steers a terminal.
            typer.echo("\n".join(map(printable, sentence.splitlines())), err=True)
            raise typer.Exit(REFUSED) from error


def sentence_for(error: Exception) -> str | None:
    """Say what an expected failure means, or give None for a mistake in the program."""
    from plantly.domain.errors import ShopError
    from plantly.settings import SettingsError
    from plantly.widgets import WidgetsNotBuiltError
    from plantly.widgets.guard import WidgetBuildError

    said = (Refusal, ShopError, SettingsError, WidgetsNotBuiltError, WidgetBuildError)
    if isinstance(error, said):
        return str(error)
    if isinstance(error, ModuleNotFoundError) and error.name == "asyncpg":
        return "PostgreSQL needs its driver: pip install 'plantly[postgres]'."
    if _is_of_the_database(error):
        return _database_sentence(error)
    if isinstance(error, OSError):
        return _system_sentence(error)
    return None


def may_pass(error: Exception) -> bool:
    """Say whether the database broke off what it can do at another moment."""
    return _is_of_the_database(error) and not any(sign in str(error) for sign in _NOT_UPGRADED)


def _is_of_the_database(error: Exception) -> bool:
    return type(error).__module__.partition(".")[0] in _DATABASE_PACKAGES


def _system_sentence(error: OSError) -> str | None:
    if isinstance(error, BrokenPipeError):
        # Who read our output, such as `head`, has enough: typer ends without a word.
        return None
    if isinstance(error, ConnectionError | TimeoutError | socket.gaierror):
        return f"The database does not answer ({error}): check PLANTLY_DATABASE_URL."
    if error.errno == errno.ENOSPC:
        return _FULL
    if error.filename is None or error.strerror is None:
        return f"The system said no: {error}."
    reason = f"{error.strerror[:1].lower()}{error.strerror[1:]}"
    return f"The system said no to {error.filename} ({reason}): check that it may be used there."


def _database_sentence(error: Exception) -> str:
    reason = str(getattr(error, "orig", None) or error).splitlines()[0]
    if any(sign in reason for sign in _NOT_UPGRADED):
        return f"The database is not ready ({reason}): run `plantly db upgrade`."
    if "disk is full" in reason or "No space left" in reason:
        return _FULL
    return f"The database said no: {reason}."
