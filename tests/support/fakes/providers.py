"""Every provider that the stories are told of, by its name."""

from collections.abc import Callable, Mapping
from typing import Final

from plantly.db import Database
from tests.support.clock import MovableClock
from tests.support.fakes.sides import SandboxSide, Side

SIDES: Final[Mapping[str, Callable[[Database, MovableClock], Side]]] = {
    "sandbox": SandboxSide,
}
