"""The background work: one worker at a time, whatever fails, and nothing that is done twice."""

from dataclasses import replace
from datetime import timedelta

import anyio
import httpx
import pytest
from sqlalchemy import func, select

from plantly.db import Database, UnitOfWork
from plantly.db.tables import IdempotencyRow, LeaseRow
from plantly.domain.errors import ShopNotReady
from plantly.services.workflows.till import Till
from plantly.services.workflows.worker import LEASE_FOR, Nudge, Step, Worker
from plantly.settings import load_settings
from tests.support.clock import MovableClock
from tests.support.pay_shop import Buyer, PayShop, a_buyer

pytestmark = pytest.mark.anyio


class Diary:
    """A step that writes down who worked."""

    def __init__(self) -> None:
        self.entries: list[str] = []

    def step(self, who: str, every: timedelta = timedelta(0)) -> Step:
        async def work() -> None:
            self.entries.append(who)

        return Step(who, work, every)


async def holder(db: Database) -> str | None:
    def look(uow: UnitOfWork) -> str | None:
        in_force = select(LeaseRow.owner).where(LeaseRow.expires_at > uow.now)
        return uow.session.scalars(in_force).one_or_none()

    return await db.read(look)


async def test_two_workers_never_both_work(db: Database, clock: MovableClock) -> None:
    diary = Diary()
    one, two = (Worker(db, clock, (diary.step(name),), name) for name in ("one", "two"))
    for _ in range(40):
        await one.tick()
        await two.tick()
        clock.advance(timedelta(seconds=1))
    assert set(diary.entries) == {"one"}
    assert len(diary.entries) == 40


async def test_a_worker_that_vanished_is_replaced_when_its_lease_is_over(
    db: Database, clock: MovableClock
) -> None:
    diary = Diary()
    one, two = (Worker(db, clock, (diary.step(name),), name) for name in ("one", "two"))
    assert await one.tick()
    assert not await two.tick()
    clock.advance(LEASE_FOR - timedelta(seconds=1))
    assert not await two.tick()
    clock.advance(timedelta(seconds=5))
    assert await two.tick()
    assert not await one.tick()
    assert diary.entries == ["one", "two"]


async def test_a_worker_that_waits_asks_now_and_then_only(
    db: Database, clock: MovableClock
) -> None:
    diary = Diary()
    one, two = (Worker(db, clock, (diary.step(name),), name) for name in ("one", "two"))
    await one.tick()
    await two.tick()
    await one._give_up()
    assert not await two.tick()
    clock.advance(timedelta(seconds=3))
    assert await two.tick()


async def test_steps_have_their_own_pace(db: Database, clock: MovableClock) -> None:
    diary = Diary()
    steps = (diary.step("often"), diary.step("seldom", timedelta(minutes=1)))
    worker = Worker(db, clock, steps, "one")
    for _ in range(3):
        await worker.tick()
        clock.advance(timedelta(seconds=25))
    await worker.tick()
    assert diary.entries.count("often") == 4
    assert diary.entries.count("seldom") == 2


async def test_no_failure_stops_the_work_or_tells_what_it_was_about(
    db: Database, clock: MovableClock, caplog: pytest.LogCaptureFixture
) -> None:
    async def fail() -> None:
        raise RuntimeError("alex@example.com")

    diary = Diary()
    worker = Worker(db, clock, (Step("unlucky", fail), diary.step("lucky")), "one")
    for _ in range(2):
        assert await worker.tick()
    assert diary.entries == ["lucky", "lucky"]
    assert "unlucky failed: RuntimeError" in caplog.text
    assert "alex@example.com" not in caplog.text


async def test_a_step_with_nothing_to_do_is_left_out_and_what_is_done_makes_more(
    db: Database, clock: MovableClock
) -> None:
    done: list[str] = []

    async def put() -> None:
        done.append("put")
        await db.write(lambda uow: uow.outbox.put("errand", "once", {}, uow.now))

    async def run() -> None:
        done.append("run")

    steps = (
        Step("early", run, due=lambda duties: duties.outbox),
        Step("put", put),
        Step("late", run, due=lambda duties: duties.outbox),
        Step("mails", run, due=lambda duties: duties.mails),
    )
    assert await Worker(db, clock, steps, "one").tick()
    assert done == ["put", "run"]


