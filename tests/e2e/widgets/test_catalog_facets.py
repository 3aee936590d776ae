"""Facets of every kind, options, counts that stop, and what helps when nothing matches."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Frame, expect

from tests.support.eventually import eventually
from tests.support.fake_shop import Json, fixture
from tests.support.widget_host import WidgetHost

Play = Callable[..., Frame]

FACETS: Json = {
    "grower": {"kind": "enum"},
    "pet_safe": {"kind": "bool"},
    "height_cm": {"kind": "range", "unit": "cm"},
}
LABELS: Json = {
    "category": "Category",
    "grower": "Grower",
    "pet_safe": "Pet safe",
    "height_cm": "Height",
    "min_height_cm": "Height from",
    "max_height_cm": "Height up to",
}


def result(structured: Json) -> Json:
    """Give a whole result with the words that only widgets need."""
    meta = {"plantly/labels": LABELS, "plantly/facets": FACETS, "plantly/media": {}}
    return {
        "content": [{"type": "text", "text": "Products."}],
        "structuredContent": structured,
        "_meta": meta,
    }


def listing(query: Json | None = None, **changes: object) -> Json:
    """Give one fern out of very many."""
    return result(
        {
            "products": [
                {
                    "id": "fern",
                    "name": "Fern",
                    "price_minor": 900,
                    "category": "Ferns",
                    "availability": "preorder",
                }
            ],
            "currency": "USD",
            "filters": {"grower": {"Ann": 700, "Bo": 2}, "pet_safe": {"true": 40, "false": 960}},
            "initialFilters": query or {},
            "total": 1000,
            "total_capped": True,
            "counts_capped": True,
            **changes,
        }
    )


@pytest.fixture
def frame(play: Play, host: WidgetHost) -> Frame:
    """Show very many products, with all their filters."""
    host.shop.fixed = {"list_products": listing(), "search_products": listing()}
    frame = play("list_products")
    frame.get_by_role("button", name="See all 1,000+").click()
    return frame


def test_counts_that_stopped_say_so(frame: Frame) -> None:
    expect(frame.get_by_role("heading", name="1,000+ products")).to_be_visible()
    expect(frame.get_by_role("checkbox", name="Ann 700+")).to_be_visible()
    expect(frame.locator(".card .badge")).to_have_text("Preorder")


def test_a_yes_or_no_is_one_choice(frame: Frame, host: WidgetHost) -> None:
    expect(frame.get_by_role("group", name="Pet safe")).to_have_count(0)
    host.shop.fixed["search_products"] = listing({"pet_safe": True})
    frame.get_by_role("checkbox", name="Pet safe 40+").check()
    expect(frame.get_by_role("button", name="Remove Pet safe")).to_be_visible()
    eventually(lambda: host.shop.last("search_products"), {"pet_safe": True})
    frame.get_by_role("button", name="Remove Pet safe").click()
    expect(frame.get_by_role("checkbox", name="Pet safe 40+")).not_to_be_checked()
    eventually(lambda: host.shop.last("search_products"), {})


def test_a_range_has_two_bounds_that_take_numbers_alone(frame: Frame, host: WidgetHost) -> None:
    group = frame.get_by_role("group", name="Height (cm)")
    least = group.get_by_role("textbox", name="Height: From")
    most = group.get_by_role("textbox", name="Height: Up to")
    least.fill("12,5")
    least.press("Enter")
    chip = frame.get_by_role("button", name="Remove Height from: 12.5 cm")
    expect(chip).to_be_visible()
    # The answer draws the fields anew.
    expect(frame.locator(".is-settling")).to_have_count(0)
    most.fill("tall")
    most.press("Enter")
    expect(most).to_have_attribute("aria-invalid", "true")
    most.fill("0")
    most.press("Enter")
    expect(frame.get_by_role("button", name=re.compile("Height up to: 0 cm"))).to_be_visible()
    # Nothing stands between them: what is no number was not asked for.
    wanted: list[Json] = [{"min_height_cm": 12.5}, {"min_height_cm": 12.5, "max_height_cm": 0}]
    eventually(lambda: host.shop.named("search_products")[-2:], wanted)
    chip.click()
    expect(chip).to_have_count(0)
    eventually(lambda: host.shop.last("search_products"), {"max_height_cm": 0})


def test_what_is_typed_while_the_list_comes_anew_is_taken_by_enter(
    frame: Frame, host: WidgetHost
) -> None:
    least = frame.get_by_role("textbox", name="Height: From")
    most = frame.get_by_role("textbox", name="Height: Up to")
    with host.shop.holding():
        least.fill("5")
        least.press("Enter")
        expect(frame.get_by_role("button", name="Remove Height from: 5 cm")).to_be_visible()
        most.fill("40")
    expect(frame.locator(".is-settling")).to_have_count(0)
    expect(most).to_have_value("40")
    most.press("Enter")
    expect(frame.get_by_role("button", name="Remove Height up to: 40 cm")).to_be_visible()
    wanted = {"min_height_cm": 5, "max_height_cm": 40}
    eventually(lambda: host.shop.last("search_products"), wanted)


def test_the_order_that_suits_the_question_is_the_chosen_one(
    frame: Frame, host: WidgetHost
) -> None:
    sort = frame.get_by_role("combobox", name="Sort by")
    expect(sort).to_have_value("featured")
    expect(sort.locator("option", has_text="Best match")).to_have_count(0)
    frame.get_by_role("searchbox").fill("fern")
    frame.get_by_role("searchbox").press("Enter")
    expect(sort).to_have_value("relevance")
    eventually(lambda: host.shop.last("search_products"), {"search": "fern"})
    sort.select_option("best_selling")
    expect(sort).to_have_value("best_selling")
    wanted = {"search": "fern", "sort": "best_selling"}
    eventually(lambda: host.shop.last("search_products"), wanted)
    sort.select_option("relevance")
    expect(sort).to_have_value("relevance")
    eventually(lambda: host.shop.last("search_products"), {"search": "fern"})


def test_when_nothing_matches_one_press_helps(play: Play, host: WidgetHost) -> None:
    help_ = {
        "did_you_mean": "monstera",
        "drop": [
            {"arguments": ["search"], "total": 3},
            {"arguments": ["min_height_cm", "max_height_cm"], "total": 1000, "total_capped": True},
        ],
    }
    query = {"search": "monstra", "pet_safe": True, "min_height_cm": 200}
    none = listing(query, products=[], total=0, total_capped=False, help=help_)
    host.shop.fixed = {"list_products": none, "search_products": listing()}
    frame = play("list_products", mode="fullscreen")
    both = frame.get_by_role("button", name="Without Height: 1,000+")
    expect(both).to_be_visible()
    expect(frame.get_by_role("button", name="Without “monstra”: 3")).to_be_visible()
    frame.get_by_role("button", name="Did you mean “monstera”?").click()
    expect(frame.get_by_role("heading", name="1,000+ products")).to_be_visible()
    eventually(lambda: host.shop.last("search_products"), {**query, "search": "monstera"})
    expect(frame.get_by_role("button", name=re.compile("Without"))).to_have_count(0)


def test_one_filter_less_is_one_press(play: Play, host: WidgetHost) -> None:
    help_ = {"drop": [{"arguments": ["pet_safe"], "total": 3}]}
    query = {"search": "fern", "pet_safe": False}
    none = listing(query, products=[], total=0, total_capped=False, help=help_)
    host.shop.fixed = {"list_products": none, "search_products": listing()}
    frame = play("list_products", mode="fullscreen")
    expect(frame.get_by_role("button", name="Remove Pet safe: No")).to_be_visible()
    frame.get_by_role("button", name="Without Pet safe: 3").click()
    expect(frame.get_by_role("heading", name="1,000+ products")).to_be_visible()
    eventually(lambda: host.shop.last("search_products"), {"search": "fern"})


def pot(size: str, color: str, price_minor: int, **changes: object) -> Json:
    """Give a variant with two options."""
    return {
        "variant_id": f"fern-{size}-{color}".lower(),
        "name": f"{size} / {color}",
        "options": [size, color],
        "price_minor": price_minor,
        "availability": "in_stock",
        **changes,
    }


@pytest.fixture
def fern(host: WidgetHost) -> Json:
    """Give a fern whose options do not all go together, as the shop answers for it."""
    full: Json = {
        "id": "fern",
        "name": "Fern",
        "description": "Soft fronds.",
        "care": "",
        "category": "Ferns",
        "currency": "USD",
        "grower": ["Ann", "Bo"],
        "pet_safe": False,
        "height_cm": 12.5,
        "options": ["Size", "Color"],
        "not_sent_to": ["CA"],
        "variants": [
            pot("S", "White", 900, default=True),
            pot("S", "Black", 950, availability="out_of_stock"),
            pot("L", "Black", 1900, availability="preorder", available_at="2026-12-21"),
        ],
        "media": [],
    }
    host.shop.fixed = {
        "list_products": listing(),
        "get_product": result({"products": [full], "messages": []}),
        "update_cart": fixture("shopping-cart", host.shop.origin)["result"],
    }
    return full


def test_each_option_is_chosen_and_what_is_not_made_cannot_be(
    play: Play, host: WidgetHost, fern: Json
) -> None:
    assert len(fern["variants"]) == 3
    frame = play("list_products")
    frame.get_by_role("button", name="Fern", exact=True).click()
    size, color = frame.get_by_role("group", name="Size"), frame.get_by_role("group", name="Color")
    expect(size.get_by_role("radio", name="S", exact=True)).to_be_checked()
    expect(color.get_by_role("radio", name="White", exact=True)).to_be_checked()
    color.get_by_role("radio", name="Black (sold out)").check()
    expect(frame.get_by_role("button", name="Sold out")).to_be_visible()
    size.get_by_role("radio", name="L", exact=True).check()
    expect(color.get_by_role("radio", name="Black", exact=True)).to_be_checked()
    expect(color.get_by_role("radio", name="White (not made)")).to_be_disabled()
    expect(frame.locator(".offer .price")).to_have_text("$19.00")
    expect(frame.locator(".offer")).to_contain_text("expected Dec 21, 2026")
    frame.get_by_role("button", name="Preorder", exact=True).click()
    expect(frame.get_by_role("button", name="Added")).to_be_visible()
    lines = [{"variant_id": "fern-l-black", "quantity": 1}]
    eventually(lambda: host.shop.named("update_cart"), [{"lines": lines, "mode": "add"}])
    size.get_by_role("radio", name="S", exact=True).check()
    expect(color.get_by_role("radio", name="Black (sold out)")).to_be_checked()


def test_the_facts_say_yes_and_no_numbers_and_places(play: Play, fern: Json) -> None:
    fern["asked_for"] = ["fern-l-black"]
    frame = play("list_products")
    frame.get_by_role("button", name="Fern", exact=True).click()
    facts = frame.locator(".facts")
    for fact in ("GrowerAnn, Bo", "Pet safeNo", "Height12.5 cm", "Not sent toCanada"):
        expect(facts).to_contain_text(fact)
    expect(frame.get_by_role("radio", name="L", exact=True)).to_be_checked()
