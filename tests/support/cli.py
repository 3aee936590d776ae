"""The command line, run in this process."""

import json
import os
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from plantly.cli import application


class Shell:
    """Runs `plantly` in a directory of its own; the shop stands under `.plantly` there."""

    def __init__(self, directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.directory = directory
        self._monkeypatch = monkeypatch
        monkeypatch.chdir(directory)
        for name in os.environ:  # noqa: TID251 - what the developer's own shop has set
            if name.startswith("PLANTLY_") or name == "PORT":
                monkeypatch.delenv(name)

    def set(self, name: str, value: str) -> None:
        """Set a variable of the environment."""
        self._monkeypatch.setenv(name, value)

    def run(self, *arguments: str) -> Result:
        """Run one command, whatever comes of it; a traceback is an error of the test."""
        result = CliRunner().invoke(application, arguments)
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result

    def done(self, *arguments: str) -> str:
        """Run a command that has to succeed and give what it printed."""
        result = self.run(*arguments)
        assert result.exit_code == 0, result.output
        return result.stdout

    def json(self, *arguments: str) -> Any:
        """Run a command with --json and give what it printed."""
        return json.loads(self.done(*arguments, "--json"))

    def refused(self, *arguments: str) -> str:
        """Run a command that has to be refused and give the reason."""
        result = self.run(*arguments)
        assert result.exit_code == 1, result.output
        return result.stderr
