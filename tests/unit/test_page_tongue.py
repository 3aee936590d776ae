"""How pages choose their language, and how they write money, days and waits in it."""

import copy
import json
import pickle
from collections.abc import Mapping
from datetime import date

import pytest
from starlette.requests import Request
from starlette.responses import Response

from plantly.domain.errors import (
    IdempotencyConflict,
    InvalidInput,
    NotFound,
    OutOfStock,
    RateLimited,
    ShopError,
)
from plantly.domain.messages import Message
from plantly.domain.money import Money, currency
from plantly.domain.said import Said
from plantly.domain.shop_document import config_from_document, config_to_document
from plantly.services.shop_file import read_shop_file
from plantly.web.explanation import row_name
from plantly.web.languages import reader_of
from plantly.web.merchant_text import merchant_text
from plantly.web.refusals import refusal
from plantly.web.tongue import tongue_of
from tests.support.builders import shop_config

GERMAN, ENGLISH, ARABIC = tongue_of("de"), tongue_of("en"), tongue_of("ar")


def request(query: str = "", **headers: str) -> Request:
    raw = [(k.replace("_", "-").encode(), v.encode()) for k, v in headers.items()]
    scope = {"type": "http", "path": "/p/aloe", "query_string": query.encode(), "headers": raw}
    return Request({**scope, "scheme": "http", "server": ("shop.example", 80)})


@pytest.mark.parametrize(
    ("query", "headers", "spoken"),
    [
        ("", {}, "es"),
        ("", {"accept_language": "fr, sv;q=0.8"}, "es"),
        ("", {"accept_language": "fr, en;q=0.2, de-CH;q=0.7"}, "de-CH"),
        ("", {"accept_language": "de;q=0, ar;q=0.1"}, "ar"),
        ("", {"accept_language": "de", "cookie": "plantly_lang=ar"}, "ar"),
        ("", {"accept_language": "de", "cookie": "plantly_lang=xx"}, "de"),
        ("", {"accept_language": "de", "cookie": "plantly_lang=<b>"}, "de"),
        ("lang=de-AT", {"cookie": "plantly_lang=ar"}, "de-AT"),
        ("lang=tlh", {"cookie": "plantly_lang=ar"}, "ar"),
        ("lang=de,ar", {}, "es"),
    ],
)
def test_what_was_asked_for_goes_first_and_the_shop_comes_last(
    query: str, headers: Mapping[str, str], spoken: str
) -> None:
    edition = reader_of(request(query, **headers)).edition(shop_config(language="es"))
    assert edition.tongue.words.locale == spoken


def test_only_what_was_asked_for_is_remembered() -> None:
    for query, kept in (("lang=de", True), ("lang=tlh", False), ("", False)):
        response = Response()
        reader_of(request(query, accept_language="ar")).edition(shop_config()).remember(response)
        assert ("set-cookie" in response.headers) is kept


def test_the_links_of_languages_keep_the_rest_of_the_address() -> None:
    edition = reader_of(request("step=details&lang=de&code=A%26B")).edition(shop_config())
    links = {link.tag: link.href for link in edition.languages()}
    assert links["ar"] == "?step=details&code=A%26B&lang=ar"
    assert [link.tag for link in edition.languages() if link.is_current] == ["de"]
    elsewhere = reader_of(request("x=" + "y" * 2000), "/checkout/abc").edition(shop_config())
    assert elsewhere.languages()[0].href == "/checkout/abc?lang=en"


def test_an_address_that_is_no_text_keeps_no_page_from_its_reader() -> None:
    odd = request()
    odd.scope["query_string"] = b"\xff=1&lang=de"
    assert reader_of(odd).edition(shop_config()).tongue.words.locale == GERMAN.words.locale


def test_what_the_merchant_wrote_is_marked_in_other_languages_only() -> None:
    page = reader_of(request("lang=de"))
    assert merchant_text(page.edition(shop_config(language="de-AT"))) == ""
    assert merchant_text(page.edition(shop_config(language="es"))) == ' lang="es" dir="auto"'


@pytest.mark.parametrize(
    ("tag", "amount", "code", "written"),
    [
        ("en", 149_900, "USD", "$1,499.00"),
        ("de", 149_900, "EUR", "1.499,00 €"),
        ("de-AT", -1499, "EUR", "-€ 14,99"),
        ("de", 1499, "KWD", "1,499 KWD"),
        ("es-MX", 5, "JPY", "JPY5"),
        ("ar", 1499, "USD", "\u200f14.99 \u200eUS$\u200e"),
    ],
)
def test_money_has_all_its_digits_in_every_language(
    tag: str, amount: int, code: str, written: str
) -> None:
    assert tongue_of(tag).money(amount, code).replace("\xa0", " ") == written


def test_a_column_has_a_minus_that_lines_up() -> None:
    assert GERMAN.signed(-500, "EUR").replace("\xa0", " ") == "\N{MINUS SIGN}5,00 €"
    assert GERMAN.signed(500, "EUR").replace("\xa0", " ") == "5,00 €"


