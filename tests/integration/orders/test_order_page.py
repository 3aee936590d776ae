"""The order's page: for whoever has its link, and for nobody who guesses."""

import re
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta

import httpx
import pytest

from plantly.db import UnitOfWork
from plantly.domain.errors import ShopNotReady
from plantly.domain.parcel import Parcel
from plantly.domain.refunds import RefundReason
from plantly.domain.shop import FulfillmentKind
from plantly.services.cancellations import cancel_order
from plantly.services.order_desk import find_order
from plantly.services.order_links import order_of_token, order_path, order_token
from plantly.services.returns import approve_return, decline_return
from plantly.services.secrets import retire_secret, rotate_secret
from plantly.services.shop_file import apply_shop
from tests.support.clock import MovableClock
from tests.support.order_care import ALOE, OrderDesk
from tests.support.pay_shop import BUYER, PayShop, a_buyer, open_pay_shop, text_of

pytestmark = pytest.mark.anyio


@pytest.fixture
async def browser(shop: PayShop) -> AsyncIterator[httpx.AsyncClient]:
    async with shop.browser() as opened:
        yield opened


@pytest.fixture
async def path(desk: OrderDesk) -> str:
    return await desk.shop.db.read(lambda uow: order_path(uow, desk.number))


async def ask(browser: httpx.AsyncClient, path: str, **form: str) -> httpx.Response:
    fields = {name.replace("_", "-"): value for name, value in form.items()}
    return await browser.post(f"{path}/returns", data=fields)


@pytest.mark.parametrize("engine", ["sqlite", "postgresql"])
async def test_whoever_has_the_link_sees_the_order_in_full(
    browser: httpx.AsyncClient, path: str, desk: OrderDesk
) -> None:
    page = await browser.get(path)
    assert page.status_code == 200
    said = text_of(page)
    for fact in (
        "Your order is confirmed",
        desk.number,
        "Aloe Vera",
        "Monstera",
        "How this total is made",
        "Total",
        BUYER["name"],
        BUYER["line1"],
        BUYER["email"],
        "United States",
        "Confirmed",
        "Shipped (not yet)",
        "Order again",
        "keep it to yourself",
    ):
        assert fact in said, fact
    assert "Return something" not in said
    assert "Refund" not in said


async def test_the_page_is_kept_nowhere_and_tells_nobody_where_it_is(
    browser: httpx.AsyncClient, path: str
) -> None:
    page = await browser.get(path)
    assert page.headers["cache-control"] == "no-store"
    assert page.headers["referrer-policy"] == "no-referrer"
    assert page.headers["x-robots-tag"] == "noindex, nofollow"
    policy = page.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "script-src" not in policy
    assert "frame-ancestors 'none'" in policy
    assert "set-cookie" not in page.headers
    assert "<script" not in page.text
    assert (await browser.head(path)).status_code == 200


async def test_everything_else_is_no_order(
    browser: httpx.AsyncClient, path: str, desk: OrderDesk
) -> None:
    other = await desk.shop.db.read(lambda uow: order_token(uow, "PL-0000-0000-0000-0000"))
    token = path.removeprefix("/order/")
    wrong = (
        desk.number,
        f"{desk.number}_",
        f"{desk.number}_{'A' * 24}",
        token[:-1],
        f"{token}A",
        token.lower(),
        f"{token[:-1]}{'A' if token[-1] != 'A' else 'B'}",
        other,
        f"{desk.number}_{other.partition('_')[2]}",
        "x",
        "A" * 81,
        "%C3%A4" * 10,
        "..%2f" * 5,
    )
    for guess in wrong:
        page = await browser.get(f"/order/{guess}")
        assert page.status_code == 404, guess
        assert BUYER["name"] not in page.text
        posted = await browser.post(f"/order/{guess}/returns", data={"reason": "other"})
        assert posted.status_code == 404, guess


async def test_guessing_is_limited(shop: PayShop, clock: MovableClock) -> None:
    url = shop.settings.database_url
    strict = {"PLANTLY_LIMITS": "misses_address=3/hour, page_posts_address=2/hour"}
    async with open_pay_shop(url, shop.db, clock, strict) as limited, limited.browser() as eve:
        eve.headers["X-Forwarded-For"] = "203.0.113.7"
        answers = [await eve.get(f"/order/PL-0000-0000-0000-000{i}_{'A' * 24}") for i in range(5)]
        assert [answer.status_code for answer in answers] == [404, 404, 404, 429, 429]
        clock.advance(timedelta(hours=2))
        posts = [await eve.post(f"/order/{'A' * 30}/returns") for _ in range(3)]
        assert [answer.status_code for answer in posts] == [404, 404, 429]
        assert f'href="/order/{"A" * 30}"' in posts[-1].text
        assert "Back to the order" in posts[-1].text


