"""What `plantly serve` does before it serves, and what it says."""

import os
import socket
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from plantly.cli import preparation, transactions
from plantly.cli.serve import announcement
from plantly.db import migrations
from plantly.settings import Settings, load_settings
from plantly.widgets import WIDGETS
from plantly.widgets import load as loader
from tests.support.cli import Shell
from tests.support.http import free_port


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return load_settings({"PLANTLY_DATA_DIR": str(tmp_path / "data")})


@pytest.fixture
def dist(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Let the widgets be built somewhere else than where the real shop has them."""
    monkeypatch.setattr(loader, "DIST", tmp_path / "dist")
    return tmp_path / "dist"


def test_a_new_shop_is_prepared_whole(settings: Settings, dist: Path) -> None:
    preparation.prepare(settings)
    assert preparation.shop_name(settings) == "Plantly"
    assert len(list(dist.glob("*.html"))) == len(WIDGETS)


def test_preparing_again_keeps_what_was_changed(settings: Settings, dist: Path) -> None:
    preparation.prepare(settings)
    transactions.write(
        settings,
        lambda uow: uow.shop.apply(
            replace(uow.shop.current().config, name="Mine"), (), "v_2", uow.now
        ),
    )
    preparation.prepare(settings)
    assert preparation.shop_name(settings) == "Mine"


def test_two_that_prepare_the_same_shop_fill_it_once(database_url: str) -> None:
    settings = load_settings({"PLANTLY_DATABASE_URL": database_url})
    start = threading.Barrier(2)

    def fill(_: int) -> int:
        start.wait(10)
        return preparation.seed(settings, if_empty=True)

    with ThreadPoolExecutor(2) as threads:
        counts = sorted(threads.map(fill, range(2)))
    assert counts[0] == 0
    assert transactions.read(settings, lambda uow: uow.catalog.count()) == counts[1] > 0


def test_a_shop_that_has_no_products_yet_gets_no_plants(settings: Settings, dist: Path) -> None:
    preparation.prepare(settings)
    other = replace(settings, database_url=f"{settings.database_url}2")
    config = transactions.read(settings, lambda uow: uow.shop.current().config)
    migrations.upgrade(other.database_url)
    transactions.write(other, lambda uow: uow.shop.apply(config, (), "v_1", uow.now))
    preparation.prepare(other)
    assert transactions.read(other, lambda uow: uow.catalog.count()) == 0


def test_widgets_are_built_only_when_a_source_is_newer(dist: Path) -> None:
    assert preparation.build_stale_widgets()
    assert not preparation.build_stale_widgets()
    os.utime(next(dist.glob("*.html")), (0, 0))
    assert preparation.build_stale_widgets()
    next(dist.glob("*.html")).unlink()
    assert preparation.build_stale_widgets()


def test_a_taken_port_is_said_before_anything_is_done(shell: Shell) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        reason = shell.refused("serve", "--prepare", "--port", port)
    assert f"Cannot listen on 127.0.0.1 port {port}" in reason
    assert "PLANTLY_PORT" in reason
    assert list(shell.directory.iterdir()) == []


def test_an_address_of_another_machine_is_refused(shell: Shell) -> None:
    assert "Cannot listen on 192.0.2.1" in shell.refused("serve", "--host", "192.0.2.1")


def test_an_unprepared_shop_is_not_opened(shell: Shell) -> None:
    assert "There is no shop at" in shell.refused("serve", "--port", str(free_port()))


def test_the_announcement_says_where_and_what_next(settings: Settings) -> None:
    text = announcement("Fern & Co", settings)
    assert "Fern & Co is open." in text
    assert "http://127.0.0.1:8000/mcp" in text
    assert "http://127.0.0.1:8000/playground" in text
    assert "public https address" in text


def test_a_public_shop_is_ready_for_an_assistant(settings: Settings) -> None:
    public = replace(settings, public_url="https://shop.example.com", playground=False)
    text = announcement("Plantly", public)
    assert "https://shop.example.com/mcp" in text
    assert "layground" not in text
