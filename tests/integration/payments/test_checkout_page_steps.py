"""The hosted checkout page: what it asks, what it answers, and where it leads."""

import re
from datetime import timedelta

import pytest

from plantly.db import Database
from plantly.db.tables import BuyerRow
from tests.support.clock import MovableClock
from tests.support.pay_shop import BUYER, Buyer, PayShop, open_pay_shop, text_of
from tests.support.shop import dump


@pytest.fixture
def shop_url(sqlite_shop_url: str) -> str:
    """Give a shop on SQLite: what this is about knows no engine."""
    return sqlite_shop_url


pytestmark = pytest.mark.anyio


async def buyer_of(shop: PayShop, token: str) -> BuyerRow | None:
    row = await shop.db.read(lambda uow: uow.checkouts.by_page_token(token))
    assert row is not None
    return row.buyer


async def test_the_page_begins_with_the_details(shop: PayShop, buyer: Buyer) -> None:
    answer = await buyer.browser.get(buyer.address)
    assert answer.status_code == 200
    html, text = answer.text, text_of(answer)
    for token in ("email", "name", "address-line1", "address-line2", "address-level2"):
        assert f'autocomplete="{token}"' in html
    for token in ("address-level1", "postal-code", "country", "tel"):
        assert f'autocomplete="{token}"' in html
    for name in set(BUYER) - {"district"}:
        assert f'<label for="{name}">' in html
        assert f'id="{name}"' in html
    assert "Aloe Vera" in text
    assert "2 \N{MULTIPLICATION SIGN} $14.99" in text
    assert "Estimated total $29.98" in text
    assert "Test shop: no money moves" in text
    assert len(answer.content) < 50_000


async def test_the_page_runs_its_one_script_and_says_nothing_to_others(buyer: Buyer) -> None:
    first, second = [await buyer.browser.get(buyer.address) for _ in range(2)]
    policy = first.headers["content-security-policy"]
    found = re.fullmatch(
        r"default-src 'none'; script-src '(nonce-\S+)'; connect-src 'self'; "
        r"style-src '(nonce-\S+)'; img-src 'self'; form-action 'self' http://127.0.0.1:8000; "
        r"base-uri 'none'; frame-ancestors 'none'",
        policy,
    )
    assert found is not None
    assert f'<script nonce="{found[1].removeprefix("nonce-")}">' in first.text
    assert first.text.count("<script") == 1
    assert policy != second.headers["content-security-policy"]
    assert first.headers["referrer-policy"] == "no-referrer"
    assert first.headers["cache-control"] == "no-store"
    assert first.headers["x-content-type-options"] == "nosniff"
    await buyer.fill_in()
    third = await buyer.browser.get(buyer.address)
    assert "script-src" not in third.headers["content-security-policy"]
    assert "<script" not in third.text
    assert " style=" not in first.text


async def test_details_lead_to_delivery_and_exact_totals(buyer: Buyer) -> None:
    saved = await buyer.fill_in()
    assert (saved.status_code, saved.headers["location"]) == (303, buyer.address)
    text = await buyer.look()
    assert "Alex Green 1 Garden Street San Francisco, CA 94107 United States" in text
    assert "Standard shipping $5.95" in text
    assert "Sales tax 7.25 % $2.17" in text
    assert "Total $38.10" in text
    assert "Pay $38.10" in text


async def test_details_can_be_changed(buyer: Buyer) -> None:
    await buyer.fill_in()
    form = (await buyer.browser.get(buyer.address + "?step=details")).text
    assert 'value="1 Garden Street"' in form
    await buyer.fill_in(country="DE", region="", postal_code="10115", city="Berlin")
    text = await buyer.look()
    assert "10115 Berlin Germany" in text
    assert "By post $12.95" in text
    assert "VAT 19 % (included)" in text


async def test_another_delivery_changes_the_total(buyer: Buyer) -> None:
    await buyer.fill_in()
    assert (await buyer.post("shipping", option="express")).status_code == 303
    assert "Pay $47.10" in await buyer.look()
    await buyer.fill_in(name="Alex Brown")
    assert "Pay $47.10" in await buyer.look()


