"""A bundle leaves out what it does not use, and nothing else."""

import pytest

from plantly.widgets.pruning import without_unused_functions, without_unused_rules

SCRIPT = """function used() { return 1; }
function unused() { return onlyThere(); }
function onlyThere() {
  return 2;
}
async function called({ a }) {
  return used();
}
const x = called({});
"""


def test_functions_that_nobody_calls_are_left_out_with_those_they_call() -> None:
    assert without_unused_functions(SCRIPT) == (
        "function used() { return 1; }\n"
        "async function called({ a }) {\n  return used();\n}\n"
        "const x = called({});\n"
    )


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
