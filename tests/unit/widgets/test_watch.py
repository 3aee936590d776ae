"""Sources that change are built again, and a mistake in them ends nothing."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from plantly.cli.widgets import follow
from plantly.settings import load_settings
from plantly.web.playground import LiveWidgets, playground_router
from plantly.widgets import load_widgets
from plantly.widgets.build import SOURCES
from plantly.widgets.dress import Dress
from plantly.widgets.watch import Build, SourceWatch
from plantly.words import WORDS

SHOP = "https://shop.example"


@pytest.fixture
def sources(tmp_path: Path) -> Path:
    return Path(shutil.copytree(SOURCES, tmp_path / "widgets-src"))


@pytest.fixture
def words(tmp_path: Path) -> Path:
    return Path(shutil.copytree(WORDS, tmp_path / "words", ignore=shutil.ignore_patterns("*.py*")))


@pytest.fixture
def watch(tmp_path: Path, sources: Path, words: Path) -> SourceWatch:
    return SourceWatch(tmp_path / "dist", source_dir=sources, words_dir=words)


def test_only_a_change_is_built(watch: SourceWatch, sources: Path, tmp_path: Path) -> None:
    assert watch.look() is None
    style = sources / "shopping-cart" / "style.css"
    style.write_text(style.read_text() + "\n#app { outline: 7px solid teal; }\n")
    build = watch.look()
    assert build is not None
    assert build.problem is None
    assert "7px" in (tmp_path / "dist" / "shopping-cart.html").read_text()
    assert "shopping-cart" in build.line()
    assert watch.look() is None


def test_a_mistake_is_one_line_and_the_next_change_is_another_chance(
    watch: SourceWatch, sources: Path
) -> None:
    script = sources / "shopping-cart" / "widget.js"
    good = script.read_text()
    script.write_text("import everything;\n" + good)
    broken = watch.look()
    assert broken is not None
    assert broken.line().startswith("not built: widget.js")
    assert "\n" not in broken.line()
    script.write_text(good)
    mended = watch.look()
    assert mended is not None
    assert mended.problem is None


def test_a_template_that_cannot_be_read_is_named(watch: SourceWatch, sources: Path) -> None:
    (sources / "checkout" / "template.html.j2").write_text("{% block %}")
    build = watch.look()
    assert build is not None
    assert build.problem is not None
    assert "checkout/template.html.j2" in build.problem


def test_words_are_watched_too(watch: SourceWatch, words: Path) -> None:
    (words / "de.json").write_text("{}")
    build = watch.look()
    assert build is not None
    assert build.problem is not None


def test_the_command_goes_on_after_a_mistake(watch: SourceWatch, sources: Path) -> None:
    template = sources / "checkout" / "template.html.j2"
    good = template.read_text()
    steps = iter(["{% block %}", good, None, ""])
    said: list[Build] = []

    def wait() -> bool:
        step = next(steps)
        if step:
            template.write_text(step)
        return step != ""

    follow(watch, said.append, wait)
    assert [build.problem is None for build in said] == [True, False, True]


@pytest.fixture
def client(watch: SourceWatch, tmp_path: Path) -> Iterator[TestClient]:
    assert watch.build().problem is None
    dist = tmp_path / "dist"
    widgets = load_widgets(SHOP, "hashed", dist=dist)
    live = LiveWidgets(widgets, watch, lambda: load_widgets(SHOP, "hashed", dist=dist))
    app = FastAPI()
    settings = load_settings({"PLANTLY_PUBLIC_URL": SHOP})
    app.include_router(playground_router(widgets, settings, live))
    with TestClient(app) as client:
        yield client


def test_the_page_of_a_running_shop_gets_the_new_widget(client: TestClient, sources: Path) -> None:
    assert 'data-watch="true"' in client.get("/playground").text
    assert client.get("/playground/build").json() == {"version": 0, "problem": None}
    style = sources / "checkout" / "style.css"
    good = style.read_text()
    style.write_text(good + "\n#app { outline: 7px solid teal; }\n")
    assert client.get("/playground/build").json() == {"version": 1, "problem": None}
    assert "7px" in client.get("/playground/frame/checkout").text
    style.write_text(good + "\n#app { background: url(x.png); }\n")
    answer = client.get("/playground/build").json()
    assert answer["version"] == 2
    assert "loads a file" in answer["problem"]
    assert "7px" in client.get("/playground/frame/checkout").text


def test_tools_hear_that_the_addresses_are_others(watch: SourceWatch, tmp_path: Path) -> None:
    assert watch.build().problem is None
    widgets = load_widgets(SHOP, "hashed", dist=tmp_path / "dist")
    page = tmp_path / "dist" / "checkout.html"
    page.write_text(page.read_text().replace("<title>", "<title>New "))
    before = widgets["checkout"].app_uri
    assert not widgets.wear(Dress())
    widgets.renew(load_widgets(SHOP, "hashed", dist=tmp_path / "dist"))
    assert widgets["checkout"].app_uri != before
    assert widgets.wear(Dress())
    assert not widgets.wear(Dress())
