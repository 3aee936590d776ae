"""Bundles are built with what is installed: both ways of making them small do."""

import sys
from pathlib import Path

import pytest

from plantly.widgets import minifier
from plantly.widgets.build import BuiltWidget, build_widgets
from plantly.widgets.guard import GZIP_LIMIT
from plantly.widgets.minifier import PLAIN, best_minifier


def test_names_are_shortened_where_the_minifier_for_it_is_installed() -> None:
    best = best_minifier()
    assert best.script("(() => { const longName = 1; f(longName, longName); })()") == (
        "(()=>{const e=1;f(e,e)})()"
    )
    assert best.style("a { color : #ffffff; }") == "a{color:#fff}"


def test_spaces_that_people_see_are_kept() -> None:
    source = 'f(`a  ${b}  c`, "d  e", /f  g/.test(h))'
    for kind in (best_minifier(), PLAIN):
        assert all(part in kind.script(source) for part in ("`a  ${b}  c`", "d  e", "/f  g/"))


def test_without_it_the_widgets_are_built_all_the_same(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, built: list[BuiltWidget]
) -> None:
    monkeypatch.setattr(minifier, "tdewolff", None)
    assert best_minifier() is PLAIN
    plain = build_widgets(tmp_path)
    assert [widget.name for widget in plain] == [widget.name for widget in built]
    # Longer, and no reason to refuse it: the limit is for what can be compared.
    assert all(one.gzip_bytes > other.gzip_bytes for one, other in zip(plain, built, strict=True))
    assert max(widget.gzip_bytes for widget in built) <= GZIP_LIMIT


def test_the_same_source_is_always_shortened_the_same_way(built: list[BuiltWidget]) -> None:
    style = built[0].path.read_text("utf-8").partition("<style>")[2].partition("</style>")[0]
    best = best_minifier()
    assert len({best.style(style) for _ in range(20)}) == 1
    assert "minify" in sys.modules
