"""What a buyer can choose on the page: a country, codes, a currency, to accept, to write a note."""

import re
from datetime import timedelta

import pytest
from sqlalchemy import select

from plantly.db import UnitOfWork
from plantly.db.tables import CheckoutRow, PriceRow, VariantRow
from plantly.domain.checkout import CheckoutStatus
from plantly.services.terms import terms_of
from tests.support.pay_shop import BUYER, Buyer, PayShop, a_buyer, text_of
from tests.support.shop import SHOP_TOML, garden, stock_shop

pytestmark = pytest.mark.anyio

TERMS = """
[[policies]]
topic = "terms"
title = "Terms of sale"
text = "{text}"
"""
EUROS = SHOP_TOML.replace(
    'currency = "USD"', 'currency = "USD"\ncurrencies = ["EUR", "JPY"]'
).replace("price_minor = 595,", "price_minor = 595, prices = { EUR = 550 },")


@pytest.fixture
def shop_url(sqlite_shop_url: str) -> str:
    """Give a shop on SQLite: what this is about knows no engine."""
    return sqlite_shop_url


async def apply(shop: PayShop, toml: str) -> None:
    await shop.db.write(lambda uow: stock_shop(uow, garden(), toml))


async def row_of(shop: PayShop, token: str) -> CheckoutRow:
    row = await shop.db.read(lambda uow: uow.checkouts.by_page_token(token))
    assert row is not None
    return row


def price_in_euros(uow: UnitOfWork, amount_minor: int = 1299) -> None:
    variant = select(VariantRow.id).where(VariantRow.handle == "aloe-vera-12cm")
    found = uow.session.scalars(variant).one()
    uow.session.add(PriceRow(variant_id=found, currency="EUR", amount_minor=amount_minor))


async def test_the_fields_of_another_country_come_without_keeping_anything(
    shop: PayShop, buyer: Buyer
) -> None:
    answer = await buyer.post("fields", **{**BUYER, "country": "DE", "name": "Alex & <b>"})
    text = text_of(answer)
    assert answer.status_code == 200
    assert 'value="Alex &amp; &lt;b&gt;"' in answer.text
    assert "Postal code" in text
    assert '<label for="region">' not in answer.text
    assert (await row_of(shop, buyer.token)).buyer is None
    answer = await buyer.post("details", **{**BUYER, "country": "DE", "fields_of": "US"})
    assert answer.status_code == 200
    assert (await row_of(shop, buyer.token)).buyer is None
    await buyer.fill_in(fields_of="US")
    assert (await row_of(shop, buyer.token)).buyer is not None
    shop.clock.advance(timedelta(hours=1))
    assert (await buyer.post("fields", **BUYER)).headers["location"] == buyer.address


async def test_a_gift_note_is_kept_with_the_person_alone(shop: PayShop, buyer: Buyer) -> None:
    await buyer.fill_in(gift_note="With love,\r\nyours  <b>")
    kept = (await row_of(shop, buyer.token)).buyer
    assert kept is not None
    assert kept.gift_note == "With love,\nyours <b>"
    answer = await buyer.browser.get(buyer.address)
    assert "With love,\nyours &lt;b&gt;" in answer.text
    async with a_buyer(shop, buyer.token) as stranger:
        assert "With love" not in await stranger.look()
    refused = await buyer.fill_in(gift_note="x" * 301)
    assert "Use at most 300 characters." in text_of(refused)
    assert 'aria-describedby="gift_note-problem gift_note-hint"' in refused.text


async def test_codes_come_and_go_on_the_page(shop: PayShop, buyer: Buyer) -> None:
    await buyer.fill_in()
    assert (await buyer.post("codes", code="welcome10")).status_code == 303
    text = await buyer.look()
    assert "Discount (WELCOME10) -$3.00" in text
    assert "Remove the code welcome10" in (await buyer.browser.get(buyer.address)).text
    refused = await buyer.post("codes", code="GUESS")
    assert refused.status_code == 422
    assert 'aria-describedby="code-problem" autofocus' in refused.text
    assert "is not a code of this shop" in text_of(refused)
    assert (await row_of(shop, buyer.token)).discount_codes == ["welcome10"]
    assert (await buyer.post("codes", remove="welcome10")).status_code == 303
    assert "Discount (WELCOME10)" not in await buyer.look()
    assert (await buyer.post("codes", code="")).status_code == 303


