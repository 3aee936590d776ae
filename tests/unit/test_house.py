"""The files around the code say what the code says."""

import re
import tomllib
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
PYPROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
PROJECT = PYPROJECT["project"]
SOURCES = [p for f in ("backend", "tests") for p in sorted((ROOT / f).rglob("*.py"))]
MAX_LINES = 400


def _read(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def _name(requirement: str) -> str:
    match = re.match(r"[A-Za-z0-9._-]+", requirement)
    assert match is not None
    return re.sub(r"[-_.]+", "-", match[0]).lower()


def test_every_setting_is_explained_in_the_example() -> None:
    name = r"((?:PLANTLY|GR4VY|STRIPE)_[A-Z_]+)"
    files = sorted((ROOT / "backend" / "plantly" / "settings").glob("*.py"))
    code = "".join(file.read_text(encoding="utf-8") for file in files)
    read = set(re.findall(f'"{name}"', code))
    explained = set(re.findall(f"^# {name}=", _read(".env.example"), re.MULTILINE))
    assert explained == read


def test_the_example_changes_nothing_as_it_is() -> None:
    lines = _read(".env.example").splitlines()
    assert [line for line in lines if line and not line.startswith("#")] == []


def test_every_dependency_is_pinned() -> None:
    groups = PROJECT["optional-dependencies"].values()
    wanted = {_name(r) for group in (PROJECT["dependencies"], *groups) for r in group}
    lines = [line for line in _read("constraints.txt").splitlines() if not line.startswith("#")]
    assert all(re.fullmatch(r"[A-Za-z0-9._-]+==[A-Za-z0-9.]+", line) for line in lines)
    assert wanted <= {_name(line) for line in lines}


def test_the_build_uses_what_the_shop_uses() -> None:
    names = {_name(r) for r in PYPROJECT["build-system"]["requires"]}
    assert names - {"hatchling"} <= {_name(r) for r in PROJECT["dependencies"]}


def test_every_decision_is_listed() -> None:
    index = _read("docs/decisions/README.md")
    records = sorted((ROOT / "docs" / "decisions").glob("[0-9]*.md"))
    assert [record.name for record in records if f"({record.name})" not in index] == []


def test_a_file_can_be_read_in_one_sitting() -> None:
    lengths = {path: len(path.read_text(encoding="utf-8").splitlines()) for path in SOURCES}
    assert {str(path): n for path, n in lengths.items() if n > MAX_LINES} == {}
