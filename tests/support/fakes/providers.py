"""Every provider that the stories are told of, by its name."""

from collections.abc import Callable, Mapping
from typing import Final

from plantly.db import Database
from tests.support.clock import MovableClock
from tests.support.fakes.gr4vy_provider import FakeGr4vy
from tests.support.fakes.sides import FakeSide, SandboxSide, Side
from tests.support.fakes.stripe_provider import FakeStripe

SIDES: Final[Mapping[str, Callable[[Database, MovableClock], Side]]] = {
    "sandbox": SandboxSide,
    "gr4vy": lambda _, clock: FakeSide(FakeGr4vy(clock, "http://127.0.0.1:9101")),
    "stripe": lambda _, clock: FakeSide(FakeStripe(clock, "http://127.0.0.1:9102")),
}
