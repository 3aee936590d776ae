"""What was said once is said again in the next language, with its numbers; what was typed stays."""

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Frame, expect

from plantly.words import words_for
from tests.e2e.widgets.conftest import Strict
from tests.support.browser import Watched, watched_page
from tests.support.eventually import eventually
from tests.support.fake_shop import Json, fixture
from tests.support.gallery import Stage
from tests.support.gallery.stage import add_stage
from tests.support.strict_host import filled_cart, press
from tests.support.widget_host import WidgetHost

_BROKEN = {"broken": "ECONNRESET"}
_FAILED = "common.failed"


@pytest.fixture(scope="module")
def room(browser: Browser, running_host: WidgetHost) -> Iterator[Watched]:
    """Give one page with a stage."""
    add_stage(running_host)
    with watched_page(browser, viewport={"width": 900, "height": 1000}) as room:
        room.page.goto(f"{running_host.url}/gallery")
        yield room


@pytest.fixture
def stage(room: Watched, host: WidgetHost) -> Iterator[Stage]:
    yield Stage(room.page, host, width=390)
    room.assert_clean()


def assert_said_again(stage: Stage, frame: Frame, key: str, **values: object) -> None:
    """Check that a sentence stands there in one language at a time, whichever is spoken."""
    for language in ("de", "ar", "en"):
        stage.dress(locale=language)
        expect(frame.locator("html")).to_have_attribute("lang", language)
        main = frame.locator("main")
        expect(main.get_by_text(words_for(language).t(key, **values)).first).to_be_visible()


def _turn_up(frame: Frame) -> None:
    frame.locator('[data-key^="plus"]').first.click()


def _add(frame: Frame) -> None:
    frame.locator('[data-key="addsnake-plant"]').click()


def _open_product(frame: Frame) -> None:
    frame.locator(".card-open").first.click()


def _refresh(frame: Frame) -> None:
    frame.locator('[data-key="refresh"]').click()


def _order_again(frame: Frame) -> None:
    frame.locator('[data-key="again"]').click()


def _pay(frame: Frame) -> None:
    frame.locator('[data-key="checkout"]').click()


@pytest.mark.parametrize(
    ("widget", "tool", "do"),
    [
        ("shopping-cart", "update_cart", _turn_up),
        ("shopping-cart", "start_checkout", _pay),
        ("product-catalog", "update_cart", _add),
        ("product-catalog", "get_product", _open_product),
        ("order-status", "get_order_status", _refresh),
        ("order-status", "update_cart", _order_again),
    ],
)
def test_what_went_wrong_is_said_in_the_language_the_host_changes_to(
    stage: Stage, widget: str, tool: str, do: Callable[[Frame], None]
) -> None:
    shown = fixture(widget, stage.host.url)["result"]
    frame = stage.show(widget, shown, answers={tool: _BROKEN})
    do(frame)
    assert_said_again(stage, frame, _FAILED)


def test_a_checkout_out_of_reach_is_said_in_one_language(strict: Strict, host: WidgetHost) -> None:
    session = strict("checkout", "start_checkout", filled_cart(host))
    session.page.evaluate("void (window.failing = true)")
    session.page.clock.run_for(3500)
    said = session.frame.locator(".notice p")
    for language in ("en", "de"):
        session.notify("host-context-changed", locale=language)
        words = words_for(language)
        expect(said).to_have_text(f"{words.t(_FAILED)} {words.t('checkout.keeps_checking')}")


def _message(code: str, param: str, **values: int) -> Json:
    told = {"type": "warning", "code": code, "content": f"The shop says {code}.", "param": param}
    return {**told, "values": values} if values else told


