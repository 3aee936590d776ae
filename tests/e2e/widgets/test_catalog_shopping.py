"""The carousel, the gallery, what is added at once, and the four languages."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Frame, expect

from tests.support.browser import Watched
from tests.support.eventually import eventually
from tests.support.fake_shop import Json, fixture
from tests.support.widget_host import WidgetHost

Play = Callable[..., Frame]
Bare = Callable[..., Frame]


def listing(host: WidgetHost) -> Json:
    """Give the list that a conversation begins with."""
    result: Json = fixture("product-catalog", host.url)["result"]
    return result


def test_the_carousel_leads_on_and_stops_at_its_ends(play: Play, watched: Watched) -> None:
    watched.page.emulate_media(reduced_motion="reduce")
    frame = play("list_products", width="390")
    on = frame.get_by_role("button", name="Next products")
    before = frame.get_by_role("button", name="Previous products")
    expect(on).to_be_visible()
    expect(before).to_be_hidden()
    on.click()
    expect(before).to_be_visible()
    on.click()
    on.click()
    # Whoever stands on what disappears stands on its neighbour then.
    expect(on).to_be_hidden()
    expect(before).to_be_focused()
    expect(frame.get_by_role("button", name=re.compile("^See all 14$"))).to_be_visible()
    assert frame.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_the_arrow_keys_go_from_card_to_card_and_back_returns(play: Play) -> None:
    frame = play("list_products")
    first = frame.get_by_role("button", name="Aloe Vera", exact=True)
    first.press("ArrowRight")
    frame.get_by_role("button", name="Monstera", exact=True).press("ArrowRight")
    third = frame.get_by_role("button", name="Snake Plant", exact=True)
    expect(third).to_be_focused()
    third.press("ArrowLeft")
    expect(frame.get_by_role("button", name="Monstera", exact=True)).to_be_focused()
    fifth = frame.locator(".card-open").nth(6)
    fifth.focus()
    there = frame.locator(".rail").evaluate("rail => rail.scrollLeft")
    assert there > 0
    fifth.press("Enter")
    frame.get_by_role("button", name="Back to the list").click()
    expect(fifth).to_be_focused()
    assert frame.locator(".rail").evaluate("rail => rail.scrollLeft") == there


def test_few_products_stand_alone(play: Play) -> None:
    frame = play("list_products", {"search": "fern"})
    expect(frame.get_by_role("heading", name="2 products")).to_be_visible()
    expect(frame.locator(".asked")).to_have_text("“fern”")
    frame.get_by_role("button", name="Add to cart: Boston Fern").click()
    expect(frame.get_by_role("button", name="1 in cart")).to_be_visible()
    expect(frame.locator(".tail button")).to_have_count(2)


def test_the_price_is_asked_for_in_minor_units(play: Play, host: WidgetHost) -> None:
    frame = play("list_products")
    frame.get_by_role("button", name="See all 14").click()
    least = frame.get_by_role("textbox", name="Price: From")
    least.fill("12,5")
    least.press("Enter")
    chip = frame.get_by_role("button", name="Remove Price from: $12.50")
    expect(chip).to_be_visible()
    expect(least).to_have_value("12.5")
    eventually(lambda: host.shop.last("search_products"), {"min_price_minor": 1250})


def test_every_picture_can_be_seen(play: Play, watched: Watched) -> None:
    watched.page.emulate_media(reduced_motion="reduce")
    frame = play("list_products")
    frame.get_by_role("button", name="Monstera", exact=True).click()
    third = frame.get_by_role("button", name="Picture 3 of 3")
    expect(third).to_have_attribute("aria-current", "false")
    third.click()
    expect(third).to_have_attribute("aria-current", "true")
    expect(
        frame.locator(".strip").get_by_alt_text("Monstera, the pot from near")
    ).to_be_in_viewport()
    frame.get_by_role("radio", name="17 cm pot").check()
    expect(third).to_have_attribute("aria-current", "true")


def test_what_is_added_counts_at_once_and_no_more_when_the_shop_refuses(
    play: Play, host: WidgetHost
) -> None:
    frame = play("list_products")
    frame.get_by_role("button", name="Peace Lily", exact=True).click()
    more = frame.get_by_role("button", name="One more Peace Lily")
    more.click()
    more.click()
    expect(more).to_have_attribute("aria-disabled", "true")
    host.shop.refuse("update_cart", "out_of_stock", "Only 2 Peace Lilies are left.")
    with host.shop.holding():
        frame.get_by_role("button", name="Add to cart").click()
        expect(frame.get_by_role("button", name="Added")).to_be_visible()
        expect(frame.get_by_role("button", name="3 in cart")).to_be_visible()
    expect(frame.locator("main").get_by_text("Only 2 Peace Lilies are left.")).to_be_visible()
    expect(frame.get_by_role("button", name="in cart")).to_have_count(0)
    expect(frame.get_by_role("button", name="Add to cart")).to_be_focused()


@pytest.mark.parametrize(
    ("locale", "heading", "all_"),
    [
        ("de-AT", "14 Produkte", "^Alle"),
        ("es-MX", "14 productos", "^Ver todos"),
        ("ar", "14 منتجًا", "^عرض الكل"),
    ],
    ids=["german", "spanish", "arabic"],
)
def test_the_catalog_speaks_the_language_of_the_host(
    bare: Bare, watched: Watched, host: WidgetHost, locale: str, heading: str, all_: str
) -> None:
    frame = bare("product-catalog", answerAfter=0, context={"locale": locale}, result=listing(host))
    expect(frame.get_by_role("heading", name=heading)).to_be_visible()
    expect(frame.get_by_role("button", name=re.compile(all_))).to_be_visible()
    # A change of language moves nobody: neither the focus nor what was scrolled to.
    frame.locator(".card-open").nth(5).focus()
    rail = frame.locator(".rail")
    there = abs(rail.evaluate("rail => rail.scrollLeft"))
    news = {"method": "ui/notifications/host-context-changed", "params": {"locale": "en-US"}}
    watched.page.evaluate("news => send(news)", news)
    expect(frame.get_by_role("heading", name="14 products")).to_be_visible()
    expect(frame.locator(".card-open").nth(5)).to_be_focused()
    assert there > 0
    expect(frame.locator(".card-open").nth(5)).to_be_in_viewport()