async def test_a_secret_that_was_rotated_opens_old_links_until_it_is_retired(
    browser: httpx.AsyncClient, path: str, desk: OrderDesk
) -> None:
    await desk.do(lambda uow: rotate_secret(uow, "order-links"))
    newer = await desk.shop.db.read(lambda uow: order_path(uow, desk.number))
    assert newer != path
    assert [(await browser.get(p)).status_code for p in (path, newer)] == [200, 200]
    await desk.do(lambda uow: retire_secret(uow, "order-links"))
    assert [(await browser.get(p)).status_code for p in (path, newer)] == [404, 200]


async def test_a_shop_that_made_no_secret_yet_has_no_links(
    desk: OrderDesk, browser: httpx.AsyncClient, path: str
) -> None:
    def forget(uow: UnitOfWork) -> None:
        assert uow.shop.forget_secret("order_links")

    await desk.do(forget)
    with pytest.raises(ShopNotReady):
        await desk.shop.db.read(lambda uow: order_of_token(uow, path.removeprefix("/order/")))
    assert (await browser.get(path)).status_code == 503


async def test_parcels_are_followed_from_here(
    browser: httpx.AsyncClient, path: str, desk: OrderDesk, clock: MovableClock
) -> None:
    await desk.send("a", Parcel("Parcel Post", "PP 1", "https://carrier.example/1"), aloe=2)
    said = text_of(await browser.get(path))
    assert "A part of your order is on its way" in said
    assert "Partly shipped" in said
    assert "Follow the parcel" in said
    clock.advance(timedelta(days=1))
    await desk.send("b", Parcel("", "PP 2", ""))
    page = await browser.get(path)
    assert 'href="https://carrier.example/1" target="_blank" rel="noopener noreferrer"' in page.text
    said = text_of(page)
    for fact in ("Your order is on its way", "Parcel 1", "Parcel 2", "PP 2", "Follow parcel 1"):
        assert fact in said, fact
    await desk.deliver()
    said = text_of(await browser.get(path))
    assert "Your order has arrived" in said
    assert "Arrived on March 3, 2026" in said


async def test_an_order_that_is_picked_up_is_not_shipped(
    browser: httpx.AsyncClient, path: str, desk: OrderDesk
) -> None:
    def pick_up(uow: UnitOfWork) -> None:
        shop = uow.shop.current().config
        (zone, *rest) = shop.zones
        options = tuple(replace(o, kind=FulfillmentKind.PICKUP) for o in zone.options)
        zones = (replace(zone, options=options), *rest)
        apply_shop(uow, replace(shop, zones=zones))

    await desk.do(pick_up)
    assert "Ready (not yet)" in text_of(await browser.get(path))
    await desk.send("a")
    said = text_of(await browser.get(path))
    assert "Your order is ready to be picked up" in said
    assert "Ready since" in said
    await desk.deliver()
    assert "Picked up on" in text_of(await browser.get(path))


async def test_an_order_that_ended_early_says_so(
    browser: httpx.AsyncClient, path: str, desk: OrderDesk
) -> None:
    await desk.do(lambda uow: cancel_order(uow, desk.number, RefundReason.CANCELED))
    said = text_of(await browser.get(path))
    assert "This order is canceled" in said
    assert "On its way to you" in said
    await desk.settle()
    said = text_of(await browser.get(path))
    assert "Back to you, the way that you paid" in said
    assert "Shipped" not in said


async def test_an_order_that_was_sent_and_all_refunded_shows_both(
    browser: httpx.AsyncClient, path: str, desk: OrderDesk
) -> None:
    await desk.send("a")
    await desk.refund(lines={ALOE: 1})
    total = (await desk.look()).view.total_minor
    given = sum(amount for amount, _ in await desk.refunds())
    await desk.refund("r2", amount_minor=total - given)
    await desk.settle()
    said = text_of(await browser.get(path))
    assert "This order is refunded" in said
    assert "Shipped" in said
    assert "Refunds" in said


async def test_a_return_is_asked_for_without_a_script(
    browser: httpx.AsyncClient, path: str, desk: OrderDesk
) -> None:
    await desk.send("a")
    page = await browser.get(path)
    assert "Ask to send something back" in text_of(page)
    positions = re.findall(r'name="units-(\d)"', page.text)
    assert len(positions) == 2
    answer = await ask(browser, path, units_0="1", units_1="0", reason="damaged", note="a leaf")
    assert answer.status_code == 303
    assert answer.headers["location"] == f"{path}#returns"
    said = text_of(await browser.get(path))
    assert "Asked for: the shop looks at it" in said
    assert "a leaf" not in said
    order = await desk.look()
    assert [back.reason for back in order.returns] == ["damaged"]
    assert order.return_notes == {"1": "a leaf"}
    assert "return_requested" in await desk.kinds()


async def test_a_return_is_followed_from_here(
    browser: httpx.AsyncClient, path: str, desk: OrderDesk
) -> None:
    await desk.send("a")
    await desk.ask_back(aloe=1)
    await desk.do(lambda uow: approve_return(uow, desk.number, 1))
    assert "Accepted: please send it back" in text_of(await browser.get(path))
    await desk.receive(refund=True)
    said = text_of(await browser.get(path))
    assert "It has arrived back at the shop" in said
    assert "goes back to you for it" in said
    await desk.ask_back(aloe=2)
    await desk.do(lambda uow: decline_return(uow, desk.number, 2))
    assert "Declined" in text_of(await browser.get(path))


