"""Limits as browsers meet them: floods, guessed pages and codes, and cards that are tried out."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

import httpx
import pytest

from plantly.db import Database
from tests.support.clock import MovableClock
from tests.support.pay_shop import BUYER, Buyer, PayShop, a_buyer, open_pay_shop, text_of


@pytest.fixture
def shop_url(sqlite_shop_url: str) -> str:
    """Give a shop on SQLite: what this is about knows no engine."""
    return sqlite_shop_url


pytestmark = pytest.mark.anyio

HERE, THERE = "203.0.113.7", "198.51.100.9"
DECLINED = "The payment was declined too often, so this checkout takes no further one."


@asynccontextmanager
async def limited(
    url: str, db: Database, clock: MovableClock, said: str = ""
) -> AsyncIterator[PayShop]:
    async with open_pay_shop(url, db, clock, {"PLANTLY_LIMITS": said}) as shop:
        yield shop


@asynccontextmanager
async def at(shop: PayShop, address: str = HERE, token: str | None = None) -> AsyncIterator[Buyer]:
    """Open a browser that comes from that address, through a proxy of ours."""
    async with a_buyer(shop, token) as buyer:
        buyer.browser.headers["X-Forwarded-For"] = address
        yield buyer


def assert_too_many(answer: httpx.Response, seconds: int, limit: str) -> None:
    assert answer.status_code == 429
    assert answer.headers["retry-after"] == str(seconds)
    assert answer.headers["ratelimit"] == f'"{limit}";r=0;t={seconds}'
    assert answer.headers["ratelimit-policy"].startswith(f'"{limit}";q=')
    assert answer.headers["cache-control"] == "no-store"


async def decline(buyer: Buyer, **changes: str) -> httpx.Response:
    """Try to pay with a card that is declined; give the answer to Pay."""
    await buyer.fill_in(**changes)
    pressed = await buyer.press_pay()
    if pressed.status_code == 303:
        await buyer.choose("decline", pressed.headers["location"])
        await buyer.shop.till.worker.tick()
    return pressed


async def test_a_purchase_after_a_declined_card_meets_no_limit(shop: PayShop) -> None:
    async with at(shop) as buyer:
        for _ in range(8):
            assert (await buyer.fill_in()).status_code == 303
            assert (await buyer.post("codes", code="NOPE")).status_code == 422
        await decline(buyer)
        await decline(buyer)
        assert "Thank you" in await buyer.pay("approve")


async def test_sending_forms_without_end_is_answered_with_a_page_that_says_so(
    shop_url: str, db: Database, clock: MovableClock
) -> None:
    async with limited(shop_url, db, clock, "page_posts_address=2/min") as shop:
        token = await shop.start()
        async with at(shop, HERE, token) as buyer, at(shop, THERE, token) as other:
            for _ in range(2):
                assert (await buyer.fill_in()).status_code == 303
            refused = await buyer.fill_in(name="Somebody Else")
            assert_too_many(refused, 30, "page_posts")
            text = text_of(refused)
            assert "Please wait a moment" in text
            assert "Please try again in 30 seconds." in text
            assert "Fern & Co" in text
            assert "default-src 'none'" in refused.headers["content-security-policy"]
            assert HERE not in refused.text
            assert f'href="{buyer.address}"' in refused.text
            # Reading goes on, and so do others.
            assert "Alex Green" in await buyer.look()
            assert (await other.post("stop")).status_code == 303
            clock.advance(timedelta(seconds=30))
            assert (await buyer.fill_in()).status_code == 303


async def test_two_servers_of_one_shop_count_together(
    shop_url: str, db: Database, clock: MovableClock
) -> None:
    said = "page_posts_address=3/min"
    async with limited(shop_url, db, clock, said) as one, limited(shop_url, db, clock, said) as two:
        token = await one.start()
        async with at(one, token=token) as here, at(two, token=token) as there:
            here.browser.cookies = there.browser.cookies
            answers = [await buyer.fill_in() for buyer in (here, there, here, there)]
            assert [answer.status_code for answer in answers] == [303, 303, 303, 429]


async def test_pages_that_there_are_not_are_guessed_only_so_often(
    shop_url: str, db: Database, clock: MovableClock
) -> None:
    async with limited(shop_url, db, clock, "misses_address=3/hour") as shop, at(shop) as buyer:
        for name in ("unknown-but-well-formed", "short", "another-well-formed-one"):
            answer = await buyer.browser.get(f"/checkout/{name}")
            assert answer.status_code == 404
        assert_too_many(await buyer.browser.get("/checkout/short"), 1200, "misses")
        assert_too_many(await buyer.browser.get(buyer.address), 1200, "misses")
        assert_too_many(await buyer.browser.get(f"{buyer.address}/return"), 1200, "misses")
        async with at(shop, THERE, buyer.token) as other:
            assert (await other.browser.get(buyer.address)).status_code == 200
        clock.advance(timedelta(minutes=20))
        assert (await buyer.browser.get(buyer.address)).status_code == 200


async def test_a_shop_that_is_not_set_up_says_no_in_plain_words(
    database_url: str, empty_db: Database, clock: MovableClock
) -> None:
    async with (
        limited(database_url, empty_db, clock, "page_posts_address=1/min") as shop,
        shop.browser() as browser,
    ):
        browser.headers["X-Forwarded-For"] = HERE
        address = "/checkout/unknown-but-well-formed/stop"
        assert (await browser.post(address)).status_code == 303
        answer = await browser.post(address)
        assert_too_many(answer, 60, "page_posts")
        assert answer.text.endswith("Please try again in 1 minute.")


async def test_codes_are_guessed_only_so_often_on_the_page_too(
    shop_url: str, db: Database, clock: MovableClock
) -> None:
    async with limited(shop_url, db, clock, "codes=4/hour, codes_address=3/hour") as shop:
        async with at(shop) as buyer:
            await buyer.fill_in()
            for n in range(3):
                wrong = await buyer.post("codes", code=f"GUESS{n}")
                assert wrong.status_code == 422
                right = await buyer.post("codes", code="WELCOME10")
                assert right.status_code == (303 if n < 2 else 429)
                await buyer.post("codes", remove="WELCOME10")
            said = set()
            for code in ("GUESS9", "FREESHIP"):
                refused = await buyer.post("codes", code=code)
                assert_too_many(refused, 1200, "codes")
                said.add(text_of(refused))
                assert code not in refused.text
            assert len(said) == 1
            assert "leave discount codes out for now" in said.pop()
            assert (await buyer.press_pay()).status_code == 303
        # From elsewhere the same checkout has one more, whoever looks at it.
        token = buyer.token
        async with at(shop, THERE, await shop.start()) as other:
            await other.fill_in()
            assert other.token != token
            assert (await other.post("codes", code="GUESS9")).status_code == 422


async def test_a_checkout_takes_five_declined_payments_and_no_more(
    shop_url: str, db: Database, clock: MovableClock
) -> None:
    async with limited(shop_url, db, clock) as shop, at(shop) as buyer:
        for _ in range(5):
            assert (await decline(buyer)).status_code == 303
        async with at(shop, THERE, buyer.token) as elsewhere:
            elsewhere.browser.cookies = buyer.browser.cookies
            refused = await elsewhere.press_pay()
        assert refused.status_code == 429
        assert DECLINED in text_of(refused)
        assert refused.headers["ratelimit"].startswith('"declines_session";r=0;')
        assert len(await shop.payments(buyer.token)) == 5
        assert await shop.left("aloe-vera-12cm") == (24, 0)
        # The session has to start again: a new one may.
        async with at(shop) as again:
            assert "Thank you" in await again.pay("approve")


async def test_cards_are_tried_out_only_so_often_from_one_address(
    shop_url: str, db: Database, clock: MovableClock
) -> None:
    async with limited(shop_url, db, clock) as shop:
        for n in range(10):
            async with at(shop) as buyer:
                pressed = await decline(buyer, email=f"tester{n}@example.com")
                assert pressed.status_code == 303
        async with at(shop) as buyer:
            refused = await decline(buyer, email="tester10@example.com")
            assert_too_many(refused, 360, "declines")
            assert "Too many payments were declined" in text_of(refused)
            assert "Pay $38.10" in text_of(refused)
            assert await shop.payments(buyer.token) == []
        async with at(shop, THERE) as other:
            assert "Thank you" in await other.pay("approve")
        clock.advance(timedelta(minutes=6))
        async with at(shop) as buyer:
            assert "Thank you" in await buyer.pay("approve")


async def test_attempts_are_counted_by_e_mail_browser_and_address(
    shop_url: str, db: Database, clock: MovableClock
) -> None:
    said = "payments=2/hour, payments_address=4/hour, declines_session=off, declines_address=off"
    async with limited(shop_url, db, clock, said) as shop:
        for address in (HERE, THERE):
            async with at(shop, address) as buyer:
                assert (await decline(buyer, email="ONE@example.com ")).status_code == 303
        async with at(shop, "192.0.2.1") as buyer:
            assert_too_many(await decline(buyer, email="one@example.com"), 1800, "payments")
        async with at(shop, "192.0.2.2") as buyer:
            assert (await decline(buyer, email="a@example.com")).status_code == 303
            assert (await decline(buyer, email="b@example.com")).status_code == 303
            assert_too_many(await decline(buyer, email="c@example.com"), 1800, "payments")
        for n in range(5):
            async with at(shop, "192.0.2.3") as buyer:
                pressed = await decline(buyer, email=f"many{n}@example.com")
                assert pressed.status_code == (303 if n < 4 else 429)


async def test_pressing_again_is_no_other_attempt(
    shop_url: str, db: Database, clock: MovableClock
) -> None:
    async with limited(shop_url, db, clock, "payments=1/hour") as shop, at(shop) as buyer:
        await buyer.fill_in()
        page = await buyer.press_pay()
        for _ in range(3):
            again = await buyer.post("pay")
            assert again.headers["location"] == page.headers["location"]
        await buyer.choose("approve", page.headers["location"])
        await shop.till.worker.tick()
        assert "Thank you" in await buyer.look()


async def test_a_count_that_cannot_be_kept_stops_no_payment(
    shop_url: str, db: Database, clock: MovableClock
) -> None:
    async with limited(shop_url, db, clock) as shop, at(shop) as buyer:
        statement = "ALTER TABLE {} RENAME TO {}"
        await db.write(
            lambda uow: uow.connection.exec_driver_sql(statement.format("rate_limits", "elsewhere"))
        )
        await decline(buyer)
        assert "Thank you" in await buyer.pay("approve")
        assert "The payment" not in (await buyer.browser.get("/checkout/short")).text
        await db.write(
            lambda uow: uow.connection.exec_driver_sql(statement.format("elsewhere", "rate_limits"))
        )


async def test_no_address_and_no_e_mail_is_kept_or_logged(
    shop_url: str, db: Database, clock: MovableClock, caplog: pytest.LogCaptureFixture
) -> None:
    async with limited(shop_url, db, clock, "payments=1/hour") as shop:
        async with at(shop) as buyer:
            await decline(buyer)
            assert (await decline(buyer)).status_code == 429
            await buyer.browser.get("/checkout/short")
        for table in ("rate_limits", "payment_origins"):
            rows = await db.read(
                lambda uow, t=table: uow.connection.exec_driver_sql(f"SELECT * FROM {t}").all()  # type: ignore[misc] # noqa: S608
            )
            assert rows
            for secret in (HERE, BUYER["email"], BUYER["name"]):
                assert secret not in str(rows)
        assert HERE not in caplog.text
        assert BUYER["email"] not in caplog.text


async def test_bad_webhooks_are_told_to_wait_and_good_ones_are_taken(
    shop_url: str, db: Database, clock: MovableClock
) -> None:
    async with limited(shop_url, db, clock, "bad_webhooks=2/min") as shop, at(shop) as buyer:
        statuses = [
            (await buyer.browser.post("/webhooks/sandbox", content=b"{}")).status_code
            for _ in range(3)
        ]
        assert statuses == [401, 401, 429]
        refused = await buyer.browser.post("/webhooks/sandbox", content=b"{}")
        assert_too_many(refused, 30, "bad_webhooks")
        assert refused.json() == {"error": "rate_limited"}
        await buyer.fill_in()
        page = await buyer.press_pay()
        await buyer.choose("approve", page.headers["location"])
        await shop.till.worker.tick()
        assert await shop.status(buyer.token) == "completed"
