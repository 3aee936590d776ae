"""The shop's own colors and logo, from the shop file to widgets and pages."""

from dataclasses import replace
from pathlib import Path

import pytest

from plantly.app import create_app
from plantly.db import open_database
from plantly.domain.shop import Logo
from plantly.mcp_server.toolbook import Toolbook
from plantly.services.demo import demo_shop_file
from plantly.services.shop_file import apply_shop
from plantly.settings import load_settings
from plantly.widgets import load_widgets
from tests.integration.test_web_pages import serving
from tests.support.cli import Shell

DRAWING = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 96 24">{}<path d="M0 0h96v24z"/></svg>'
)
PAGES = ("/", "/policies", "/p/nope", "/cart/nope:1", "/p/{product}")


@pytest.fixture
def shop(shell: Shell, sqlite_url: str) -> Shell:
    shell.set("PLANTLY_DATABASE_URL", sqlite_url)
    shell.set("PLANTLY_DATA_DIR", str(shell.directory / "data"))
    return shell


def write(shop: Shell, accent: str, drawing: str) -> None:
    text = demo_shop_file().replace("#1F6F43", accent, 1)
    text = text.replace("[shop]\n", '[shop]\nlogo = "mark.svg"\n', 1)
    (shop.directory / "shop.toml").write_text(text, encoding="utf-8")
    (shop.directory / "mark.svg").write_text(drawing, encoding="utf-8")


def test_a_logo_is_put_where_pictures_are_and_a_shifted_accent_is_said(shop: Shell) -> None:
    shop.done("catalog", "seed")
    write(shop, "#FFD400", DRAWING.format(""))
    said = shop.done("shop", "apply", "shop.toml").splitlines()
    assert said[1].startswith("colors.accent #ffd400 cannot be read as text on a light ground")
    (kept,) = (shop.directory / "data" / "media").iterdir()
    assert kept.name.startswith("logo-")
    write(shop, "#1F6F43", DRAWING.format(""))
    assert len(shop.done("shop", "apply", "shop.toml").splitlines()) == 1


def test_a_logo_that_runs_something_is_refused_and_nothing_is_in_force(shop: Shell) -> None:
    write(shop, "#1F6F43", DRAWING.format("<script/>"))
    assert "The logo mark.svg has the element script" in shop.refused("shop", "apply", "shop.toml")
    assert not (shop.directory / "data" / "media").exists()


@pytest.mark.anyio
async def test_widgets_follow_what_is_applied_without_a_restart(sqlite_shop_url: str) -> None:
    db = open_database(sqlite_shop_url)
    widgets = load_widgets("https://shop.example", "hashed")
    changes: list[int] = []
    toolbook = Toolbook(db, widgets, on_change=lambda: changes.append(1))
    await toolbook.refresh()
    before = widgets["checkout"].app_uri
    logo = Logo("logo-1.svg", 96, 24)
    config = replace((await db.read(lambda uow: uow.shop.current())).config, accent="#aa3377")
    await db.write(lambda uow: apply_shop(uow, replace(config, logo=logo)))
    await toolbook.refresh()
    await toolbook.refresh()
    assert changes == [1, 1]
    assert widgets["checkout"].app_uri != before
    assert "https://shop.example/media/logo-1.svg" in widgets["checkout"].html
    (tool,) = (tool for tool in toolbook.page.tools if tool.name == "start_checkout")
    assert tool.meta is not None
    assert tool.meta["ui"]["resourceUri"] == widgets["checkout"].app_uri
    await db.close()


@pytest.mark.anyio
async def test_every_public_page_speaks_its_readers_language(
    sqlite_shop_url: str, tmp_path: Path
) -> None:
    db = open_database(sqlite_shop_url)
    current = await db.read(lambda uow: uow.shop.current())
    config = replace(current.config, logo=Logo("logo-1.svg", 96, 24))
    await db.write(lambda uow: apply_shop(uow, config))
    await db.close()
    environment = {"PLANTLY_DATABASE_URL": sqlite_shop_url, "PLANTLY_DATA_DIR": str(tmp_path)}
    async with serving(create_app(load_settings(environment))) as client:
        front = await client.get("/?lang=de")
        product = front.text.partition('href="/p/')[2].partition('"')[0]
        for path in PAGES:
            page = await client.get(
                path.format(product=product), headers={"Cookie": "plantly_lang=ar"}
            )
            assert '<html lang="ar" dir="rtl">' in page.text, path
            assert page.headers["vary"] == "Accept-Language, Cookie", path
            assert 'src="/media/logo-1.svg" alt="' in page.text, path
            assert len(page.content) < 50_000, path
            assert "<script>" not in page.text, path
    assert '<html lang="de" dir="ltr">' in front.text
    assert "Aus dem Sortiment" in front.text
    # What the merchant wrote stays in the merchant's language, and says so.
    assert '<bdi lang="en" dir="auto">' in front.text
