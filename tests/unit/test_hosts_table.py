"""What `docs/hosts.md` promises is shown by tests that are there."""

import ast
import re
from functools import cache
from pathlib import Path
from typing import Final

import pytest

ROOT: Final = Path(__file__).parents[2]
PAGE: Final = (ROOT / "docs" / "hosts.md").read_text(encoding="utf-8")
COMPLAINTS: Final = (
    "tests/integration/test_complaints.py",
    "tests/e2e/widgets/test_complaints_widgets.py",
)
_NAMED = re.compile(r"`(tests/[\w/]+\.py)(?:::(test_\w+))?`")
_ROW = re.compile(r"^\| ([SH]?\d+) \|.*\|$", re.MULTILINE)


def rows() -> dict[str, str]:
    return {found[1]: found[0] for found in _ROW.finditer(PAGE)}


@cache
def names_in(file: str) -> frozenset[str]:
    tree = ast.parse((ROOT / file).read_text(encoding="utf-8"))
    kinds = ast.FunctionDef | ast.AsyncFunctionDef
    return frozenset(node.name for node in ast.walk(tree) if isinstance(node, kinds))


@pytest.mark.parametrize("row", rows())
def test_every_row_names_tests_that_are_there(row: str) -> None:
    named = _NAMED.findall(rows()[row])
    assert named, f"row {row} names no test"
    for file, name in named:
        assert not name or name in names_in(file), f"{file} has no {name}"


def test_no_row_is_missing() -> None:
    demands = [f"H{number}" for number in range(1, 15)]
    strict = [f"S{number}" for number in range(1, 6)]
    assert list(rows()) == [*strict, *(str(number) for number in range(1, 24)), *demands]


@pytest.mark.parametrize("number", range(1, 24))
def test_every_complaint_has_a_test_that_carries_its_number(number: int) -> None:
    carried = [name for file in COMPLAINTS for name in names_in(file)]
    mine = [name for name in carried if name.startswith(f"test_complaint_{number:02}_")]
    assert mine, f"no test carries complaint {number}"
    assert all(name in rows()[str(number)] for name in mine)
