"""Feeds that are imported again and again: when, how often, and what is not said of them.

SQLite is enough for what a feed's server says and what is made of it. Who may begin, and what is
kept of it, is asked of both databases.
"""

from collections.abc import AsyncIterator, Mapping
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from plantly.db import Database, UnitOfWork
from plantly.db.repositories.imports import SyncRepository
from plantly.domain.errors import FetchFailed, InvalidInput, NotFound
from plantly.domain.imports import SyncState
from plantly.outbound.address_guard import AddressGuard
from plantly.outbound.fetch import Fetcher
from plantly.services.shop_file import apply_shop, read_shop_file
from plantly.services.syncs import (
    CLAIMED_FOR,
    SyncOutcome,
    SyncView,
    add_sync,
    claim,
    conclude,
    keep_claim,
    list_syncs,
    remove_sync,
)
from plantly.services.workflows import sync
from plantly.services.workflows.import_place import ImportPlace
from plantly.services.workflows.sync import FeedDesk
from plantly.services.workflows.till import Till
from plantly.settings import load_settings
from tests.support.cli import Shell
from tests.support.clock import START, MovableClock
from tests.support.engines import sqlite_is_enough
from tests.support.feed_server import FeedServer, Served
from tests.support.merchant_files import shopify_csv, shopify_row
from tests.support.shop import SHOP_TOML

PLANTS = shopify_csv(shopify_row("fern"), shopify_row("ivy"))
MORE = shopify_csv(shopify_row("fern"), shopify_row("ivy"), shopify_row("moss"))
HOUR = timedelta(hours=1)
OPTIONS: Mapping[str, Any] = {"stock": "set", "prune": False, "images": False, "format": None}


class Feeds:
    """The desk of one shop, and the feeds that it looks after."""

    def __init__(self, db: Database, desk: FeedDesk, clock: MovableClock) -> None:
        self.db, self.desk, self.clock = db, desk, clock

    async def add(self, url: str, every: timedelta = HOUR, **options: Any) -> SyncView:
        work = partial(add_sync, url=url, every=every, options={**OPTIONS, **options})
        return await self.db.write(work)

    async def look(self, later: timedelta = timedelta(0)) -> SyncView:
        """Let some time pass, let the desk do what is due, and see how the first feed stands."""
        self.clock.advance(later)
        await self.desk.look()
        await self.desk.settled()
        return (await self.db.read(list_syncs))[0]

    async def count(self) -> int:
        return await self.db.read(lambda uow: uow.imports.count_active())


@pytest.fixture
async def syncs(empty_db: Database, tmp_path: Path, clock: MovableClock) -> AsyncIterator[Feeds]:
    await empty_db.write(lambda uow: apply_shop(uow, read_shop_file(SHOP_TOML)))
    fetcher = Fetcher(AddressGuard(allow_private=True))
    desk = FeedDesk(ImportPlace(empty_db, fetcher, tmp_path, "http://127.0.0.1:1/media/"))
    yield Feeds(empty_db, desk, clock)
    await desk.close()
    await fetcher.aclose()


@pytest.mark.anyio
async def test_a_feed_is_imported_when_it_is_due(syncs: Feeds, feeds: FeedServer) -> None:
    url = feeds.put("/f.csv", PLANTS)
    added = await syncs.add(url)
    assert (added.state, added.next_at) == (SyncState.WAITING, START)
    first = await syncs.look()
    assert first.state is SyncState.DONE
    assert "2 created" in first.said
    assert (first.last_run_at, first.next_at) == (START, START + HOUR)
    feeds.put("/f.csv", MORE)
    await syncs.look(timedelta(minutes=59))
    assert (await syncs.count(), len(feeds.asked)) == (2, 1)
    second = await syncs.look(timedelta(minutes=1))
    assert second.state is SyncState.DONE
    assert await syncs.count() == 3


@pytest.mark.anyio
async def test_the_history_names_the_feed(syncs: Feeds, feeds: FeedServer) -> None:
    added = await syncs.add(feeds.put("/f.csv", PLANTS))
    await syncs.look()
    feeds.put("/f.csv", PLANTS.replace(b"12.00", b"15.49"))
    await syncs.look(HOUR)
    changes = await syncs.db.read(
        lambda uow: uow.catalog_changes.latest(slug="fern", sku=None, limit=10)
    )
    assert [change.actor for change in changes] == [f"import shopify (feed {added.id})"]


@sqlite_is_enough
@pytest.mark.anyio
async def test_a_feed_that_has_not_changed_costs_nothing(syncs: Feeds, feeds: FeedServer) -> None:
    def page(headers: Mapping[str, str]) -> Served:
        if headers.get("If-None-Match") == '"v1"':
            return Served(status=304)
        return Served(PLANTS, headers={"ETag": '"v1"'})

    feeds.pages["/f.csv"] = page
    await syncs.add(f"{feeds.url}/f.csv")
    assert (await syncs.look()).state is SyncState.DONE
    assert (await syncs.look(HOUR)).state is SyncState.UNCHANGED
    assert (await syncs.look(HOUR)).state is SyncState.UNCHANGED
    assert len(feeds.asked) == 3


