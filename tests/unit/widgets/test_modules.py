from pathlib import Path

import pytest

from plantly.widgets.guard import WidgetBuildError
from plantly.widgets.modules import join_modules, read_modules


def _write(folder: Path, **files: str) -> Path:
    for name, source in files.items():
        (folder / f"{name}.js").write_text(source)
    return folder / "entry.js"


def test_each_module_comes_once_and_before_those_that_need_it(tmp_path: Path) -> None:
    entry = _write(
        tmp_path,
        entry='import { left } from "./left.js";\n'
        'import { right } from "./right.js";\nleft(right());\n',
        left='import { base } from "./base.js";\nexport function left(x) { return base(x); }\n',
        right='import { base } from "./base.js";\n'
        "export async function right() { return base(1); }\n",
        base="export function base(x) { return x; }\n",
    )
    script = join_modules(read_modules(entry))
    assert script.count("function base(x)") == 1
    assert script.index("function base(x)") < script.index("function left(x)")
    assert script.index("function right()") < script.index("left(right())")
    assert "import" not in script
    assert "export" not in script


def test_an_import_over_several_lines_is_understood(tmp_path: Path) -> None:
    entry = _write(
        tmp_path,
        entry='import {\n  one,\n  two,\n} from "./both.js";\none(two());\n',
        both="export function one(x) { return x; }\nexport function two() {}\n",
    )
    assert join_modules(read_modules(entry)).endswith("\none(two());\n\n})();\n")


def test_modules_share_a_scope_where_their_own_names_differ(tmp_path: Path) -> None:
    entry = _write(
        tmp_path,
        entry='import { left } from "./left.js";\nimport { right } from "./right.js";\n'
        "const same = 3;\nleft(right(same));\n",
        left="const same = 1;\nexport function left(x) { return x + same; }\n",
        right="let a, same = 2;\nexport function right(x) { return x * same; }\n",
    )
    script = join_modules(read_modules(entry))
    assert script.count("const { right } = (() => {") == 1
    assert "const { left }" not in script
    assert script.endswith("{\nconst same = 3;\nleft(right(same));\n\n}\n})();\n")


@pytest.mark.parametrize(
    ("left", "problem"),
    [
        ("export function right() {}\n", "left.js and right.js both export right"),
        ("const { a, location } = b;\n", "left.js takes the name location from the browser"),
        ("export function setTimeout() {}\n", "left.js takes the name setTimeout"),
    ],
)
def test_names_that_modules_cannot_share_are_refused(
    tmp_path: Path, left: str, problem: str
) -> None:
    entry = _write(
        tmp_path,
        entry='import { right } from "./right.js";\nimport {} from "./left.js";\n',
        left=left,
        right="export function right() {}\n",
    )
    with pytest.raises(WidgetBuildError, match=problem):
        join_modules(read_modules(entry))


@pytest.mark.parametrize(
    ("files", "problem"),
    [
        ({"entry": 'import { a } from "./gone.js";\n'}, "entry.js needs gone.js"),
        (
            {"entry": 'import { b } from "./a.js";\n', "a": "export function a() {}\n"},
            "imports b, which nobody exports",
        ),
        (
            {
                "entry": 'import { a } from "./a.js";\n',
                "a": 'import { b } from "./b.js";\nexport function a() {}\n',
                "b": 'import { a } from "./a.js";\nexport function b() {}\n',
            },
            "a.js imports itself through b.js",
        ),
        ({"entry": 'import * as a from "./a.js";\n'}, "does not know"),
        ({"entry": "export default 1;\n"}, "does not know"),
        ({"entry": "export const a = 1;\n"}, "does not know"),
    ],
)
def test_what_cannot_be_joined_is_named(
    tmp_path: Path, files: dict[str, str], problem: str
) -> None:
    with pytest.raises(WidgetBuildError, match=problem):
        read_modules(_write(tmp_path, **files))


def test_a_missing_entry_is_named(tmp_path: Path) -> None:
    with pytest.raises(WidgetBuildError, match=r"needs entry\.js"):
        read_modules(tmp_path / "entry.js")