@pytest.mark.parametrize("code", ["4111 1111 1111 1111", "x" * 65, "a\x1bb"])
async def test_what_cannot_be_a_code_is_not_kept(shop: PayShop, buyer: Buyer, code: str) -> None:
    await buyer.fill_in()
    refused = await buyer.post("codes", code=code)
    assert "This cannot be a discount code." in text_of(refused)
    assert (await row_of(shop, buyer.token)).discount_codes == []


async def test_there_is_room_for_five_codes(shop: PayShop, buyer: Buyer) -> None:
    await buyer.fill_in()

    def fill(uow: UnitOfWork) -> None:
        checkout = uow.checkouts.by_page_token(buyer.token, lock=True)
        assert checkout is not None
        checkout.discount_codes = ["A1", "B1", "C1", "D1", "E1"]

    await shop.db.write(fill)
    refused = await buyer.post("codes", code="WELCOME10")
    assert "remove one first" in text_of(refused)
    assert (await buyer.post("codes", remove="E1")).status_code == 303
    assert (await buyer.post("codes", code="WELCOME10")).status_code == 303
    assert "Discount (WELCOME10)" in await buyer.look()


async def test_terms_are_accepted_before_paying(shop: PayShop, buyer: Buyer) -> None:
    await apply(shop, SHOP_TOML + TERMS.format(text="Be kind."))
    await buyer.fill_in()
    page = await buyer.browser.get(buyer.address)
    assert '<a href="/policies#terms" target="_blank" rel="noopener">' in page.text
    refused = await buyer.press_pay(terms="")
    assert refused.status_code == 422
    assert "Tick this box to accept: Terms of sale." in text_of(refused)
    assert 'aria-describedby="terms-problem"' in refused.text
    assert await shop.payments(buyer.token) == []
    before = dict(re.findall(r'name="(quote|shown|key|terms)" value="([^"]*)"', page.text))
    await apply(shop, SHOP_TOML + TERMS.format(text="Be very kind."))
    refused = await buyer.post("pay", **before)
    assert "Terms of sale changed since this page was shown" in text_of(refused)
    assert (await row_of(shop, buyer.token)).terms_version is None
    assert (await buyer.press_pay()).status_code == 303
    kept = await row_of(shop, buyer.token)
    config = await shop.db.read(lambda uow: uow.shop.current().config)
    terms = terms_of(config)
    assert terms is not None
    assert (kept.terms_version, kept.terms_accepted_at) == (terms.version, shop.clock())


async def test_a_ticked_box_stays_ticked_when_something_else_is_the_matter(
    shop: PayShop, buyer: Buyer
) -> None:
    await apply(shop, SHOP_TOML + TERMS.format(text="Be kind."))
    await buyer.fill_in()
    refused = await buyer.press_pay(quote="another")
    assert refused.status_code == 409
    assert re.search(r'name="terms" value="\w+" form="pay" required checked>', refused.text)


async def test_another_currency_is_chosen_only_where_everything_has_a_price(
    shop: PayShop, buyer: Buyer
) -> None:
    await apply(shop, EUROS)
    await buyer.fill_in()
    assert "Pay in" not in await buyer.look()
    refused = await buyer.post("currency", currency="EUR")
    assert "This order cannot be paid in that currency." in text_of(refused)
    await shop.db.write(price_in_euros)
    text = await buyer.look()
    assert "Pay in US Dollar (USD) Euro (EUR) Change" in text
    assert "Japanese Yen" not in text
    await buyer.post("shipping", option="express")
    assert (await buyer.post("currency", currency="EUR")).status_code == 303
    text = await buyer.look()
    assert "Pay €33.36" in text
    assert "Express" not in text
    assert "price of Aloe Vera is not the one shown" not in text
    await buyer.post("currency", currency="USD")
    await buyer.post("currency", currency="EUR")
    to_provider = await buyer.press_pay()
    payment = await shop.payment(buyer.token)
    assert (payment.amount_minor, payment.currency) == (3336, "EUR")
    await buyer.choose("approve", to_provider.headers["location"])
    await shop.till.worker.tick()
    text = await buyer.look()
    assert "Thank you" in text
    assert "2 \N{MULTIPLICATION SIGN} €12.99 €25.98" in text


