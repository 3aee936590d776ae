"""Live feeds: whole and valid, made once for everybody, and anew when the catalog has changed."""

import asyncio
import csv
import gzip
import io
import json
import os
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from defusedxml.ElementTree import fromstring  # type: ignore[import-untyped]  # no types
from fastapi import FastAPI

from plantly.app import create_app
from plantly.db import Database
from plantly.services.exports.documents import ExportContext, Writer
from plantly.services.workflows import feeds as making
from plantly.services.workflows.feeds import FEEDS, FRESH_FOR, REST
from plantly.settings import Settings, load_settings
from plantly.web.feeds import feeds_router
from tests.support.clock import MovableClock
from tests.support.exported_catalog import full, plain, rewrite, stock_exported

pytestmark = pytest.mark.anyio

REQUIRED = {
    *("item_id", "title", "description", "url", "brand", "price", "availability", "group_id"),
    *("seller_name", "seller_url", "target_countries", "store_country"),
    *("is_eligible_search", "is_eligible_checkout"),
}

Get = Callable[..., Coroutine[Any, Any, httpx.Response]]


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """Give a shop on SQLite: what this is about knows no engine."""
    return sqlite_url


@pytest.fixture
def settings(database_url: str, tmp_path: Path) -> Settings:
    return load_settings(
        {"PLANTLY_DATABASE_URL": database_url, "PLANTLY_DATA_DIR": str(tmp_path / "data")}
    )


@pytest.fixture
async def stocked(empty_db: Database) -> Database:
    await empty_db.write(lambda uow: stock_exported(uow, full()))
    return empty_db


@asynccontextmanager
async def asking(app: FastAPI) -> AsyncIterator[Get]:
    transport = httpx.ASGITransport(app)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8000") as client,
    ):
        yield client.get


@pytest.fixture
async def get(stocked: Database, settings: Settings, clock: MovableClock) -> AsyncIterator[Get]:
    async with asking(create_app(settings, clock=clock)) as client_get:
        yield client_get


@asynccontextmanager
async def feeds_only(
    db: Database, settings: Settings, clock: MovableClock, patience: float
) -> AsyncIterator[Get]:
    app = FastAPI()
    app.include_router(feeds_router(db, settings, clock=clock, patience=patience))
    async with asking(app) as client_get:
        yield client_get


def _items(content: bytes) -> list[dict[str, Any]]:
    return [json.loads(line) for line in gzip.decompress(content).decode().splitlines()]


async def test_every_item_for_sale_is_in_the_lines(get: Get) -> None:
    answer = await get("/feeds/openai.jsonl.gz")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/gzip"
    assert "content-encoding" not in answer.headers
    items = {item["item_id"]: item for item in _items(answer.content)}
    assert sorted(items) == [
        *("FULL-1", "FULL-2", "FULL-3", "FULL-4", "FULL-5"),
        *("SEEN-L", "SEEN-S", "SINGLE-1"),
    ]
    for item in items.values():
        assert item.keys() >= REQUIRED
        assert item["is_eligible_search"] is True
        assert item["is_eligible_checkout"] is False
    assert items["SEEN-S"]["target_countries"] == ["DE", "US"]
    assert items["SEEN-S"]["variant_dict"] == {"Size": "Small", "Color": "Red"}
    assert items["SEEN-S"]["url"].endswith("/p/seen")
    assert items["SEEN-S"]["image_url"].endswith("/media/seen.webp")
    assert items["SEEN-L"]["price"] == "199.90 USD"
    assert items["SEEN-L"]["sale_price"] == "149.90 USD"
    assert items["FULL-1"]["brand"] == "Fern & Co"
    kinds = {sku: item["availability"] for sku, item in items.items() if sku.startswith("FULL")}
    assert kinds["FULL-3"] == "backorder"
    assert kinds["FULL-4"] == "pre_order"
    assert kinds["FULL-5"] == "in_stock"
    assert items["FULL-3"]["availability_date"] == "2026-06-01T12:30:00Z"


async def test_table_and_elements_hold_the_same_items(get: Get) -> None:
    lines = _items((await get("/feeds/openai.jsonl.gz")).content)
    table = await get("/feeds/openai.csv")
    assert table.headers["content-type"] == "text/csv; charset=utf-8"
    rows = list(csv.DictReader(io.StringIO(table.text, newline="")))
    assert [row["item_id"] for row in rows] == [item["item_id"] for item in lines]
    assert [row["price"] for row in rows] == [item["price"] for item in lines]
    google = await get("/feeds/google.xml")
    assert google.headers["content-type"] == "application/xml; charset=utf-8"
    names = {"g": "http://base.google.com/ns/1.0"}
    items = fromstring(google.text).findall("./channel/item")
    assert [item.findtext("g:id", None, names) for item in items] == [i["item_id"] for i in lines]
    assert {item.findtext("g:identifier_exists", None, names) for item in items} == {None}


