"""Every button of the provider's page, from the checkout page to the order and back."""

from datetime import timedelta
from urllib.parse import urlsplit

import pytest

from plantly.domain.payment import PaymentStatus
from tests.support.pay_shop import Buyer, PayShop, text_of


@pytest.fixture
def shop_url(sqlite_shop_url: str) -> str:
    """Give a shop on SQLite: what this is about knows no engine."""
    return sqlite_shop_url


pytestmark = pytest.mark.anyio

ALOE = "aloe-vera-12cm"


async def to_pay_page(buyer: Buyer) -> str:
    """Fill in, press Pay, and give the address of the provider's page."""
    await buyer.fill_in()
    answer = await buyer.press_pay()
    assert answer.status_code == 303, text_of(answer)
    return answer.headers["location"]


async def test_an_approved_payment_becomes_an_order(shop: PayShop, buyer: Buyer) -> None:
    page = await buyer.pay("approve")
    assert "Thank you, your order is confirmed" in page
    order = (await shop.page(buyer.token)).checkout.order
    assert order is not None
    assert order.order_number in page
    assert await shop.left(ALOE) == (22, 0)
    payment = await shop.payment(buyer.token)
    assert (payment.status, payment.captured_minor) == (PaymentStatus.CAPTURED, 3810)
    assert [fact.source for fact in payment.facts] == ["webhook"]


async def test_the_stock_is_held_while_the_buyer_is_at_the_provider(
    shop: PayShop, buyer: Buyer
) -> None:
    await to_pay_page(buyer)
    assert await shop.left(ALOE) == (24, 2)
    assert await shop.status(buyer.token) == "complete_in_progress"


async def test_the_provider_shows_the_amount_and_that_nothing_is_real(buyer: Buyer) -> None:
    pay_page = await to_pay_page(buyer)
    shown = await buyer.browser.get(urlsplit(pay_page).path)
    text = text_of(shown)
    assert "TEST: no money moves" in text
    assert "$38.10" in text
    for button in ("Approve", "Decline", "3-D Secure", "Pay later", "Abandon"):
        assert f">{button}</bdi></button>" in shown.text


@pytest.mark.parametrize(
    ("action", "status", "said"),
    [
        ("decline", PaymentStatus.DECLINED, "The payment was declined. Nothing was charged"),
        ("abandon", PaymentStatus.CANCELED, "The payment was canceled. Nothing was charged"),
    ],
)
async def test_a_payment_that_fails_lets_the_buyer_try_again(
    shop: PayShop, buyer: Buyer, action: str, status: PaymentStatus, said: str
) -> None:
    page = await buyer.pay(action)
    assert said in page
    assert "Pay $38.10" in page
    assert (await shop.payment(buyer.token)).status is status
    assert await shop.left(ALOE) == (24, 0)
    assert "Thank you" in await buyer.pay("approve")
    assert await shop.left(ALOE) == (22, 0)
    assert len(await shop.payments(buyer.token)) == 2


@pytest.mark.parametrize(
    ("answer", "said"), [("confirm", "Thank you"), ("fail", "The payment was declined")]
)
async def test_a_bank_may_ask_the_buyer_to_confirm(
    shop: PayShop, buyer: Buyer, answer: str, said: str
) -> None:
    pay_page = await to_pay_page(buyer)
    asked = await buyer.choose("challenge", pay_page)
    challenge = await buyer.browser.get(asked.headers["location"])
    assert ">Confirm</bdi></button>" in challenge.text
    assert ">Fail</bdi></button>" in challenge.text
    assert ">Approve<" not in challenge.text
    back = await buyer.choose(answer, pay_page)
    assert back.headers["location"].endswith(f"{buyer.address}/return")
    await shop.till.worker.tick()
    assert said in await buyer.look()


async def test_a_payment_that_is_put_off_is_waited_for(shop: PayShop, buyer: Buyer) -> None:
    page = await buyer.pay("later")
    assert "Your payment is being confirmed" in page
    assert (await shop.payment(buyer.token)).status is PaymentStatus.PENDING
    assert (await buyer.browser.get(buyer.address)).headers["refresh"] == "2"
    shop.clock.advance(timedelta(seconds=59))
    await shop.till.worker.tick()
    assert await shop.status(buyer.token) == "complete_in_progress"
    shop.clock.advance(timedelta(seconds=1))
    await shop.till.worker.tick()
    assert "Thank you" in await buyer.look()


async def test_pressing_pay_while_a_payment_is_put_off_starts_no_second_one(
    shop: PayShop, buyer: Buyer
) -> None:
    await buyer.pay("later")
    again = await buyer.post("pay")
    assert again.headers["location"] == buyer.address
    assert len(await shop.payments(buyer.token)) == 1


async def test_coming_back_asks_the_provider_even_before_the_webhook(
    shop: PayShop, buyer: Buyer
) -> None:
    await buyer.choose("approve", await to_pay_page(buyer))
    assert "Thank you" in await buyer.look("/return")
    assert [f.source for f in (await shop.payment(buyer.token)).facts] == ["read"]
    await shop.till.worker.tick()
    assert [f.source for f in (await shop.payment(buyer.token)).facts] == ["read"]


async def test_a_choice_is_made_once(shop: PayShop, buyer: Buyer) -> None:
    pay_page = await to_pay_page(buyer)
    await buyer.choose("decline", pay_page)
    await buyer.choose("approve", pay_page)
    await shop.till.worker.tick()
    assert "The payment was declined" in await buyer.look()
    over = text_of(await buyer.browser.get(urlsplit(pay_page).path))
    assert "This payment is over" in over


async def test_a_payment_is_paid_in_time_or_not_at_all(shop: PayShop, buyer: Buyer) -> None:
    pay_page = await to_pay_page(buyer)
    shop.clock.advance(timedelta(minutes=30))
    await buyer.choose("approve", pay_page)
    await shop.till.worker.tick()
    assert (await shop.payment(buyer.token)).status is PaymentStatus.EXPIRED
    assert "took too long" in await buyer.look()
    assert await shop.left(ALOE) == (24, 0)


async def test_an_unknown_button_does_nothing(shop: PayShop, buyer: Buyer) -> None:
    pay_page = await to_pay_page(buyer)
    answer = await buyer.choose("steal", pay_page)
    assert answer.headers["location"] == urlsplit(pay_page).path
    assert (await shop.payment(buyer.token)).status is PaymentStatus.CREATED


@pytest.mark.parametrize("token", ["unknown-but-well-formed", "short", "a%00b"])
async def test_an_unknown_pay_page_says_so(shop: PayShop, token: str) -> None:
    async with shop.browser() as browser:
        shown = await browser.get(f"/sandbox/pay/{token}")
        pressed = await browser.post(
            f"/sandbox/pay/{token}", data={"action": "approve"}, follow_redirects=True
        )
    assert (shown.status_code, pressed.status_code) == (404, 404)
    assert "There is no such payment" in text_of(shown)


async def test_a_foreign_page_cannot_press_a_button(shop: PayShop, buyer: Buyer) -> None:
    pay_page = await to_pay_page(buyer)
    answer = await buyer.browser.post(
        urlsplit(pay_page).path,
        data={"action": "approve"},
        headers={"sec-fetch-site": "cross-site"},
    )
    assert answer.status_code == 403
    too_large = await buyer.browser.post(urlsplit(pay_page).path, content=b"x" * 20_000)
    assert too_large.status_code == 413
    await shop.till.worker.tick()
    assert (await shop.payment(buyer.token)).status is PaymentStatus.CREATED