def test_numbers_of_the_shop_are_said_in_every_language(stage: Stage) -> None:
    shown = fixture("shopping-cart", stage.host.url)["result"]
    shown["structuredContent"] |= {
        "discount_codes": ["BIG"],
        "messages": [
            _message("low_stock", "items[0]", count=3),
            _message("quantity_exceeded", "items[1]", count=1),
            _message("discount_code_invalid", "discount_codes[0]", missing_minor=1250),
        ],
    }
    frame = stage.show("shopping-cart", shown, context={"locale": "de-DE"})
    for text in (
        "Nur noch 3 da",
        "Nur noch 1 erhältlich. Bitte wählen Sie weniger.",
        "Für diesen Code fehlen noch 12,50\xa0$.",
    ):
        expect(frame.locator("main").get_by_text(text)).to_be_visible()
    stage.dress(locale="ar-EG")
    expect(frame.locator("main").get_by_text("المتبقي: ٣")).to_be_visible()
    # English is the shop's own sentence.
    stage.dress(locale="en")
    expect(frame.locator("main").get_by_text("The shop says low_stock.")).to_be_visible()


def test_what_the_shop_says_of_a_line_stands_at_the_line_in_the_catalog_too(stage: Stage) -> None:
    stage.shop.messages = [
        _message("low_stock", "items[1]", count=2),
        _message("backorder", "items[0]", ahead=1, quantity=1),
    ]
    listed = fixture("product-catalog", stage.host.url)["result"]
    frame = stage.show("product-catalog", listed, context={"locale": "es"})
    for plant in ("snake-plant", "peace-lily"):
        frame.locator(f'[data-key="add{plant}"]').click()
    eventually(lambda: len(stage.shop.named("update_cart")), 2)
    frame.locator('[data-key="bar"]').click()
    expect(frame.locator(".line").nth(1).get_by_text("Quedan 2")).to_be_visible()
    expect(frame.locator(".line").nth(0).get_by_text("Bajo pedido")).to_be_visible()


def test_a_code_that_was_typed_and_not_sent_is_still_there(stage: Stage) -> None:
    shown = fixture("shopping-cart", stage.host.url)["result"]
    frame = stage.show("shopping-cart", shown, answers={"update_cart": shown})
    frame.locator('[data-key="code"]').click()
    field = frame.locator("#code")
    field.fill("SPRING")
    _turn_up(frame)
    stage.dress(locale="de", theme="dark")
    expect(field).to_have_attribute("placeholder", words_for("de").t("cart.code"))
    expect(field).to_have_value("SPRING")
    # What was used is not offered again.
    frame.locator('[data-key="apply"]').click()
    frame.locator('button[data-key="code"]').click()
    expect(field).to_have_value("")


def test_what_could_not_be_added_is_seen_wherever_they_are_by_then(
    strict: Strict, host: WidgetHost
) -> None:
    said = "Only 2 Snake Plants are left."
    session = strict("product-catalog", "list_products")
    press(session.frame, "^Snake Plant")
    expect(session.frame.locator('[data-key="add"]')).to_be_visible()
    host.shop.refuse("update_cart", "out_of_stock", said)
    with host.shop.holding():
        session.frame.locator('[data-key="add"]').click()
        press(session.frame, "^Back to the list")
    expect(session.frame.locator("main").get_by_text(said)).to_be_visible()
    assert session.violations() == []


def test_a_search_that_was_overtaken_by_other_data_changes_nothing(
    strict: Strict, host: WidgetHost
) -> None:
    session = strict("product-catalog", "list_products", context={"displayMode": "fullscreen"})
    frame = session.frame
    expect(frame.locator(".card-open").first).to_be_visible()
    newer = host.shop.call("list_products", {"search": "lavender"})
    host.shop.calls.clear()
    found = len(newer["structuredContent"]["products"])
    with host.shop.holding():
        frame.get_by_role("searchbox").fill("fern")
        frame.get_by_role("searchbox").press("Enter")
        eventually(lambda: host.shop.last("search_products"), {"search": "fern"})
        session.notify("tool-result", **newer)
        expect(frame.locator(".card-open")).to_have_count(found)
        expect(frame.locator(".is-settling")).to_have_count(0)
    # The answer that came last is to an older question.
    eventually(lambda: session.seen("answered"), 1)
    session.heard()
    expect(frame.locator(".card-open")).to_have_count(found)
    assert session.violations() == []
