"""`plantly orders`, on both databases."""

import pytest
from sqlalchemy import bindparam, text

from plantly.cli import transactions
from plantly.db import UnitOfWork
from plantly.db.base import Document
from plantly.db.tables import BuyerRow
from plantly.domain.payment import FactKind
from plantly.services import checkout_page, paying
from plantly.services.checkout import StartRequest, start_checkout
from plantly.services.pay_press import PayPress
from plantly.services.payment_events import apply_facts
from plantly.services.placing import order_contents
from plantly.services.shopper import Shopper
from plantly.services.wanted import ItemRef
from tests.support.builders import buyer, fact
from tests.support.cli import Shell

_BROWSER = "a-browser-of-its-own"


@pytest.fixture
def shop_url(sqlite_shop_url: str) -> str:
    """Give a shop on SQLite: what this is about knows no engine."""
    return sqlite_shop_url


@pytest.fixture
def shop(shell: Shell, shop_url: str) -> Shell:
    shell.set("PLANTLY_DATABASE_URL", shop_url)
    return shell


def _buy(uow: UnitOfWork) -> str:
    """Buy two aloes to California, and give the number of the order."""
    items = (ItemRef(quantity=2, product_id="aloe-vera"),)
    token = start_checkout(uow, Shopper(), StartRequest(items=items)).page_token
    person = buyer(gift_note="For your window, with love")
    assert checkout_page.save_details(uow, token, _BROWSER, person) == {}
    quote = checkout_page.show(uow, token, _BROWSER).checkout.quote_hash
    intent = paying.begin_payment(uow, PayPress(token, _BROWSER, quote), "sandbox")
    assert isinstance(intent, paying.PaymentIntent)
    paid = fact(FactKind.CAPTURED, intent.amount_minor)
    assert apply_facts(uow, "sandbox", intent.reference, [paid], source="webhook")
    order = checkout_page.show(uow, token, None).checkout.order
    assert order is not None
    return order.order_number


def _bought(times: int = 1) -> list[str]:
    settings = transactions.current_settings()
    return [transactions.write(settings, _buy) for _ in range(times)]


def test_a_shop_without_orders_says_so(shop: Shell) -> None:
    assert shop.done("orders", "list") == "There is no order yet.\n"
    assert shop.json("orders", "list") == []


def test_orders_are_listed_newest_first(shop: Shell) -> None:
    first, second = _bought(2)
    listed = shop.json("orders", "list")
    assert [order["order_number"] for order in listed] == [second, first]
    assert listed[0]["lines"][0]["quantity"] == 2
    assert len(shop.json("orders", "list", "--limit", "1")) == 1


def test_people_read_orders_as_a_table(shop: Shell) -> None:
    (number,) = _bought()
    heading, row = shop.done("orders", "list").splitlines()
    assert heading.split() == ["ORDER", "PLACED", "STATUS", "UNITS", "TOTAL"]
    total = shop.json("orders", "show", number)["total_minor"]
    assert row.split()[:1] == [number]
    assert row.split()[2:] == ["confirmed", "2", f"{total / 100:.2f}", "USD"]


def test_a_list_of_orders_holds_no_personal_data(shop: Shell) -> None:
    _bought()
    for said in (shop.done("orders", "list"), shop.done("orders", "list", "--json")):
        assert "alex@example.com" not in said
        assert "Garden" not in said


def test_an_order_is_shown_to_the_merchant_with_its_buyer(shop: Shell) -> None:
    (number,) = _bought()
    text = shop.done("orders", "show", number)
    assert text.startswith(f"{number}  confirmed")
    assert "SKU-ALOE-VERA-12CM  Aloe Vera, 12 cm pot" in text
    assert "29.98 USD" in text
    assert "Standard shipping (unfulfilled)" in text
    assert "alex@example.com" in text
    assert "For your window, with love" in text
    assert shop.json("orders", "show", number)["buyer"]["city"] == "San Francisco"


def test_the_merchant_reads_the_gift_note_and_how_the_total_was_made(shop: Shell) -> None:
    (number,) = _bought()
    transactions.write(transactions.current_settings(), _note)
    text = shop.done("orders", "show", number)
    assert "Gift note Happy birthday [2J!" in text
    parts = text.partition("How the total was made")[2]
    assert "Aloe Vera, 12 cm pot" in parts
    assert parts.count("together") == 2
    found = shop.json("orders", "show", number)
    assert found["gift_note"].startswith("Happy birthday")
    assert found["breakdown"]["total_minor"] == found["total_minor"]
    amounts = [line["total_minor"] for line in found["breakdown"]["lines"]]
    assert sum(amounts) + found["breakdown"]["fulfillment"]["total_minor"] == found["total_minor"]


def _note(uow: UnitOfWork) -> None:
    uow.session.query(BuyerRow).one().gift_note = "Happy birthday\x1b[2J!"


def test_an_order_of_an_earlier_edition_is_shown_without_a_breakdown(shop: Shell) -> None:
    (number,) = _bought()

    def forget(uow: UnitOfWork) -> None:
        order = uow.orders.by_number(number)
        assert order is not None
        order.breakdown = None
        # In small letters, because what watches for rows that are rewritten must not see this.
        rewritten = text("update order_events set data = :data")
        uow.session.execute(
            rewritten.bindparams(bindparam("data", type_=Document)), {"data": order_contents(order)}
        )

    transactions.write(transactions.current_settings(), forget)
    assert "How the total was made" not in shop.done("orders", "show", number)


def test_an_order_number_is_read_as_people_type_it(shop: Shell) -> None:
    (number,) = _bought()
    assert shop.json("orders", "show", number.lower())["order_number"] == number


def test_an_unknown_order_is_refused(shop: Shell) -> None:
    assert shop.refused("orders", "show", "PL-NONE") == "There is no order PL-NONE.\n"


def test_a_name_cannot_steer_the_terminal(shop: Shell) -> None:
    transactions.write(transactions.current_settings(), _rename)
    assert "\x1b" not in shop.done("catalog", "list")


def _rename(uow: UnitOfWork) -> None:
    product = uow.catalog.products(["aloe-vera"])["aloe-vera"]
    product.title = "Aloe\x1b[2J[bold]Vera"
