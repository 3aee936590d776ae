"""The catalog, in every state and every look."""

from typing import Any, Final

import pytest
from playwright.sync_api import Frame, expect

from tests.support.fake_shop import Json, fixture
from tests.support.gallery import Room, Stage, State, review, review_needs

WIDGET: Final = "product-catalog"
FULL: Final = {"displayMode": "fullscreen"}
LONG: Final = "Variegated Swiss Cheese Plant of the Northern Rainforest, rooted cutting"
UNBROKEN: Final = "Pelargoniumzitronenduftblütenmischung"
ALOE: Final = "aloe-vera"


def listed(stage: Stage, count: int = 14, **change: Any) -> Json:
    """Give the first products of the fixture."""
    result: Json = fixture(WIDGET, stage.host.url)["result"]
    content = result["structuredContent"]
    content["products"] = content["products"][:count]
    content.update({"total": count, **change})
    return result


def refusal(code: str, message: str) -> Json:
    error = {"error": {"code": code, "message": message}}
    return {"content": [], "structuredContent": error, "isError": True}


def shown(stage: Stage, result: Json, **script: Any) -> Frame:
    frame = stage.show(WIDGET, result, input={}, **script)
    expect(frame.locator("main").get_by_role("heading", level=1)).to_be_visible()
    return frame


def loading(stage: Stage) -> Frame:
    frame = stage.show(WIDGET, None)
    expect(frame.locator("main")).to_have_attribute("aria-busy", "true")
    return frame


def carousel(stage: Stage) -> Frame:
    return shown(stage, listed(stage))


def long_names(stage: Stage) -> Frame:
    result = listed(stage, 5)
    first, second, third, *_ = result["structuredContent"]["products"]
    first |= {"name": LONG, "category": "Climbing and trailing foliage for shady rooms"}
    second |= {"name": UNBROKEN, "price_minor": 123_456_789_00}
    third |= {"name": LONG, "availability": "out_of_stock"}
    return shown(stage, result)


def asked_for(stage: Stage) -> Frame:
    chosen = {"search": "fern", "sunlight": ["Indirect Light"], "max_price_minor": 2500}
    return shown(stage, listed(stage, 4, initialFilters=chosen))


def one(stage: Stage) -> Frame:
    return shown(stage, listed(stage, 1))


def two(stage: Stage) -> Frame:
    return shown(stage, listed(stage, 2))


def nothing(stage: Stage) -> Frame:
    ways = {
        "did_you_mean": "monstera",
        "drop": [{"arguments": ["sunlight"], "total": 3}, {"arguments": ["search"], "total": 12}],
    }
    chosen = {"search": "monstrea", "sunlight": ["Low Light"]}
    return shown(stage, listed(stage, 0, initialFilters=chosen, help=ways, filters={}))


def failed(stage: Stage) -> Frame:
    frame = stage.show(WIDGET, refusal("internal", "The catalog cannot be read right now."))
    expect(frame.locator(".notice")).to_be_visible()
    return frame


def added_from_a_card(stage: Stage) -> Frame:
    frame = shown(stage, listed(stage))
    frame.locator('[data-key="addsnake-plant"]').click()
    expect(frame.locator('[data-key="bar"]')).to_be_visible()
    return frame


def lost_on_the_way(stage: Stage) -> Frame:
    frame = shown(stage, listed(stage), answers={"update_cart": {"broken": "The line is dead."}})
    frame.locator('[data-key="addsnake-plant"]').click()
    expect(frame.locator(".notice")).to_be_visible()
    return frame


def grid(stage: Stage) -> Frame:
    frame = shown(stage, listed(stage, 12, total=140, next_cursor="12"))
    frame.locator('[data-key="all"]').click()
    expect(frame.locator(".grid")).to_be_visible()
    return frame


def filters(stage: Stage) -> Frame:
    facets = {
        "height_cm": {"kind": "range", "unit": "cm"},
        "pet_safe": {"kind": "bool"},
        **{name: {"kind": "text"} for name in ("sunlight", "water", "climate")},
    }
    labels = {"height_cm": "Height", "pet_safe": "Safe for pets", "sunlight": "Sunlight"}
    result = listed(stage)
    result["structuredContent"]["filters"]["pet_safe"] = {"true": 6}
    result["_meta"] |= {"plantly/facets": facets, "plantly/labels": labels}
    frame = shown(stage, result, context=FULL)
    frame.locator('[aria-controls="filters"]').click()
    expect(frame.locator("#filters")).to_be_visible()
    return frame


def chosen_filters(stage: Stage) -> Frame:
    chosen = {"search": "plant", "category": "Foliage", "sunlight": ["Low Light"]}
    more = {"in_stock": True, "max_price_minor": 5000, "sort": "price_asc"}
    return shown(stage, listed(stage, 4, initialFilters=chosen | more), context=FULL)


def nothing_in_full(stage: Stage) -> Frame:
    chosen = {"category": "Foliage", "sunlight": ["Low Light"], "max_price_minor": 100}
    drop = [{"arguments": ["max_price_minor"], "total": 3}]
    result = listed(stage, 0, initialFilters=chosen, help={"drop": drop})
    return shown(stage, result, context=FULL)