async def test_a_currency_that_was_given_up_can_be_left(shop: PayShop, buyer: Buyer) -> None:
    await apply(shop, EUROS)
    await shop.db.write(price_in_euros)
    await buyer.fill_in()
    await buyer.post("currency", currency="EUR")
    await apply(shop, EUROS.replace("prices = { EUR = 550 },", ""))
    text = await buyer.look()
    assert "Pay in Euro (EUR) US Dollar (USD) Change" in text
    assert "Pay €" not in text
    await buyer.post("currency", currency="USD")
    assert "Pay $38.10" in await buyer.look()


async def test_the_total_is_explained_before_and_after_paying(shop: PayShop, buyer: Buyer) -> None:
    assert "How this total is made Aloe Vera, 12 cm pot" in await buyer.look()
    await buyer.fill_in()
    await buyer.post("codes", code="WELCOME10")
    told = (
        "How this total is made Aloe Vera, 12 cm pot 2 \N{MULTIPLICATION SIGN} $14.99 $29.98 "
        "WELCOME10 \N{MINUS SIGN}$3.00 "
        "Sales tax 7.25 % $1.96 Together $28.94 Standard shipping Delivery $5.95 All of it "
        "Aloe Vera, 12 cm pot $28.94 Standard shipping $5.95 Total $34.89"
    )
    assert told in await buyer.look()
    to_provider = await buyer.press_pay()
    await apply(shop, SHOP_TOML.replace('percent = "10"', 'percent = "20"'))
    assert told in await buyer.look()
    await buyer.choose("approve", to_provider.headers["location"])
    await shop.till.worker.tick()
    text = await buyer.look()
    assert "Thank you" in text
    assert told in text


async def test_tax_inside_a_price_adds_nothing(buyer: Buyer) -> None:
    await buyer.fill_in(country="DE", region="", postal_code="10115", city="Berlin")
    text = await buyer.look()
    assert (
        "2 \N{MULTIPLICATION SIGN} $14.99 $29.98 of which VAT 19 % $4.79 By post Delivery $12.95"
        in text
    )


async def test_what_is_exempt_from_tax_says_so(shop: PayShop, buyer: Buyer) -> None:
    exempt = '[[taxes]]\ncountry = "DE"\ntitle = "VAT"\nrate_percent = "0"\n'
    await apply(shop, f'{SHOP_TOML}\n{exempt}products = ["aloe-vera"]\n')
    await buyer.fill_in(country="DE", region="", postal_code="10115", city="Berlin")
    assert "VAT: exempt $0.00" in await buyer.look()


async def test_an_old_order_without_a_breakdown_is_shown_without(
    shop: PayShop, buyer: Buyer
) -> None:
    await buyer.pay()

    def forget(uow: UnitOfWork) -> None:
        checkout = uow.checkouts.by_page_token(buyer.token, lock=True)
        assert checkout is not None
        checkout.breakdown = None

    await shop.db.write(forget)
    text = await buyer.look()
    assert "Thank you" in text
    assert "How this total is made" not in text


async def test_an_expired_page_leads_to_the_same_cart(shop: PayShop, buyer: Buyer) -> None:
    shop.clock.advance(timedelta(hours=1))
    answer = await buyer.browser.get(buyer.address)
    assert 'href="/cart/aloe-vera-12cm:2"' in answer.text
    assert "Delivery and taxes are added" not in text_of(answer)


async def test_a_closed_page_says_what_became_of_the_money(shop: PayShop, buyer: Buyer) -> None:
    await buyer.fill_in()

    def close(uow: UnitOfWork) -> None:
        checkout = uow.checkouts.by_page_token(buyer.token, lock=True)
        assert checkout is not None
        checkout.status, checkout.notice = CheckoutStatus.CANCELED, "payment_refunded"

    await shop.db.write(close)
    text = await buyer.look()
    assert "This checkout is closed" in text
    assert "is on its way back to you" in text
    async with a_buyer(shop, buyer.token) as stranger:
        assert "is on its way back" not in await stranger.look()


async def test_the_same_form_sent_again_with_something_else_is_refused(
    shop: PayShop, buyer: Buyer
) -> None:
    await buyer.fill_in()
    page = await buyer.browser.get(buyer.address)
    form = dict(re.findall(r'name="(quote|shown|key)" value="([^"]*)"', page.text))
    again = (await buyer.browser.get(buyer.address)).text
    assert form["key"] not in again
    first = await buyer.post("pay", **form)
    second = await buyer.post("pay", **form)
    assert first.headers["location"] == second.headers["location"]
    refused = await buyer.post("pay", **{**form, "quote": "another"})
    assert refused.status_code == 409
    assert len(await shop.payments(buyer.token)) == 1