async def test_units_that_buyers_hold_are_not_offered(stocked: Database, get: Get) -> None:
    def hold(uow: Any) -> None:
        uow.connection.exec_driver_sql(
            "UPDATE stock SET reserved = on_hand WHERE variant_id IN "
            "(SELECT id FROM variants WHERE sku = 'SEEN-S')"
        )

    await stocked.write(hold)
    items = {i["item_id"]: i for i in _items((await get("/feeds/openai.jsonl.gz")).content)}
    assert items["SEEN-S"]["availability"] == "out_of_stock"
    assert items["SEEN-S"]["inventory_quantity"] == 0
    # The books are right again when the test ends.
    await stocked.write(lambda uow: uow.connection.exec_driver_sql("UPDATE stock SET reserved = 0"))


@pytest.mark.parametrize("name", FEEDS)
async def test_who_has_the_feed_is_not_sent_it_again(get: Get, name: str) -> None:
    first = await get(f"/feeds/{name}")
    tag, since = first.headers["etag"], first.headers["last-modified"]
    assert tag.startswith('"')
    for headers in (
        {"If-None-Match": tag},
        {"If-None-Match": f'"other", W/{tag}'},
        {"If-None-Match": "*"},
        {"If-Modified-Since": since},
    ):
        again = await get(f"/feeds/{name}", headers=headers)
        assert (again.status_code, again.content) == (304, b"")
        assert again.headers["etag"] == tag
    for headers in (
        {"If-None-Match": '"other"'},
        {"If-None-Match": '"other"', "If-Modified-Since": since},
        {"If-Modified-Since": "Mon, 02 Mar 2026 09:29:59 GMT"},
        {"If-Modified-Since": "yesterday"},
    ):
        again = await get(f"/feeds/{name}", headers=headers)
        assert (again.status_code, again.content) == (200, first.content)


async def test_a_change_is_in_the_feed_after_a_minute(
    stocked: Database, get: Get, clock: MovableClock
) -> None:
    first = await get("/feeds/openai.csv")
    await stocked.write(lambda uow: rewrite(uow, [plain("newcomer")]))
    assert (await get("/feeds/openai.csv")).headers["etag"] == first.headers["etag"]
    clock.advance(REST)
    second = await get("/feeds/openai.csv", headers={"If-None-Match": first.headers["etag"]})
    assert second.status_code == 200
    assert "NEWCOMER-S" in second.text
    assert second.headers["last-modified"] > first.headers["last-modified"]


async def test_stock_is_in_the_feed_after_a_quarter_of_an_hour(
    stocked: Database, get: Get, clock: MovableClock
) -> None:
    def sell_out(uow: Any) -> None:
        uow.connection.exec_driver_sql("UPDATE stock SET on_hand = 0 WHERE on_hand = 7")

    first = await get("/feeds/openai.csv")
    await stocked.write(sell_out)
    clock.advance(REST)
    assert (await get("/feeds/openai.csv")).text == first.text
    clock.advance(FRESH_FOR)
    assert "out_of_stock" in (await get("/feeds/openai.csv")).text


async def test_a_feed_that_stays_the_same_keeps_its_date(
    settings: Settings, stocked: Database, clock: MovableClock
) -> None:
    dates = set()
    for _ in range(2):
        async with asking(create_app(settings, clock=clock)) as get:
            dates.add((await get("/feeds/google.xml")).headers["last-modified"])
            clock.advance(timedelta(hours=2))
            dates.add((await get("/feeds/google.xml")).headers["last-modified"])
    assert len(dates) == 1
    (file,) = (settings.data_dir / "feeds").iterdir()
    assert file.name.startswith("google-")


async def test_old_editions_and_what_a_crash_left_are_removed(
    settings: Settings, stocked: Database, get: Get, clock: MovableClock
) -> None:
    folder = settings.data_dir / "feeds"
    await get("/feeds/openai.csv")
    (first,) = folder.iterdir()
    left = folder / ".making-left"
    left.write_text("half", encoding="utf-8")
    os.utime(left, (clock().timestamp(),) * 2)
    for name in ("one", "two"):
        clock.advance(timedelta(days=2))
        await stocked.write(lambda uow, name=name: rewrite(uow, [plain(name)]))  # type: ignore[misc]
        await get("/feeds/openai.csv")
    for name in ("three", "four"):
        clock.advance(2 * REST)
        await stocked.write(lambda uow, name=name: rewrite(uow, [plain(name)]))  # type: ignore[misc]
        await get("/feeds/openai.csv")
    names = {file.name for file in folder.iterdir()}
    assert first.name not in names
    assert left.name not in names
    # Somebody may still be reading those of the last hour.
    assert len(names) == 3


