"""Keep every processor awake while milliseconds of waiting are timed (Linux).

A processor of a virtual machine that has nothing to do is lent to somebody else, and the host takes
up to half a millisecond to bring it back: longer than PostgreSQL takes to answer, and paid twice
for every statement. Under load it does not sleep. So each gets something to do that gives way, at
once, to whatever else wants to run there.
"""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Final

_SPIN: Final = """
import os, sys
os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))
os.sched_setaffinity(0, {int(sys.argv[1])})
parent = os.getppid()
while os.getppid() == parent:
    for _ in range(100_000):
        pass
"""


@contextmanager
def wide_awake() -> Iterator[None]:
    """Let no processor that we may use sleep."""
    with ExitStack() as stack:
        for core in sorted(os.sched_getaffinity(0)):
            command = [sys.executable, "-S", "-c", _SPIN, str(core)]
            process = stack.enter_context(subprocess.Popen(command))
            # Called before the process is waited for.
            stack.callback(process.terminate)
        yield
