"""Run experiments one after the other, and print what each of them found."""

import argparse
import json
import secrets
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from plantly.cli.preparation import build_stale_widgets
from plantly.db import migrations
from tests.chaos.experiments import EXPERIMENTS
from tests.chaos.lab import Engine, Experiment, Lab, Outcome
from tests.support.memory import keep_temporary_files_in_memory
from tests.support.postgres import running_postgres

Document = dict[str, Any]
ENGINES: tuple[Engine, ...] = ("sqlite", "postgresql")
_SHOWN_FINDINGS = 10


@dataclass(frozen=True)
class Result:
    """An experiment on one engine with one seed, and how long it took."""

    experiment: Experiment
    engine: Engine
    seed: int
    seconds: float
    outcome: Outcome

    def document(self) -> Document:
        """Return it as JSON values."""
        return {
            "experiment": self.experiment.name,
            "promise": self.experiment.promise,
            "engine": self.engine,
            "seed": self.seed,
            "seconds": round(self.seconds, 1),
            "counts": dict(self.outcome.counts),
            "findings": self.outcome.findings,
        }


def main(arguments: Sequence[str] | None = None) -> int:
    """Run what was asked for; 1 when anything did not hold."""
    asked = _parser().parse_args(arguments)
    engines: Sequence[Engine] = asked.engine or ENGINES
    chosen = [e for e in EXPERIMENTS if not asked.only or e.name in asked.only]
    unknown = set(asked.only) - {experiment.name for experiment in EXPERIMENTS}
    if unknown:
        names = ", ".join(experiment.name for experiment in EXPERIMENTS)
        sys.stderr.write(f"No experiment {', '.join(sorted(unknown))}: there are {names}.\n")
        return 2
    # Of a clean checkout nobody has built the widgets, and a shop does not open without.
    build_stale_widgets()
    seed = secrets.randbits(32) if asked.seed is None else asked.seed
    sys.stderr.write(f"seed {seed}: run it again with --seed {seed}\n")
    if not asked.full:
        # No disk is waited for: what is killed is a process, and what it wrote is the kernel's.
        keep_temporary_files_in_memory()
    if len(engines) > 1 and not asked.full:
        results = _side_by_side(engines, asked.only, seed)
    else:
        with _databases(engines) as make:
            results = [
                _run(experiment, engine, seed, full=asked.full, make=make).document()
                for experiment in chosen
                for engine in engines
                if engine in experiment.engines
            ]
    if asked.json:
        sys.stdout.write(json.dumps(results, indent=2) + "\n")
    else:
        _table(results)
    return int(any(result["findings"] for result in results))


def _side_by_side(engines: Sequence[Engine], only: Sequence[str], seed: int) -> list[Document]:
    """Run each engine in a process of its own, at the same time.

    Experiments wait most of the time. A full run does without, because there waits are measured.
    """
    chosen = [argument for name in only for argument in ("--only", name)]
    command = [sys.executable, "-m", "tests.chaos", "--json", "--seed", str(seed), *chosen]
    running = [
        subprocess.Popen([*command, "--engine", engine], stdout=subprocess.PIPE)
        for engine in engines
    ]
    said = [child.communicate()[0] for child in running]
    if any(child.returncode not in {0, 1} for child in running):
        raise RuntimeError("An engine was not run to its end.")
    return [result for text in said for result in json.loads(text)]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    parser.add_argument("--full", action="store_true", help="every experiment at its full size")
    parser.add_argument("--engine", action="append", choices=ENGINES, help="both without it")
    parser.add_argument("--only", action="append", default=[], metavar="NAME")
    parser.add_argument("--seed", type=int, help="repeat a run")
    parser.add_argument("--json", action="store_true")
    return parser


NewDatabase = Callable[[Engine, Path, str], str]


@contextmanager
def _databases(engines: Sequence[Engine]) -> Iterator[NewDatabase]:
    """Give a maker of migrated databases; a server is started for those that need one."""
    with ExitStack() as stack:
        server = stack.enter_context(running_postgres()) if "postgresql" in engines else None

        def make(engine: Engine, folder: Path, name: str) -> str:
            if engine == "sqlite":
                url = f"sqlite:///{folder / name}.db"
            else:
                assert server is not None
                url = server.create_database(f"{name}_{secrets.token_hex(4)}")
            migrations.upgrade(url)
            return url

        yield make


def _run(
    experiment: Experiment, engine: Engine, seed: int, *, full: bool, make: NewDatabase
) -> Result:
    folder = Path(tempfile.mkdtemp(prefix="plantly-chaos-"))
    began = time.monotonic()

    def say(text: str) -> None:
        elapsed = time.monotonic() - began
        sys.stderr.write(f"  {experiment.name}, {engine}, {elapsed:5.1f} s: {text}\n")

    lab = Lab(engine, seed, full, folder, lambda name: make(engine, folder, name), say)
    try:
        outcome = experiment.run(lab)
    except Exception as error:  # noqa: BLE001 - the others are run all the same
        outcome = Outcome(findings=[f"it broke: {type(error).__name__}: {error}"])
    seconds = time.monotonic() - began
    if not outcome.findings:
        shutil.rmtree(folder, ignore_errors=True)
    else:
        say(f"what is left of it is in {folder}")
    say("done" if not outcome.findings else f"{len(outcome.findings)} findings")
    return Result(experiment, engine, seed, seconds, outcome)


def _table(results: Sequence[Document]) -> None:
    for result in results:
        findings = result["findings"]
        held = "FAILED" if findings else "held"
        counts = ", ".join(f"{name} {value:,}" for name, value in result["counts"].items())
        sys.stdout.write(
            f"{held:7}{result['experiment']:22}{result['engine']:11}{result['seconds']:7.1f} s  "
            f"seed {result['seed']}  {counts}\n"
        )
        for finding in findings[:_SHOWN_FINDINGS]:
            sys.stdout.write(f"       - {finding}\n")
        more = len(findings) - _SHOWN_FINDINGS
        if more > 0:
            sys.stdout.write(f"       - and {more} more\n")