@sqlite_is_enough
@pytest.mark.anyio
async def test_a_server_without_etags_is_believed_by_its_bytes(
    syncs: Feeds, feeds: FeedServer
) -> None:
    await syncs.add(feeds.put("/f.csv", PLANTS))
    await syncs.look()
    assert (await syncs.look(HOUR)).state is SyncState.UNCHANGED
    feeds.put("/f.csv", MORE)
    assert (await syncs.look(HOUR)).state is SyncState.DONE


@sqlite_is_enough
@pytest.mark.anyio
async def test_failures_back_off_and_are_told_without_secrets(
    syncs: Feeds, feeds: FeedServer
) -> None:
    view = await syncs.add(f"{feeds.url}/f.csv?key=secret")
    waits = []
    for _ in range(7):
        view = await syncs.look()
        assert view.state is SyncState.FAILED
        waits.append(view.next_at - syncs.clock())
        syncs.clock.set(view.next_at)
    assert waits == [HOUR * n for n in (2, 4, 8, 16, 24, 24, 24)]
    assert "answered 404" in view.said
    assert "secret" not in view.said + view.url
    feeds.put("/f.csv", PLANTS)
    view = await syncs.look()
    assert (view.state, view.next_at - syncs.clock()) == (SyncState.DONE, HOUR)


@sqlite_is_enough
@pytest.mark.anyio
async def test_a_feed_that_nobody_can_read_fails(syncs: Feeds, feeds: FeedServer) -> None:
    await syncs.add(feeds.put("/f.csv", b"<!doctype html>"))
    assert "none of the known formats" in (await syncs.look()).said
    feeds.put("/f.csv", shopify_csv(shopify_row("fern", **{"Variant Price": "x"})))
    view = await syncs.look(timedelta(days=1))
    assert view.state is SyncState.FAILED
    assert "1 row skipped" in view.said


@sqlite_is_enough
@pytest.mark.anyio
async def test_options_of_a_feed_are_those_of_an_import(syncs: Feeds, feeds: FeedServer) -> None:
    await syncs.add(feeds.put("/f.csv", MORE), prune=True)
    await syncs.look()
    feeds.put("/f.csv", PLANTS)
    assert "1 archived" in (await syncs.look(HOUR)).said
    assert await syncs.count() == 2


@pytest.mark.anyio
async def test_nobody_begins_what_somebody_is_at(syncs: Feeds, feeds: FeedServer) -> None:
    await syncs.add(feeds.put("/f.csv", PLANTS))
    due = await syncs.db.write(claim)
    assert due is not None
    assert due.url == f"{feeds.url}/f.csv"
    assert await syncs.db.write(claim) is None
    # Whoever claimed it was killed: it is due again later.
    view = await syncs.look(CLAIMED_FOR)
    assert view.state is SyncState.DONE


@pytest.mark.anyio
async def test_only_the_first_of_two_gets_a_feed(syncs: Feeds, feeds: FeedServer) -> None:
    view = await syncs.add(feeds.put("/f.csv", PLANTS))

    def late(uow: UnitOfWork) -> bool:
        return uow.syncs.claim(view.id, view.next_at, uow.now + HOUR)

    def rivals(uow: UnitOfWork) -> tuple[bool, bool]:
        return late(uow), late(uow)

    assert await syncs.db.write(rivals) == (True, False)


@pytest.mark.anyio
async def test_a_claim_is_kept_while_the_work_goes_on(syncs: Feeds, feeds: FeedServer) -> None:
    view = await syncs.add(feeds.put("/f.csv", PLANTS))
    await syncs.db.write(claim)
    syncs.clock.advance(CLAIMED_FOR - timedelta(minutes=1))
    await syncs.db.write(partial(keep_claim, sync_id=view.id))
    syncs.clock.advance(timedelta(minutes=2))
    assert await syncs.db.write(claim) is None


@pytest.mark.anyio
async def test_a_feed_that_is_removed_meanwhile_stays_removed(
    syncs: Feeds, feeds: FeedServer
) -> None:
    view = await syncs.add(feeds.put("/f.csv", PLANTS))
    await syncs.db.write(claim)
    await syncs.db.write(partial(remove_sync, sync_id=view.id))
    await syncs.db.write(partial(keep_claim, sync_id=view.id))
    outcome = SyncOutcome(SyncState.DONE, "")
    await syncs.db.write(partial(conclude, sync_id=view.id, outcome=outcome))
    assert await syncs.db.read(list_syncs) == []


