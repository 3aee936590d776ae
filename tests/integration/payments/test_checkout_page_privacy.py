"""The checkout page shows a person to nobody else, and takes nothing but text from anybody."""

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from plantly.db import Database
from plantly.db.tables import BuyerRow
from plantly.web import paper
from tests.support.clock import MovableClock
from tests.support.pay_shop import BUYER, Buyer, PayShop, a_buyer, open_pay_shop, text_of
from tests.support.shop import SHOP_TOML, dump, garden, product, stock_shop, variant


@pytest.fixture
def shop_url(sqlite_shop_url: str) -> str:
    """Give a shop on SQLite: what this is about knows no engine."""
    return sqlite_shop_url


pytestmark = pytest.mark.anyio

PERSONAL = tuple(value for name, value in BUYER.items() if value and name != "country")


async def buyer_of(shop: PayShop, token: str) -> BuyerRow | None:
    row = await shop.db.read(lambda uow: uow.checkouts.by_page_token(token))
    assert row is not None
    return row.buyer


async def test_the_cookie_is_for_this_page_and_no_script(shop: PayShop, buyer: Buyer) -> None:
    cookie = (await buyer.fill_in()).headers["set-cookie"]
    assert f"Path={buyer.address}" in cookie
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    assert "Secure" not in cookie
    secret = re.findall(r"plantly_checkout=([^;]+)", cookie)[0]
    row = await shop.db.read(lambda uow: uow.checkouts.by_page_token(buyer.token))
    assert row is not None
    assert row.browser_hash is not None
    assert secret not in row.browser_hash


async def test_another_browser_sees_lines_and_totals_but_no_person(
    shop: PayShop, buyer: Buyer
) -> None:
    await buyer.fill_in()
    async with a_buyer(shop, buyer.token) as stranger:
        for path in ("", "?step=details", "/return"):
            text = await stranger.look(path)
            assert "This checkout was begun in another browser" in text
            assert "Aloe Vera" in text
            assert "Total $38.10" in text
            assert [value for value in PERSONAL if value in text] == []
        for path in ("details", "shipping", "pay", "stop"):
            answer = await stranger.post(path, **{**BUYER, "option": "standard"})
            assert answer.headers["location"] == buyer.address
        assert await shop.payments(buyer.token) == []
        await buyer.pay()
        text = await stranger.look()
        order = (await shop.page(buyer.token)).checkout.order
        assert order is not None
        assert "This order is paid" in text
        assert order.order_number not in text
        assert [value for value in PERSONAL if value in text] == []


async def test_another_browser_may_start_over_which_erases_the_details(
    shop: PayShop, buyer: Buyer
) -> None:
    await buyer.fill_in()
    async with a_buyer(shop, buyer.token) as stranger:
        assert (await stranger.post("start-over")).status_code == 303
        assert await buyer_of(shop, buyer.token) is None
        await stranger.fill_in(name="Sam Rivers")
        assert "Sam Rivers" in await stranger.look()
        theirs = await buyer.look()
        assert "Sam Rivers" not in theirs
        assert "begun in another browser" in theirs


async def test_nobody_starts_over_while_a_payment_runs(shop: PayShop, buyer: Buyer) -> None:
    await buyer.fill_in()
    await buyer.press_pay()
    async with a_buyer(shop, buyer.token) as stranger:
        assert "A payment is under way" in await stranger.look()
        await stranger.post("start-over")
    assert await buyer_of(shop, buyer.token) is not None
    await buyer.fill_in(name="Too Late")
    saved = await buyer_of(shop, buyer.token)
    assert saved is not None
    assert saved.name == BUYER["name"]


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "https://evil.example"},
        {"sec-fetch-site": "cross-site", "origin": "null"},
        {"sec-fetch-site": "same-site"},
    ],
)
@pytest.mark.parametrize("path", ["details", "shipping", "pay", "stop", "start-over"])
async def test_a_form_of_another_site_changes_nothing(
    shop: PayShop, buyer: Buyer, path: str, headers: dict[str, str]
) -> None:
    await buyer.fill_in()
    before = await dump(shop.db)
    answer = await buyer.browser.post(f"{buyer.address}/{path}", data=BUYER, headers=headers)
    assert answer.status_code == 403
    assert await dump(shop.db) == before


class _Dangers(HTMLParser):
    """Collects what could run or load anything."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in {"iframe", "object"} or (tag == "script" and [*dict(attrs)] != ["nonce"]):
            self.found.append(tag)
        for name, value in attrs:
            url = name in {"href", "src", "action", "formaction"}
            if name.startswith("on") or (url and "script:" in (value or "")):
                self.found.append(f"{tag} {name}={value}")
            if name == "src" and not (value or "").startswith("/media/"):
                self.found.append(f"{tag} {name}={value}")


def dangers_of(html: str) -> list[str]:
    parser = _Dangers()
    parser.feed(html)
    return parser.found


PAYLOADS = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "' onfocus=alert(1) autofocus '",
    "</style><script>alert(1)</script>",
    "{{ 7 * 7 }}{% raw %}",
    "javascript:alert(1)",
    "&lt;b&gt; \u202e\u200b",
]


@pytest.mark.parametrize("payload", PAYLOADS)
async def test_what_anybody_typed_is_text(shop: PayShop, payload: str) -> None:
    hostile = product("hostile", variant("hostile-1", title=payload), title=payload)
    toml = SHOP_TOML.replace('"Standard shipping"', f"'''{payload}'''")
    await shop.db.write(lambda uow: stock_shop(uow, {**garden(), "products": [hostile]}, toml))
    fields = dict.fromkeys(("name", "line1", "line2", "city", "phone"), payload)
    async with a_buyer(shop, await shop.start(hostile=1)) as buyer:
        pages = [await buyer.browser.get(buyer.address)]
        pages.append(await buyer.fill_in(email=payload, region=payload, **fields))
        await buyer.fill_in(**fields)
        pages.append(await buyer.browser.get(buyer.address))
        pages.append(await buyer.browser.get(buyer.address + "?step=details"))
        for page in pages:
            assert dangers_of(page.text) == []
            assert "49" not in re.findall(r"\b49\b", text_of(page))
        shown = text_of(pages[2])
        assert " ".join(payload.split()) in shown


async def test_no_template_marks_anything_as_safe() -> None:
    folder = Path(paper.__file__).parent / "templates"
    for template in folder.glob("*.html"):
        source = template.read_text(encoding="utf-8")
        assert "|safe" not in source.replace(" ", "")
        assert "autoescape" not in source


async def test_a_secure_shop_sets_a_secure_cookie(
    shop_url: str, db: Database, clock: MovableClock
) -> None:
    environment = {"PLANTLY_PUBLIC_URL": "https://shop.example"}
    async with (
        open_pay_shop(shop_url, db, clock, environment) as shop,
        a_buyer(shop) as buyer,
    ):
        saved = await buyer.fill_in()
        assert "; Secure" in saved.headers["set-cookie"]