def product(stage: Stage, changed: Json | None = None, **script: Any) -> Frame:
    """Open the first product, as the shop tells it with what is `changed`."""
    answers = script.setdefault("answers", {})
    told = stage.shop.call("get_product", {"product_id": ALOE})
    told["structuredContent"]["products"][0] |= changed or {}
    answers.setdefault("get_product", told)
    frame = shown(stage, listed(stage), **script)
    frame.locator(f'[data-key="open{ALOE}"]').click()
    expect(frame.locator('.product [data-key="add"], .product .notice').first).to_be_visible()
    return frame


def variants(*rows: tuple[str, ...], **change: Any) -> Json:
    made = [
        {
            "variant_id": f"v{at}",
            "name": " / ".join(row),
            "options": list(row),
            "price_minor": 1499 + 500 * at,
            "availability": "in_stock",
            "default": at == 0,
            **change,
        }
        for at, row in enumerate(rows)
    ]
    return {"variants": made}


def detail(stage: Stage) -> Frame:
    return product(stage)


def options(stage: Stage) -> Frame:
    rows = [
        ("12 cm", "Terracotta"),
        ("12 cm", "White, glazed by hand"),
        ("17 cm", "Terracotta"),
        ("21 cm", "Terracotta"),
    ]
    made = variants(*rows)
    made["variants"][2] |= {"availability": "out_of_stock"}
    made["variants"][0] |= {"compare_at_minor": 1999}
    return product(stage, {"options": ["Pot size", "Color of the pot"], **made})


def pictures(stage: Stage) -> Frame:
    names = ("aloe-vera", "monstera", "snake-plant", "lavender")
    return product(stage, {"media": [stage.shop.media[name] for name in names]})


def long_texts(stage: Stage) -> Frame:
    told = {
        "name": LONG,
        "description": f"{LONG}. " * 8 + UNBROKEN * 3,
        "not_sent_to": ["GB", "CH", "US"],
        "sunlight": ["Full Sun", "Indirect Light", "Low Light"],
    }
    return product(stage, told)


def sold_out(stage: Stage) -> Frame:
    return product(stage, variants(("12 cm pot",), availability="out_of_stock"))


def few_left(stage: Stage) -> Frame:
    few = variants(("12 cm pot",), availability="low_stock", available_quantity=2)
    return product(stage, few)


def backorder(stage: Stage) -> Frame:
    later = {"availability": "backorder", "available_at": "2026-12-04"}
    return product(stage, variants(("12 cm pot",), **later))


def added(stage: Stage) -> Frame:
    frame = product(stage)
    frame.locator('.product [data-key="add"]').click()
    expect(frame.locator('[data-key="bar"]')).to_be_visible()
    return frame


def refused(stage: Stage) -> Frame:
    no = refusal("out_of_stock", "Only 2 Aloe Vera are left, and both are in your cart.")
    frame = product(stage, answers={"update_cart": no})
    frame.locator('.product [data-key="add"]').click()
    expect(frame.locator(".notice")).to_be_visible()
    return frame


def gone(stage: Stage) -> Frame:
    no = refusal("not_found", "This product is no longer here.")
    return product(stage, answers={"get_product": no})


def offline(stage: Stage) -> Frame:
    frame = shown(stage, listed(stage), answers={"get_product": {"never": True}})
    # What a browser says when it lost its line; the line of the host is not the widget's to know.
    frame.evaluate("Object.defineProperty(navigator, 'onLine', { get: () => false })")
    stage.page.evaluate("script.answers.update_cart = { broken: 'no line' }")
    frame.locator('[data-key="addsnake-plant"]').click()
    expect(frame.locator(".notice")).to_be_visible()
    return frame


STATES: dict[str, State] = {
    "loading": loading,
    "carousel": carousel,
    "long names": long_names,
    "asked for": asked_for,
    "one": one,
    "two": two,
    "nothing matches": nothing,
    "failed": failed,
    "added from a card": added_from_a_card,
    "lost on the way": lost_on_the_way,
    "offline": offline,
    "full grid": grid,
    "filters open": filters,
    "chosen filters": chosen_filters,
    "nothing matches, in full": nothing_in_full,
    "product": detail,
    "product with options": options,
    "product with pictures": pictures,
    "product with long texts": long_texts,
    "sold out": sold_out,
    "few left": few_left,
    "backorder": backorder,
    "added": added,
    "refused": refused,
    "gone": gone,
}


@pytest.mark.parametrize("bridge", ["apps", "openai"])
@pytest.mark.parametrize("state", STATES)
def test_the_catalog_holds_in_every_look(room: Room, state: str, bridge: str) -> None:
    review(room, state, STATES[state], bridge)


@pytest.mark.parametrize("state", ["carousel", "two", "filters open", "product with options"])
def test_the_catalog_holds_enlarged_calmed_and_recolored(room: Room, state: str) -> None:
    review_needs(room, STATES[state])