@pytest.mark.anyio
async def test_a_claim_is_renewed_while_an_import_goes_on(
    syncs: Feeds, feeds: FeedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = []

    def noted(uow: UnitOfWork, sync_id: int) -> None:
        kept.append(sync_id)
        keep_claim(uow, sync_id)

    monkeypatch.setattr(sync, "_RENEW_SECONDS", 0)
    monkeypatch.setattr(sync, "keep_claim", noted)
    view = await syncs.add(feeds.put("/f.csv", PLANTS))
    assert (await syncs.look()).state is SyncState.DONE
    assert set(kept) == {view.id}


@pytest.mark.anyio
async def test_whoever_comes_second_does_nothing(
    syncs: Feeds, feeds: FeedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    await syncs.add(feeds.put("/f.csv", PLANTS))
    with monkeypatch.context() as patch:
        patch.setattr(SyncRepository, "claim", lambda *_: False)
        assert (await syncs.look()).state is SyncState.WAITING
    await syncs.desk.look()
    # The first is still being imported.
    assert (await syncs.look()).state is SyncState.DONE
    assert len(feeds.asked) == 1


@pytest.mark.anyio
async def test_nothing_due_is_nothing_to_claim(syncs: Feeds) -> None:
    assert await syncs.db.write(claim) is None
    await syncs.desk.look()
    await syncs.desk.settled()


@sqlite_is_enough
@pytest.mark.anyio
async def test_a_full_disk_is_a_failure_like_any_other(
    syncs: Feeds, feeds: FeedServer, tmp_path: Path
) -> None:
    await syncs.add(feeds.put("/f.csv", PLANTS))
    (tmp_path / "imports").write_text("no folder", encoding="utf-8")
    view = await syncs.look()
    assert (view.state, view.said) == (SyncState.FAILED, "FileExistsError")


@sqlite_is_enough
@pytest.mark.anyio
async def test_a_mistake_of_ours_does_not_end_the_worker(
    syncs: Feeds, feeds: FeedServer, caplog: pytest.LogCaptureFixture
) -> None:
    await syncs.add(feeds.put("/f.csv", PLANTS), surprise=1)
    assert (await syncs.look()).state is SyncState.RUNNING
    assert "feed 1 failed: TypeError" in caplog.text


@pytest.mark.anyio
async def test_the_worker_of_an_open_shop_looks_after_feeds(
    syncs: Feeds, feeds: FeedServer, tmp_path: Path
) -> None:
    await syncs.add(feeds.put("/f.csv", PLANTS))
    settings = load_settings(
        {"PLANTLY_ALLOW_PRIVATE_FETCH": "true", "PLANTLY_DATA_DIR": str(tmp_path)}
    )
    async with Till(syncs.db, settings, clock=syncs.clock).opened() as till:
        await till.worker.tick()
        await till.feeds.settled()
    assert await syncs.count() == 2


@pytest.mark.anyio
async def test_the_desk_closes_in_the_middle_of_an_import(syncs: Feeds, feeds: FeedServer) -> None:
    await syncs.add(feeds.put("/f.csv", PLANTS))
    await syncs.desk.look()
    await syncs.desk.close()
    view = await syncs.look(CLAIMED_FOR)
    assert view.state is SyncState.DONE
    assert await syncs.count() == 2


@sqlite_is_enough
@pytest.mark.anyio
@pytest.mark.parametrize(
    ("url", "every", "error"),
    [
        ("file:///etc/passwd", HOUR, FetchFailed),
        ("https://x.example/f", timedelta(minutes=4), InvalidInput),
        ("https://x.example/f", timedelta(days=31), InvalidInput),
        ("https://x.example/twice", HOUR, InvalidInput),
    ],
)
async def test_a_feed_that_cannot_be_is_refused(
    syncs: Feeds, url: str, every: timedelta, error: type[Exception]
) -> None:
    await syncs.add("https://x.example/twice")
    with pytest.raises(error):
        await syncs.add(url, every)


@pytest.mark.anyio
async def test_a_feed_that_is_removed_is_forgotten(syncs: Feeds) -> None:
    view = await syncs.add("https://x.example/f")
    await syncs.db.write(partial(remove_sync, sync_id=view.id))
    assert await syncs.db.read(list_syncs) == []
    with pytest.raises(NotFound):
        await syncs.db.write(partial(remove_sync, sync_id=view.id))
    with pytest.raises(NotFound):
        await syncs.db.write(partial(claim, sync_id=view.id))


def test_the_commands_look_after_feeds(shop: Shell, feeds: FeedServer) -> None:
    url = feeds.put("/f.csv", PLANTS) + "?key=secret"
    assert "There is no feed yet" in shop.done("catalog", "sync", "list")
    said = shop.done("catalog", "sync", "add", url, "--every", "90m")
    assert "every 90m" in said
    (listed,) = shop.json("catalog", "sync", "list")
    assert (listed["every"], listed["state"]) == ("90m", "waiting")
    shown = shop.done("catalog", "sync", "run", "--allow-private")
    assert "done" in shown
    assert shop.done("catalog", "sync", "run", "--allow-private") == "No feed is due.\n"
    (again,) = shop.json("catalog", "sync", "run", str(listed["id"]), "--allow-private")
    assert again["state"] == "unchanged"
    assert "secret" not in said + shown + shop.done("catalog", "sync", "list")
    assert shop.run("catalog", "sync", "run", str(listed["id"])).exit_code == 1
    assert "not imported any more" in shop.done("catalog", "sync", "remove", str(listed["id"]))
    assert "is no interval" in shop.refused("catalog", "sync", "add", url, "--every", "soon")
