"""A bundle leaves out what it does not use, and nothing else."""

from pathlib import Path

import pytest

from plantly.widgets.modules import read_modules
from plantly.widgets.pruning import (
    without_unused_drawings,
    without_unused_functions,
    without_unused_rules,
)

LEAF = """// used() and idle() are spoken of.
export function used() { return own(); }
/** Calls of idle() in idle() are none. */
export function idle() { return onlyThere(); }
function onlyThere() {
  return 2;
}
function own() { return 1; }
"""


def test_functions_that_nobody_calls_are_left_out_with_those_they_call(tmp_path: Path) -> None:
    (tmp_path / "leaf.js").write_text(LEAF)
    (tmp_path / "stem.js").write_text(
        'import { used, idle } from "./leaf.js";\n'
        "export function unseen() { return idle(); }\n"
        "async function called({ a }) {\n  return used(a);\n}\n"
        "called({});\n"
    )
    leaf, stem = without_unused_functions(read_modules(tmp_path / "stem.js"))
    assert [
        name for name in ("used", "idle", "onlyThere", "own") if f"function {name}(" in leaf.body
    ] == [
        "used",
        "own",
    ]
    assert leaf.exports == ("used",)
    assert "unseen" not in stem.body
    assert stem.body.endswith("async function called({ a }) {\n  return used(a);\n}\ncalled({});\n")


def test_icons_that_nobody_names_are_left_out(tmp_path: Path) -> None:
    (tmp_path / "icons.js").write_text('const P = {\n  bag: "M1",\n  lock: "M2",\n};\n')
    (tmp_path / "widget.js").write_text('import {} from "./icons.js";\nicon("bag");\n')
    icons, widget = without_unused_drawings(read_modules(tmp_path / "widget.js"))
    assert icons.body == 'const P = {\n  bag: "M1",\n};\n'
    assert widget.body == 'icon("bag");\n'


@pytest.mark.parametrize(
    "style",
    [
        ".leaf{a:b}",
        "p,.leaf{a:b}",
        ".leaf:not(.gone){a:b}",
        "p:is(.gone,.leaf){a:b}",
        ".badge-red{a:b}",
        ".tag-red .leaf{a:b}",
        "@media (x){.leaf{a:b}}",
        "@keyframes k{from{a:b}50%{a:c}}",
        ":root{--a:1.5px}",
        "[data-x=y] h1{a:b}",
    ],
)
def test_styles_in_use_stay(style: str) -> None:
    users = 'el("p", { class: "big leaf" }, `badge-${x}`, "tag-" + y)'
    assert without_unused_rules(style, users) == style


@pytest.mark.parametrize(
    ("style", "left"),
    [
        (".gone{a:b}p{c:d}", "p{c:d}"),
        (".leaf,.gone{a:b}", ".leaf{a:b}"),
        (".leaf .gone{a:b}", ""),
        (".leafy{a:b}", ""),
        ("@media (x){.gone{a:b}}p{c:d}", "p{c:d}"),
        ("@media (x){.gone{a:b}p{e:f}}", "@media (x){p{e:f}}"),
    ],
)
def test_styles_of_classes_that_nobody_has_are_left_out(style: str, left: str) -> None:
    assert without_unused_rules(style, 'class: "leaf"') == left
