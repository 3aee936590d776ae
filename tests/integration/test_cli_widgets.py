"""`plantly widgets`."""

from pathlib import Path

import pytest

from plantly import widgets
from plantly.widgets import WIDGETS, WidgetSet, WidgetsNotBuiltError
from plantly.widgets import load as loader
from tests.support.cli import Shell


@pytest.fixture(autouse=True)
def dist(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Build somewhere else than where tests that run at the same time read."""
    monkeypatch.setattr(loader, "DIST", tmp_path / "dist")
    return tmp_path / "dist"


def test_every_widget_is_built(shell: Shell, dist: Path) -> None:
    built = shell.json("widgets", "build")
    assert [widget["name"] for widget in built] == [entry.name for entry in WIDGETS]
    for widget in built:
        assert (dist / f"{widget['name']}.html").stat().st_size == widget["bytes"]
        assert widget["languages"][0] == "en"


def test_people_read_the_sizes_as_a_table(shell: Shell) -> None:
    lines = shell.done("widgets", "build").splitlines()
    assert lines[0].split() == ["WIDGET", "BYTES", "GZIP", "LIMIT", "LANGUAGES"]
    assert lines[-1].split()[0] == "together"
    assert len(lines) == 2 + len(WIDGETS)


def test_a_shop_without_built_widgets_is_told_how_to_build_them(
    shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> WidgetSet:
        raise WidgetsNotBuiltError(Path("product-catalog.html"))

    monkeypatch.setattr(widgets, "load_widgets", refuse)
    assert "plantly widgets build" in shell.run("doctor").stdout


def test_the_widgets_are_listed_with_their_addresses(shell: Shell) -> None:
    shell.done("widgets", "build")
    listed = shell.json("widgets", "list")
    assert [widget["name"] for widget in listed] == [entry.name for entry in WIDGETS]
    assert listed[0]["uri"].startswith("ui://plantly/product-catalog.")
    assert listed[0]["uri"] in shell.done("widgets", "list")
