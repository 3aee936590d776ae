"""Trouble with calls of the sandbox's API, by how often the same call has come."""

import hashlib
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from plantly.db import UnitOfWork
from plantly.domain.sandbox_chaos import MOST_SLOW, Chaos

_KNOBS: Final = ("fail_before", "fail_after", "slow")


@dataclass(frozen=True, slots=True)
class CallTrouble:
    """What goes wrong with one call."""

    fails_before: bool = False
    fails_after: bool = False
    slow: timedelta = timedelta(0)


NO_TROUBLE: Final = CallTrouble()


def may_trouble(chaos: Chaos) -> bool:
    """Say whether calls have to be counted at all."""
    return any(knob.name in _KNOBS for knob in chaos.knobs)


def next_trouble(uow: UnitOfWork, chaos: Chaos, call: str) -> CallTrouble:
    """Count a call, and return what goes wrong with it.

    The number is a part of the name: a call that failed may succeed when it is repeated, and every
    process agrees on which one does.
    """
    name = hashlib.sha256(call.encode()).hexdigest()
    name = f"{call}#{uow.sandbox.count_call(name)}"
    return CallTrouble(
        fails_before=chaos.hits("fail_before", name) is not None,
        fails_after=chaos.hits("fail_after", name) is not None,
        slow=min(MOST_SLOW, chaos.hits("slow", name) or timedelta(0)),
    )