async def test_a_feed_whose_file_is_gone_is_made_again(settings: Settings, get: Get) -> None:
    first = await get("/feeds/openai.csv")
    for file in (settings.data_dir / "feeds").iterdir():
        file.unlink()
    assert (await get("/feeds/openai.csv")).content == first.content


async def test_those_who_ask_together_share_one_making(
    stocked: Database, settings: Settings, clock: MovableClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = 0
    original = making.FEEDS["openai.csv"]

    def counted(context: ExportContext) -> Writer:
        nonlocal made
        made += 1
        return original(context)

    monkeypatch.setitem(making.FEEDS, "openai.csv", counted)
    async with feeds_only(stocked, settings, clock, patience=10) as get:
        answers = await asyncio.gather(*(get("/feeds/openai.csv") for _ in range(8)))
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.content for answer in answers}) == 1
    assert made == 1


async def test_who_cannot_wait_for_the_first_feed_is_told_when_to_come_back(
    stocked: Database, settings: Settings, clock: MovableClock
) -> None:
    async with feeds_only(stocked, settings, clock, patience=0) as get:
        answer = await get("/feeds/openai.csv")
        assert answer.status_code == 503
        assert int(answer.headers["retry-after"]) > 0
        while answer.status_code == 503:
            answer = await get("/feeds/openai.csv")
        assert "FULL-1" in answer.text
        # While the next one is made, the one before is given.
        clock.advance(FRESH_FOR)
        await stocked.write(lambda uow: rewrite(uow, [plain("newcomer")]))
        assert (await get("/feeds/openai.csv")).content == answer.content


async def test_a_making_ends_with_the_server(
    stocked: Database, settings: Settings, clock: MovableClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(making, "_AT_ONCE", 1)
    async with feeds_only(stocked, settings, clock, patience=0) as get:
        assert (await get("/feeds/google.xml")).status_code == 503
    assert list((settings.data_dir / "feeds").iterdir()) == []


async def test_products_that_change_meanwhile_leave_the_feed_whole(
    stocked: Database, settings: Settings, clock: MovableClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(making, "_AT_ONCE", 1)
    many = [plain(f"p-{i:02}") for i in range(30)]
    await stocked.write(lambda uow: rewrite(uow, many))
    async with feeds_only(stocked, settings, clock, patience=30) as get:
        feed = asyncio.create_task(get("/feeds/openai.csv"))
        for i in range(5):
            await stocked.write(lambda uow, i=i: rewrite(uow, [plain(f"q-{i}"), *many[::-1]]))  # type: ignore[misc]
        rows = list(csv.DictReader(io.StringIO((await feed).text, newline="")))
        assert {len(row) for row in rows} == {len(rows[0])}
        assert len({row["item_id"] for row in rows}) == len(rows)
        monkeypatch.setattr(making, "_AT_ONCE", 100)
        clock.advance(REST)
        after = list(csv.DictReader(io.StringIO((await get("/feeds/openai.csv")).text)))
    skus = [row["item_id"] for row in after]
    assert len(skus) == len(set(skus)) == 8 + 60 + 10


async def test_a_shop_that_is_not_set_up_has_no_feeds(
    empty_db: Database, settings: Settings, clock: MovableClock
) -> None:
    async with feeds_only(empty_db, settings, clock, patience=10) as get:
        answer = await get("/feeds/openai.csv")
    assert answer.status_code == 503
    assert "not been set up" in answer.text


async def test_heads_and_parts_can_be_asked_for(
    stocked: Database, settings: Settings, clock: MovableClock
) -> None:
    app = create_app(settings, clock=clock)
    async with asking(app) as get:
        whole = await get("/feeds/openai.csv")
        part = await get("/feeds/openai.csv", headers={"Range": "bytes=0-6"})
        assert (part.status_code, part.content) == (206, whole.content[:7])
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8000") as c:
            head = await c.head("/feeds/openai.csv")
            posted = await c.post("/feeds/openai.csv")
            other = await c.get("/feeds/other.csv")
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["content-length"] == str(len(whole.content))
    assert head.headers["x-robots-tag"] == "noindex"
    assert (posted.status_code, other.status_code) == (405, 404)
