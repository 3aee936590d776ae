import shutil
from pathlib import Path

import pytest
from jinja2 import UndefinedError

from plantly.widgets import WIDGETS
from plantly.widgets.build import SOURCES, BuiltWidget, build_widgets, open_workshop, render_widget
from plantly.widgets.guard import GZIP_LIMIT, GZIP_LIMIT_TOGETHER, WidgetBuildError
from plantly.widgets.minifier import PLAIN


@pytest.fixture
def sources(tmp_path: Path) -> Path:
    return Path(shutil.copytree(SOURCES, tmp_path / "widgets-src"))


def test_every_registered_widget_is_built(built: list[BuiltWidget], dist: Path) -> None:
    assert [widget.name for widget in built] == [entry.name for entry in WIDGETS]
    assert sorted(path.name for path in dist.iterdir()) == sorted(w.path.name for w in built)


def test_each_bundle_is_light_and_all_together_too(built: list[BuiltWidget]) -> None:
    assert all(widget.gzip_bytes <= GZIP_LIMIT for widget in built)
    assert sum(widget.gzip_bytes for widget in built) <= GZIP_LIMIT_TOGETHER
    assert all(widget.bytes == widget.path.stat().st_size for widget in built)


def test_identical_sources_give_identical_bytes(
    built: list[BuiltWidget], sources: Path, tmp_path: Path
) -> None:
    again = build_widgets(tmp_path / "again", source_dir=sources)
    assert [w.path.read_bytes() for w in again] == [w.path.read_bytes() for w in built]


def test_a_bundle_is_one_file_with_everything_inside(built: list[BuiltWidget]) -> None:
    for widget in built:
        html = widget.path.read_text()
        assert html.startswith("<!doctype html>")
        assert html.count("<script>") == html.count("<style>") == 1
        assert "/*" not in html.replace("*/*", "")


def test_a_widget_that_would_load_something_is_not_built(sources: Path, tmp_path: Path) -> None:
    style = sources / "checkout" / "style.css"
    style.write_text(style.read_text() + "\nbody { background: url(https://cdn.example/leaf.png) }")
    with pytest.raises(WidgetBuildError, match=r"checkout has .* loads a file"):
        build_widgets(tmp_path / "out", source_dir=sources)
    assert not (tmp_path / "out").exists()


def test_text_in_a_template_is_escaped(sources: Path) -> None:
    template = sources / "checkout" / "template.html.j2"
    template.write_text(
        '{% extends "_shared/frame.html.j2" %}{% block skeleton %}{{ "<b>&" }}{% endblock %}'
    )
    entry = next(entry for entry in WIDGETS if entry.name == "checkout")
    assert "&lt;b&gt;&amp;" in render_widget(entry, open_workshop(sources))


def test_a_name_that_nobody_gives_stops_the_build(sources: Path) -> None:
    template = sources / "checkout" / "template.html.j2"
    template.write_text(template.read_text() + "{% block x %}{{ nobody }}{% endblock %}")
    frame = sources / "_shared" / "frame.html.j2"
    frame.write_text(frame.read_text() + "{{ nobody }}")
    with pytest.raises(UndefinedError):
        render_widget(WIDGETS[2], open_workshop(sources))


def test_a_script_cannot_end_its_own_element(sources: Path) -> None:
    script = sources / "checkout" / "widget.js"
    script.write_text(script.read_text() + '\nconst end = "</script>";\n')
    with pytest.raises(WidgetBuildError, match="end its own element"):
        render_widget(WIDGETS[2], open_workshop(sources, minifier=PLAIN))


def test_a_bundle_that_is_no_longer_built_goes_away(sources: Path, tmp_path: Path) -> None:
    (tmp_path / "former.html").write_text("former")
    (tmp_path / "notes.txt").write_text("mine")
    built = build_widgets(tmp_path, source_dir=sources)
    assert {path.name for path in tmp_path.glob("*.*")} == {
        "notes.txt",
        *(widget.path.name for widget in built),
    }


def test_without_the_sources_the_build_says_what_is_missing(tmp_path: Path) -> None:
    with pytest.raises(WidgetBuildError, match="from a checkout"):
        build_widgets(tmp_path / "out", source_dir=tmp_path / "nowhere")
