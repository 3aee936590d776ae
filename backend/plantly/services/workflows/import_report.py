"""What an import found: problems row by row, and the sum of it all."""

import csv
import json
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Protocol, TextIO

from plantly.services.formats.reading import Problem
from plantly.services.imports import Counts

MAX_SHOWN = 200
_MAX_KINDS = 100
_FORMULA = ("=", "+", "-", "@", "\t")


class ProblemFile(Protocol):
    """Takes every problem as it is found."""

    def add(self, problem: Problem) -> None:
        """Write one down."""


@dataclass(slots=True)
class ImportReport:
    """What an import did, or would do. Only the first problems are kept; all are counted."""

    source: str
    format: str
    dry_run: bool = False
    continued_at: int = 0
    """How many products an import that was broken off had done already."""
    counts: Counts = field(default_factory=Counts)
    read: int = 0
    """Products that the file has and that could be read."""
    skipped: int = 0
    """Rows that could not be taken: by the readers or by the database."""
    notes: int = 0
    problems: list[Problem] = field(default_factory=list)
    kinds: Counter[str] = field(default_factory=Counter)
    written: bool = True
    """False: nothing was, because of `--strict` or `--dry-run`."""
    prunable: int | None = None
    """How many products a dry run with `--prune` would archive."""
    messages: list[str] = field(default_factory=list)
    """Sentences about the whole of it."""
    pictures_fetched: int = 0
    pictures_failed: int = 0
    pictures_remote: int = 0
    seconds: float = 0.0
    file: ProblemFile | None = None

    def add(self, problem: Problem) -> None:
        """Count a problem, and keep it while there are few."""
        if problem.drops_row:
            self.skipped += 1
        else:
            self.notes += 1
        if problem.field in self.kinds or len(self.kinds) < _MAX_KINDS:
            self.kinds[problem.field] += 1
        else:
            self.kinds["other"] += 1
        if self.file is not None:
            self.file.add(problem)
        if len(self.problems) < MAX_SHOWN:
            self.problems.append(problem)

    def add_all(self, problems: Sequence[Problem]) -> None:
        """Count problems."""
        for problem in problems:
            self.add(problem)

    def is_refused(self, *, strict: bool) -> bool:
        """Say whether nothing of the file could be taken, or not all of it that had to be."""
        taken = self.read and self.counts.refused < self.read
        return bool(self.skipped) and (strict or not taken)

    def sentences(self) -> Iterator[str]:
        """Return what people read when it is over."""
        counts = self.counts
        would = "" if self.written else "would be "
        parts = [
            f"{counts.created} {would}created",
            f"{counts.updated} {would}updated",
            f"{counts.unchanged} unchanged",
        ]
        if counts.archived or self.prunable is not None:
            parts.append(f"{self.prunable or counts.archived} {would}archived")
        read = counted(self.read, "product")
        yield f"{self.source} ({self.format}): {read} read: {', '.join(parts)}."
        if self.skipped or self.notes:
            skipped, notes = counted(self.skipped, "row"), counted(self.notes, "note")
            yield f"{skipped} skipped, {notes}."
        if not self.written:
            yield "Nothing was written."
        if self.pictures_fetched or self.pictures_failed:
            failed = f", {self.pictures_failed} could not be" if self.pictures_failed else ""
            yield f"{counted(self.pictures_fetched, 'picture')} fetched{failed}."
        yield from self.messages
        speed = f": {self.rate:.0f} products a second" if self.read else ""
        yield f"It took {self.seconds:.1f} s{speed}."

    @property
    def rate(self) -> float:
        """Return how many products a second were read."""
        return self.read / self.seconds if self.seconds else 0.0

    def document(self) -> dict[str, Any]:
        """Return everything as a script reads it."""
        return {
            "source": self.source,
            "format": self.format,
            "dry_run": self.dry_run,
            "written": self.written,
            "continued_at": self.continued_at,
            "products": {"read": self.read, **asdict(self.counts)},
            "rows_skipped": self.skipped,
            "notes": self.notes,
            "would_archive": self.prunable,
            "problems": [
                {"line": p.line, "field": p.field, "remedy": p.text, "skipped": p.drops_row}
                for p in self.problems
            ],
            "problems_by_field": dict(self.kinds.most_common()),
            "pictures": {
                "fetched": self.pictures_fetched,
                "failed": self.pictures_failed,
                "remote": self.pictures_remote,
            },
            "messages": self.messages,
            "seconds": round(self.seconds, 3),
            "products_per_second": round(self.rate, 1),
        }


def counted(count: int, what: str) -> str:
    """Say how many there are: one row, two rows."""
    return f"{count} {what}" if count == 1 else f"{count} {what}s"


@contextmanager
def problem_file(path: Path) -> Iterator[ProblemFile]:
    """Open a report: JSON lines if it is named `.jsonl` or `.json`, else CSV."""
    with path.open("w", encoding="utf-8", newline="") as file:
        as_lines = path.suffix.casefold() in {".json", ".jsonl", ".ndjson"}
        yield _JsonLines(file) if as_lines else _Csv(file)


class _JsonLines:
    def __init__(self, file: TextIO) -> None:
        self._file = file

    def add(self, problem: Problem) -> None:
        row = {"line": problem.line, "field": problem.field, "remedy": problem.text}
        row["skipped"] = problem.drops_row
        self._file.write(json.dumps(row, ensure_ascii=False) + "\n")


class _Csv:
    def __init__(self, file: TextIO) -> None:
        self._writer = csv.writer(file)
        self._writer.writerow(("line", "field", "remedy", "skipped"))

    def add(self, problem: Problem) -> None:
        self._writer.writerow(
            (
                problem.line,
                _cell(problem.field),
                _cell(problem.text),
                "yes" if problem.drops_row else "no",
            )
        )


def _cell(text: str) -> str:
    """Keep a spreadsheet from reading text of the file as a formula."""
    return f"'{text}" if text.startswith(_FORMULA) else text