async def test_a_delivery_that_is_not_offered_is_refused(buyer: Buyer) -> None:
    await buyer.fill_in()
    answer = await buyer.post("shipping", option="teleport")
    assert answer.status_code == 422
    assert "Choose one of the deliveries below." in text_of(answer)
    assert "Pay $38.10" in text_of(answer)


async def test_wrong_details_are_kept_and_explained(shop: PayShop, buyer: Buyer) -> None:
    before = await dump(shop.db)
    answer = await buyer.fill_in(email="alex@", city="", country="ZZ", name="Alex & <b>")
    assert answer.status_code == 422
    html, text = answer.text, text_of(answer)
    assert 'href="#email"' in html
    assert 'aria-describedby="email-problem email-hint"' in html
    assert 'aria-describedby="city-problem"' in html
    assert html.count(' aria-invalid="true"') == 3
    assert "Enter an e-mail address such as name@example.com." in text
    assert 'value="alex@"' in html
    assert 'value="Alex &amp; &lt;b&gt;"' in html
    assert 'value="1 Garden Street"' in html
    assert await dump(shop.db) == before
    assert "set-cookie" not in answer.headers


async def test_a_card_number_is_never_kept(shop: PayShop, buyer: Buyer) -> None:
    answer = await buyer.fill_in(name="4242 4242 4242 4242")
    assert "This looks like a card number" in text_of(answer)
    assert await buyer_of(shop, buyer.token) is None


async def test_a_state_may_be_written_out(shop: PayShop, buyer: Buyer) -> None:
    await buyer.fill_in(region="california")
    saved = await buyer_of(shop, buyer.token)
    assert saved is not None
    assert saved.region == "CA"


@pytest.mark.parametrize("value", ["\x00", "a\x00b", "\x1b[31m", "x" * 121])
async def test_text_that_cannot_be_kept_is_refused(buyer: Buyer, value: str) -> None:
    assert (await buyer.fill_in(line2=value)).status_code == 422


async def test_an_expired_page_says_so_before_anybody_closed_it(
    shop: PayShop, buyer: Buyer
) -> None:
    await buyer.fill_in()
    shop.clock.advance(timedelta(hours=1))
    assert "This checkout has expired" in await buyer.look()
    for path in ("details", "shipping", "pay", "start-over", "stop"):
        assert (await buyer.post(path, **BUYER)).headers["location"] == buyer.address
    assert await shop.payments(buyer.token) == []
    await shop.till.worker.tick()
    assert await shop.status(buyer.token) == "expired"
    assert await buyer_of(shop, buyer.token) is None


@pytest.mark.parametrize("token", ["unknown-but-well-formed", "short", "a%00b", "%F0%9F%8C%B1" * 9])
async def test_an_unknown_page_is_friendly(shop: PayShop, token: str) -> None:
    async with shop.browser() as browser:
        for path in ("", "/return"):
            answer = await browser.get(f"/checkout/{token}{path}", follow_redirects=True)
            assert answer.status_code == 404
            assert "There is no such checkout" in text_of(answer)
            assert "Fern & Co" in text_of(answer)
        for path in ("details", "pay", "start-over", "stop", "shipping"):
            answer = await browser.post(
                f"/checkout/{token}/{path}", data=BUYER, follow_redirects=True
            )
            assert answer.status_code == 404


async def test_a_form_that_nobody_fills_in_is_not_read(buyer: Buyer) -> None:
    large = await buyer.post("details", email="x" * 20_000)
    assert large.status_code == 413
    many = await buyer.post("details", **{f"field{n}": "x" for n in range(50)})
    assert many.status_code == 413
    broken = await buyer.browser.post(f"{buyer.address}/details", content=b"email=%ff%fe&name=\xff")
    assert broken.status_code == 422


async def test_a_shop_that_is_not_set_up_says_so(
    empty_db: Database, database_url: str, clock: MovableClock
) -> None:
    async with open_pay_shop(database_url, empty_db, clock) as shop, shop.browser() as browser:
        answer = await browser.get("/checkout/unknown-but-well-formed")
        assert answer.status_code == 503
        assert "set up" in answer.text