@pytest.mark.parametrize(
    ("form", "said"),
    [
        ({"reason": "damaged"}, "Choose how many"),
        ({"units_0": "0", "reason": "damaged"}, "Choose how many"),
        ({"units_0": "1"}, "Choose why"),
        ({"units_0": "1", "reason": "boredom"}, "Choose one of these reasons"),
        ({"units_0": "99", "reason": "damaged"}, "So many cannot be sent back"),
        ({"units_0": "-1", "reason": "damaged"}, "So many cannot be sent back"),
        ({"units_0": "many", "reason": "damaged"}, "So many cannot be sent back"),
        ({"units_9": "1", "reason": "damaged"}, "So many cannot be sent back"),
        (
            {"units_0": "1", "reason": "damaged", "note": "4111 1111 1111 1111"},
            "looks like a card number",
        ),
    ],
)
async def test_what_cannot_be_asked_for_is_said(
    browser: httpx.AsyncClient, path: str, desk: OrderDesk, form: dict[str, str], said: str
) -> None:
    await desk.send("a")
    answer = await ask(browser, path, **form)
    assert answer.status_code == 422
    assert said in text_of(answer)
    assert '<details class="why ask" open>' in answer.text
    assert "4111" not in answer.text
    assert (await desk.look()).returns == ()


async def test_a_choice_stays_when_something_else_was_wrong(
    browser: httpx.AsyncClient, path: str, desk: OrderDesk
) -> None:
    await desk.send("a")
    answer = await ask(browser, path, units_0="1", note="<b>bold</b>")
    assert '<option value="1" selected>1</option>' in answer.text
    assert "&lt;b&gt;bold&lt;/b&gt;" in answer.text


async def test_another_site_cannot_ask_for_a_return(
    browser: httpx.AsyncClient, path: str, desk: OrderDesk
) -> None:
    await desk.send("a")
    form = {"units-0": "1", "reason": "damaged"}
    for headers in ({"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://evil.example"}):
        answer = await browser.post(f"{path}/returns", data=form, headers=headers)
        assert answer.status_code == 403
    big = await browser.post(f"{path}/returns", content=b"x" * 20_000)
    assert big.status_code == 413
    assert (await desk.look()).returns == ()


async def test_an_erased_buyer_is_not_shown(
    browser: httpx.AsyncClient, path: str, desk: OrderDesk
) -> None:
    def erase(uow: UnitOfWork) -> None:
        checkout = uow.checkouts.by_row_id(find_order(uow, desk.number).checkout_id)
        assert checkout is not None
        uow.checkouts.forget_buyer(checkout)

    await desk.do(erase)
    page = await browser.get(path)
    assert page.status_code == 200
    for field in ("name", "email", "line1", "phone"):
        assert BUYER[field] not in page.text
    assert "Aloe Vera" in page.text
    assert "sees this order: keep it to yourself" in page.text
    assert "name and address" not in page.text


async def test_what_is_sold_out_cannot_be_bought_again(
    browser: httpx.AsyncClient, path: str, desk: OrderDesk
) -> None:
    assert 'href="/cart/' in (await browser.get(path)).text

    def sell(uow: UnitOfWork) -> None:
        for variant in uow.catalog.variants(
            line.variant_handle for line in find_order(uow, desk.number).lines
        ).values():
            variant.stock.on_hand = 0
            variant.stock.backorder_limit = variant.stock.reserved

    await desk.do(sell)
    assert "Order again" not in text_of(await browser.get(path))


async def test_the_browser_that_paid_is_led_to_the_order_and_no_other_is(
    shop: PayShop, clock: MovableClock
) -> None:
    smtp = {
        "PLANTLY_MAIL": "smtp",
        "PLANTLY_SMTP_URL": "smtp://127.0.0.1:9",
        "PLANTLY_MAIL_FROM": "shop@example.com",
    }
    token = await shop.start()
    async with a_buyer(shop, token) as buyer, shop.browser() as other:
        said = await buyer.pay()
        assert "See your order" in said
        assert "mail" not in said
        html = (await buyer.browser.get(buyer.address)).text
        (path,) = re.findall(r'href="(/order/[^"]+)"', html)
        assert (await other.get(path)).status_code == 200
        assert "/order/" not in (await other.get(buyer.address)).text
        url = shop.settings.database_url
        async with open_pay_shop(url, shop.db, clock, smtp) as mailing:
            page = httpx.AsyncClient(
                transport=httpx.ASGITransport(mailing.app),
                base_url=buyer.browser.base_url,
                cookies=buyer.browser.cookies,
            )
            async with page:
                said = text_of(await page.get(buyer.address))
        assert "A confirmation is on its way to your mail" in said