def test_countries_stand_in_the_order_of_the_language() -> None:
    assert [name for _, name in GERMAN.countries(("ES", "AT", "DK", "DE"))] == [
        "Dänemark",
        "Deutschland",
        "Österreich",
        "Spanien",
    ]
    assert GERMAN.country("??") == "??"
    assert GERMAN.currency_name("USD") == "US-Dollar"
    assert GERMAN.day(date(2026, 3, 2)) == "2. März 2026"


def test_a_sentence_of_the_shop_is_said_in_the_language_of_the_reader() -> None:
    least = Money(2000, currency("USD"))
    said = Said("needs $20", "page.code.minimum", label="TEN", least=least, missing=least)
    assert GERMAN.say(said).replace("\xa0", " ") == (
        "Der Rabattcode TEN gilt ab einem Bestellwert von 20,00 $; es fehlen 20,00 $."
    )
    assert ENGLISH.say(said) == "needs $20"
    assert GERMAN.say("plain") == "plain"
    assert GERMAN.say(Said("new", "form.nobody_wrote_this")) == "new"


def test_names_and_days_in_a_sentence_are_written_too() -> None:
    more = Said("2 more", "form.more", count=2)
    said = Said("no", "form.unsendable", names=("Aloe", "Fern", more))
    assert "Aloe, Fern und 2 weitere" in GERMAN.say(said)
    day = Said("later", "page.message.preorder_expected", name="Fern", day=date(2026, 3, 2))
    assert "2. März 2026" in GERMAN.say(day)


def test_a_sentence_is_text_wherever_it_goes() -> None:
    said = Said("Only text.", "form.needed", left=1)
    assert json.dumps({"said": said}) == '{"said": "Only text."}'
    assert copy.deepcopy(said) is said
    assert type(pickle.loads(pickle.dumps(said))) is str  # noqa: S301 - our own


def test_a_message_without_words_of_its_own_is_said_by_its_code() -> None:
    known = Message("warning", "payment_declined", "The payment was declined.")
    assert GERMAN.message(known) != known.content
    assert ENGLISH.message(known) == known.content
    unknown = Message("warning", "nobody_knows", "Strange.")
    assert GERMAN.message(unknown) == "Strange."


def too_often(limit: str, seconds: int) -> RateLimited:
    return RateLimited("Slow down.", limit=limit, retry_after=seconds, quota=1, window=1)


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (too_often("page_posts", 30), "30 Sekunden"),
        (too_often("page_posts", 60), "1 Minute "),
        (too_often("page_posts", 61), "2 Minuten"),
        (too_often("page_posts", 3700), "2 Stunden"),
        (too_often("strange", 100_000), "2 Tagen"),
        (OutOfStock(sku="S", name="Aloe", requested=3, available=0), "keines mehr da"),
        (OutOfStock(sku="S", name="Aloe", requested=3, available=2), "nur noch 2 da"),
        (IdempotencyConflict("Again."), "schon mit anderem Inhalt gesendet"),
    ],
)
def test_a_refusal_says_why_in_the_language_of_the_reader(error: ShopError, said: str) -> None:
    assert said in refusal(GERMAN, error)


def test_a_refusal_that_nobody_translated_is_better_than_none() -> None:
    class Declined(ShopError):
        code = "payment_declined"

    assert refusal(GERMAN, NotFound("x", "Gone.")) == "Gone."
    assert refusal(GERMAN, Declined("No.")) != "No."
    assert refusal(ENGLISH, NotFound("x", "Gone.")) == "Gone."
    assert refusal(ENGLISH, too_often("page_posts", 30)) == "Slow down."


@pytest.mark.parametrize(
    ("kind", "text", "said"),
    [
        ("items_base_amount", "Items", "Artikel"),
        ("total", "Total", "Gesamt"),
        ("discount", "Discount (TEN)", "Rabatt (TEN)"),
        ("items_discount", "Spring sale", "Spring sale"),
        ("fulfillment", "Total", "Total"),
        ("tax", "VAT 19 % (included)", "VAT 19 % (enthalten)"),
        ("tax", "Sales tax 7.25 %", "Sales tax 7,25 %"),
        ("tax", "Levy: exempt", "Levy: befreit"),
        ("tax", "A tax", "A tax"),
    ],
)
def test_rows_of_totals_are_named_in_the_language_of_the_reader(
    kind: str, text: str, said: str
) -> None:
    assert row_name(GERMAN, kind, text).replace("\xa0", " ") == said
    assert row_name(ENGLISH, kind, text) == text


def test_the_shop_names_the_language_of_its_pages() -> None:
    file = '[shop]\nname = "Fern"\ncurrency = "EUR"\n'
    assert read_shop_file(file).language == "en"
    spoken = read_shop_file(f'{file}language = "de-AT"\n')
    assert spoken.language == "de-AT"
    assert config_from_document(config_to_document(spoken)).language == "de-AT"
    with pytest.raises(InvalidInput, match="is not spoken here: choose one of en"):
        read_shop_file(f'{file}language = "tlh"\n')