async def test_steps_look_for_themselves_while_nobody_can_say_what_is_due(
    db: Database, clock: MovableClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    diary = Diary()
    step = replace(diary.step("one"), due=lambda duties: duties.mails)
    worker = Worker(db, clock, (step,), "one")

    async def fail(_: object) -> None:
        raise RuntimeError

    monkeypatch.setattr(db, "read", fail)
    assert await worker.tick()
    assert diary.entries == ["one"]


async def test_a_running_worker_can_be_nudged_and_gives_its_lease_back(
    db: Database, clock: MovableClock
) -> None:
    worked, nudge, stop = anyio.Event(), Nudge(), anyio.Event()
    ticks = 0

    async def work() -> None:
        nonlocal ticks
        ticks += 1
        nudge()
        if ticks == 3:
            worked.set()

    worker = Worker(db, clock, (Step("work", work),), "one")
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(worker.run, nudge, stop)
        with anyio.fail_after(10):
            await worked.wait()
        assert await holder(db) == "one"
        stop.set()
        nudge()
    assert await holder(db) is None


async def test_a_database_that_is_away_is_waited_for(
    db: Database, clock: MovableClock, caplog: pytest.LogCaptureFixture
) -> None:
    class Away:
        async def write(self, _: object) -> None:
            nudge()
            if len(caplog.records) > 1:
                stop.set()
            raise OSError("secret")

    nudge, stop = Nudge(), anyio.Event()
    worker = Worker(Away(), clock, (Diary().step("never"),), "one")  # type: ignore[arg-type]
    with anyio.fail_after(10):
        await worker.run(nudge, stop)
    assert "the worker failed: OSError" in caplog.text
    assert "secret" not in caplog.text


async def test_the_wait_between_two_looks_ends_by_itself() -> None:
    with anyio.fail_after(5):
        await Nudge().wait(0.01)


async def test_a_till_that_is_closed_says_so(db: Database, clock: MovableClock) -> None:
    till = Till(db, load_settings({}), clock=clock)
    with pytest.raises(ShopNotReady):
        _ = till.now_open
    async with till.opened() as opened:
        assert till.now_open is opened
    with pytest.raises(ShopNotReady):
        _ = till.now_open


async def test_the_secrets_are_made_once(db: Database, clock: MovableClock) -> None:
    seen = []
    for _ in range(2):
        async with Till(db, load_settings({}), clock=clock).opened() as opened:
            seen.append((opened.sandbox.api_key, opened.sandbox.webhook_secrets))
    assert seen[0] == seen[1]
    ((api_key, (webhook_secret,)), _) = seen
    assert len(api_key) > 32
    assert len(webhook_secret) > 32
    assert api_key != webhook_secret


async def test_a_running_till_works_by_itself(
    shop: PayShop, buyer: Buyer, db: Database, clock: MovableClock
) -> None:
    await buyer.fill_in()
    pay_page = (await buyer.press_pay()).headers["location"]
    await buyer.choose("approve", pay_page)

    told = anyio.Event()

    class ToApp(httpx.AsyncBaseTransport):
        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            answer = await shop.line.handle(request)
            told.set()
            return answer

    till = Till(db, shop.settings, clock=clock, transport=ToApp())
    async with till.running():
        with anyio.fail_after(10):
            await told.wait()
        assert await shop.status(buyer.token) == "completed"
    assert await holder(db) is None


async def test_answers_that_nobody_may_repeat_are_forgotten(
    shop: PayShop, clock: MovableClock
) -> None:
    def keep(uow: UnitOfWork) -> None:
        uow.carts.keep_answer("cart_add", "key", "hash", {}, uow.now + timedelta(days=1))

    def count(uow: UnitOfWork) -> int:
        return uow.session.scalars(select(func.count()).select_from(IdempotencyRow)).one()

    await shop.db.write(keep)
    await shop.till.worker.tick()
    assert await shop.db.read(count) == 1
    clock.advance(timedelta(days=1))
    await shop.till.worker.tick()
    assert await shop.db.read(count) == 0


async def test_sessions_that_nobody_finished_expire_and_forget_their_buyers(
    shop: PayShop, clock: MovableClock
) -> None:
    tokens = [await shop.start() for _ in range(3)]
    async with a_buyer(shop, tokens[0]) as buyer:
        await buyer.fill_in()
    clock.advance(timedelta(minutes=59))
    await shop.till.worker.tick()
    assert [await shop.status(token) for token in tokens[1:]] == ["incomplete"] * 2
    clock.advance(timedelta(minutes=1))
    await shop.till.worker.tick()
    assert [await shop.status(token) for token in tokens] == ["expired"] * 3
    row = await shop.db.read(lambda uow: uow.checkouts.by_page_token(tokens[0]))
    assert row is not None
    assert row.buyer is None
