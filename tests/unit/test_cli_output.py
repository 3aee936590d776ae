"""What the command line shows to somebody who sits at a terminal."""

import io
import re
import sqlite3
import sys

import pytest
from sqlalchemy.exc import OperationalError

from plantly.cli.output import counting, print_table, working
from plantly.cli.refusals import sentence_for


class _Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def _sit_down(monkeypatch: pytest.MonkeyPatch) -> _Terminal:
    """Stand in for the terminal that both streams go to; pytest changes them before each test."""
    screen = _Terminal()
    monkeypatch.setattr(sys, "stdout", screen)
    monkeypatch.setattr(sys, "stderr", screen)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "60")
    return screen


def test_who_stops_reading_is_no_failure_of_the_database() -> None:
    assert sentence_for(BrokenPipeError(32, "Broken pipe")) is None


def test_a_full_disk_is_said_with_a_remedy() -> None:
    told = "The disk is full: make room, then give the same command again."
    assert sentence_for(OSError(28, "No space left on device")) == told
    full = sqlite3.OperationalError("database or disk is full")
    assert sentence_for(OperationalError("INSERT", None, full)) == told


def test_a_shop_of_an_earlier_version_is_to_be_upgraded() -> None:
    old = sqlite3.OperationalError("no such column: stock.policy")
    told = sentence_for(OperationalError("SELECT", None, old))
    assert told is not None
    assert told.endswith("run `plantly db upgrade`.")


def test_a_file_that_cannot_be_used_is_named() -> None:
    error = PermissionError(13, "Permission denied", "report.csv")
    told = "The system said no to report.csv (permission denied): check that it may be used there."
    assert sentence_for(error) == told


def test_a_terminal_sees_that_something_is_going_on(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = _sit_down(monkeypatch)
    with working("Watering"):
        pass
    assert "Watering ..." in terminal.getvalue()


def test_a_terminal_sees_how_far_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = _sit_down(monkeypatch)
    with counting("Planting") as report:
        report(1, 2)
        report(2, 2)
    assert "Planting" in terminal.getvalue()
    assert "100%" in terminal.getvalue()


def test_a_log_gets_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    with counting("Planting") as report:
        report(1, 1)
    with working("Watering"):
        pass
    assert capsys.readouterr().err == "Planting ...\nWatering ...\n"


def test_a_table_fits_the_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = _sit_down(monkeypatch)
    print_table(("NAME", "UNITS"), [("Monstera " * 20, "3")], right="UNITS")
    plain = re.sub(r"\x1b\[[0-9;]*m", "", terminal.getvalue())
    assert max(map(len, plain.splitlines())) <= 60


def test_a_pipe_gets_whole_lines(capsys: pytest.CaptureFixture[str]) -> None:
    print_table(("NAME", "UNITS"), [("Monstera " * 20, "3")])
    assert len(capsys.readouterr().out.splitlines()) == 2


def test_a_mistake_in_the_program_is_no_refusal() -> None:
    assert sentence_for(ZeroDivisionError()) is None


def test_a_missing_driver_is_named() -> None:
    missing = ModuleNotFoundError("No module named 'asyncpg'", name="asyncpg")
    assert sentence_for(missing) == "PostgreSQL needs its driver: pip install 'plantly[postgres]'."


def test_another_missing_module_is_a_mistake() -> None:
    assert sentence_for(ModuleNotFoundError("No module named 'x'", name="x")) is None
