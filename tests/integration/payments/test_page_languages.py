"""The hosted pages in the languages of their readers: nothing of another one is left on them."""

import re
from collections.abc import Iterator
from html import unescape
from typing import Any, Final

import httpx
import pytest

from plantly.web import languages, tongue
from plantly.web.tongue import Tongue
from plantly.words import load_words, speaking
from tests.support.page_scenes import STATUS, page_scenes
from tests.support.pay_shop import BUYER, Buyer, PayShop, text_of
from tests.support.stock import stock

pytestmark = pytest.mark.anyio

_HIDDEN: Final = re.compile(r"<(style|script)\b.*?</\1>", re.DOTALL)
_SPOKEN: Final = re.compile(r'(?:aria-label|title|placeholder|alt|data-text)="([^"]*)"')
_REGIONS: Final = re.compile(r'<option value="[A-Z0-9-]+"(?: selected)?>[^⟦]*?</option>')
"""Names that a country gives to its parts."""

_FORM: Final = re.compile(r'name="(quote|shown|key)" value="([^"]*)"')
_TAG: Final = re.compile(r"<[^>]*>")
_MARKED: Final = re.compile(r"⟦[^⟦⟧]*⟧")
_OWN: Final = (
    *("Fern & Co", "help@fern.example", "Aloe Vera", "Monstera", "Snake Plant"),
    *("12 cm pot", "17 cm pot", "Standard shipping", "Express", "By post", "Sales tax", "VAT"),
    *("WELCOME10", "Grow well!", "DHL", "JD014600003", *BUYER.values(), "Alex Green"),
    *("US", "CA 94107", "nobody"),
    *("English", "Deutsch", "Español", "العربية", "Isizulu", "isiZulu"),
)
"""What the merchant or the buyer wrote, and what languages call themselves."""

_LARGEST: Final = 50_000


@pytest.fixture
def zulu(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Speak a language that nobody here speaks: the words of ours, each of them in marks."""

    def marked(text: Any) -> Any:
        return f"⟦{text}⟧" if isinstance(text, str) else {k: marked(v) for k, v in text.items()}

    words = load_words()
    words["zu"] = {key: marked(text) for key, text in words["en"].items()}
    for name in ("country", "currency_name", "day", "short_day"):
        kept = getattr(Tongue, name)
        monkeypatch.setattr(Tongue, name, lambda self, value, kept=kept: f"⟦{kept(self, value)}⟧")
    monkeypatch.setattr(speaking, "_all", lambda: words)
    kept_words = (
        *(speaking._spoken, speaking._words),
        *(tongue._tongue, languages._names, languages._links, languages._chosen),
    )
    for cached in kept_words:
        cached.cache_clear()
    yield
    for cached in kept_words:
        cached.cache_clear()


def unmarked(page: httpx.Response) -> str:
    """Give what can be read or heard on a page, without what is marked or somebody's own."""
    html = _REGIONS.sub(" ", _HIDDEN.sub(" ", page.text))
    text = unescape(" ".join([_TAG.sub(" ", html), *_SPOKEN.findall(html)]))
    text = re.sub("x{20,}", "", text)
    # First: such a number may hold somebody's own word, "US" for one.
    text = re.sub(r"PL(-[0-9A-Z]{4})+", " ", text)
    while _MARKED.search(text):
        text = _MARKED.sub(" ", text)
    for own in sorted(filter(None, _OWN), key=len, reverse=True):
        text = text.replace(own, " ")
    return " ".join(re.findall(r"[^\W\d_]{2,}", text))


@pytest.mark.parametrize("shop_url", ["sqlite"], indirect=True)
async def test_every_word_of_every_page_can_be_translated(zulu: None, shop: PayShop) -> None:
    del zulu
    scenes = await page_scenes(shop, "zu")
    assert {name: found for name, page in scenes.items() if (found := unmarked(page))} == {}


@pytest.mark.parametrize("shop_url", ["sqlite"], indirect=True)
async def test_every_page_says_its_language_and_stays_small(shop: PayShop) -> None:
    for name, page in (await page_scenes(shop, "ar")).items():
        assert page.status_code == STATUS.get(name, 200), name
        assert '<html lang="ar" dir="rtl">' in page.text, name
        assert len(page.content) < _LARGEST, name
        assert page.text.count('hreflang="') == len(load_words()), name


@pytest.mark.parametrize("shop_url", ["sqlite"], indirect=True)
async def test_a_language_that_was_asked_for_is_kept(buyer: Buyer) -> None:
    first = await buyer.browser.get(f"{buyer.address}?lang=de")
    assert "Weiter zur Lieferung" in text_of(first)
    cookie = first.headers["set-cookie"]
    assert cookie.startswith("plantly_lang=de; HttpOnly; Max-Age=31536000; Path=/; SameSite=lax")
    refused = await buyer.fill_in(email="")
    assert '<html lang="de"' in refused.text
    assert f'href="{buyer.address}?lang=ar"' in refused.text
    assert "set-cookie" not in refused.headers


@pytest.mark.parametrize("shop_url", ["sqlite"], indirect=True)
async def test_money_days_and_countries_are_written_as_the_reader_writes_them(
    buyer: Buyer,
) -> None:
    buyer.browser.headers["accept-language"] = "de-AT"
    await buyer.fill_in()
    said = await buyer.look()
    assert "$ 38,10 bezahlen" in said.replace("\xa0", " ")
    assert "Vereinigte Staaten" in said
    assert "Sales tax 7,25 %" in said.replace("\xa0", " ")


@pytest.mark.parametrize("shop_url", ["sqlite"], indirect=True)
async def test_a_plain_trouble_is_told_in_the_language_of_the_browser(buyer: Buyer) -> None:
    headers = {"Sec-Fetch-Site": "cross-site", "Accept-Language": "es"}
    answer = await buyer.browser.post(f"{buyer.address}/pay", headers=headers)
    assert (answer.status_code, answer.text) == (403, "Este formulario lo envió otro sitio web.")


@pytest.mark.parametrize("shop_url", ["sqlite"], indirect=True)
async def test_what_was_refused_is_told_as_exactly_as_in_english(
    buyer: Buyer, shop: PayShop
) -> None:
    await buyer.fill_in()
    form = dict(_FORM.findall((await buyer.browser.get(buyer.address)).text))
    await shop.db.write(lambda uow: stock(uow, "aloe-vera-12cm", on_hand=0))
    buyer.browser.headers["accept-language"] = "de"
    refused = text_of(await buyer.post("pay", **form))
    assert "Aloe Vera" in refused
    assert "gewünscht, keines mehr da." in refused
