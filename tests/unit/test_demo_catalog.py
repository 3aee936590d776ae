"""The demo shop: what shoppers and tests count on, and pictures that are nothing but pictures."""

import json
import re
import unicodedata
from collections import Counter
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any, Final
from xml.etree import ElementTree as ET

import pytest

from plantly.domain.shop import FulfillmentKind, ShopConfig
from plantly.services.catalog_file import read_catalog_file
from plantly.services.demo import demo_media, demo_shop_file
from plantly.services.shop_file import read_shop_file

Json = dict[str, Any]

CATALOG_TEXT: Final = (demo_media().parent / "catalog.json").read_text(encoding="utf-8")
CATALOG: Final[Json] = json.loads(CATALOG_TEXT)
PRODUCTS: Final[list[Json]] = CATALOG["products"]
LISTED: Final[list[Json]] = [facet for facet in CATALOG["facets"] if "values" in facet]
VARIANTS: Final[list[Json]] = [v for product in PRODUCTS for v in product["variants"]]
PICTURES: Final = sorted(demo_media().iterdir())
SLUGS: Final = [product["slug"] for product in PRODUCTS]

SVG: Final = "{http://www.w3.org/2000/svg}"
DRAWING: Final = {
    *("svg", "defs", "g", "path", "circle", "ellipse"),
    *("linearGradient", "radialGradient", "stop"),
}
LARGEST_PICTURE: Final = 14_000
READABLE: Final = 4.5
WORN_OUT: Final = re.compile(
    r"\b(green thumb|brings? nature|perfect (for|addition)|elevate|must-have|stunning|lush|oasis"
    r"|breathe life|touch of green|low[- ]maintenance beauty)\b",
    re.IGNORECASE,
)


@pytest.fixture(scope="module")
def shop() -> ShopConfig:
    return read_shop_file(demo_shop_file())


def default_variant(slug: str) -> Json:
    (product,) = (p for p in PRODUCTS if p["slug"] == slug)
    (variant,) = (v for v in product["variants"] if v["default"])
    return dict(variant)


def sentences(text: str) -> int:
    return len(re.findall(r"[.?!](?: |$)", text))


def texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for part in value.values():
            yield from texts(part)
    elif isinstance(value, list):
        for part in value:
            yield from texts(part)


def luminance(color: str) -> float:
    def linear(channel: float) -> float:
        low = 0.04045
        return channel / 12.92 if channel <= low else ((channel + 0.055) / 1.055) ** 2.4

    red, green, blue = (linear(int(color[at : at + 2], 16) / 255) for at in (1, 3, 5))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def test_the_importer_takes_the_catalog() -> None:
    assert len(read_catalog_file(CATALOG_TEXT).products) == len(PRODUCTS)


def test_there_are_plants_enough_to_browse() -> None:
    assert len(PRODUCTS) >= 24
    sizes = Counter(product["category"] for product in PRODUCTS)
    assert set(sizes) == {category["slug"] for category in CATALOG["categories"]}
    assert len(sizes) >= 6
    assert min(sizes.values()) >= 3
    assert all(1 <= len(product["variants"]) <= 4 for product in PRODUCTS)


def test_every_id_is_given_once() -> None:
    ids = [*SLUGS, *(v["id"] for v in VARIANTS), *(v["sku"] for v in VARIANTS)]
    assert [name for name, count in Counter(ids).items() if count > 1] == []
    assert len({product["title"] for product in PRODUCTS}) == len(PRODUCTS)


@pytest.mark.parametrize("product", PRODUCTS, ids=SLUGS)
def test_a_variant_is_named_after_its_plant_and_its_pot(product: Json) -> None:
    assert sum(v["default"] for v in product["variants"]) == 1
    sizes = [int(v["option"].removesuffix(" cm")) for v in product["variants"]]
    assert sizes == sorted(sizes)
    for size, variant in zip(sizes, product["variants"], strict=True):
        assert variant["id"] == f"{product['slug']}-{size}cm"
        assert variant["title"] == f"{size} cm pot"
        assert variant["sku"].startswith("PL-")
        assert variant["sku"].endswith(f"-{size}")


@pytest.mark.parametrize("product", PRODUCTS, ids=SLUGS)
def test_a_larger_pot_costs_and_weighs_more(product: Json) -> None:
    for key in ("price_minor", "weight_g"):
        values = [v[key] for v in product["variants"]]
        assert values == sorted(set(values))
        assert values[0] > 0
    for variant in product["variants"]:
        assert variant.get("compare_at_minor", variant["price_minor"] + 1) > variant["price_minor"]


def test_the_two_well_known_prices_stand() -> None:
    assert CATALOG["currency"] == "USD"
    assert default_variant("aloe-vera")["price_minor"] == 1499
    assert default_variant("monstera")["price_minor"] == 3499


def test_one_plant_is_sold_out_and_one_other_lacks_a_size() -> None:
    gone = [sum(v["stock"] == 0 for v in p["variants"]) for p in PRODUCTS]
    sizes = [len(p["variants"]) for p in PRODUCTS]
    entirely = [n for n, of in zip(gone, sizes, strict=True) if n == of]
    partly = [n for n, of in zip(gone, sizes, strict=True) if 0 < n < of]
    assert (len(entirely), partly) == (1, [1])


def test_some_plants_are_nearly_gone(shop: ShopConfig) -> None:
    low = [v for v in VARIANTS if 1 <= v["stock"] <= shop.low_stock_threshold]
    assert len(low) >= 5


@pytest.mark.parametrize("product", PRODUCTS, ids=SLUGS)
def test_a_plant_says_what_it_needs(product: Json) -> None:
    allowed = {facet["key"]: set(facet["values"]) for facet in LISTED}
    most = {"sunlight": 2, "water": 1, "climate": 2}
    assert set(allowed) == set(most)
    for key, values in product["facets"].items():
        assert 1 <= len(values) <= most.get(key, 1)
        assert len(set(values)) == len(values)
        assert set(values) <= allowed.get(key, set(values))
    assert set(product["facets"]) - {"pet_safe"} == {*most, "height_cm"}
    assert 0 < Decimal(product["facets"]["height_cm"][0]) <= 100


@pytest.mark.parametrize("product", PRODUCTS, ids=SLUGS)
def test_what_is_safe_for_pets_is_said_the_same_everywhere(product: Json) -> None:
    said = [
        safe
        for safe, tag in (("true", "pet-safe"), ("false", "pet-unsafe"))
        if tag in product["tags"]
    ]
    assert product["facets"].get("pet_safe", []) == said


def test_every_filter_finds_something() -> None:
    used = {(k, value) for p in PRODUCTS for k, values in p["facets"].items() for value in values}
    listed = {(f["key"], value) for f in LISTED for value in f["values"]}
    assert {pair for pair in used if pair[0] in {f["key"] for f in LISTED}} == listed
    assert {("pet_safe", "true"), ("pet_safe", "false")} <= used
    kinds = {f["key"]: (f["kind"], f.get("unit")) for f in CATALOG["facets"] if "kind" in f}
    assert kinds == {"pet_safe": ("bool", None), "height_cm": ("range", "cm")}


@pytest.mark.parametrize("product", PRODUCTS, ids=SLUGS)
def test_the_texts_have_something_to_say(product: Json) -> None:
    assert 2 <= sentences(product["description"]) <= 3
    assert 3 <= sentences(product["care"]) <= 6
    assert not WORN_OUT.search(f"{product['description']} {product['care']}")
    assert product["media"][0]["alt"].startswith("Illustration of ")


@pytest.mark.parametrize("product", PRODUCTS, ids=SLUGS)
def test_nobody_is_told_both_that_pets_are_safe_and_that_they_are_not(product: Json) -> None:
    assert not {"pet-safe", "pet-unsafe"} <= set(product["tags"])
    assert len(set(product["tags"])) == len(product["tags"])


def test_the_texts_are_plain_text(shop: ShopConfig) -> None:
    written = [*texts(CATALOG), shop.name, shop.tagline]
    written += [part for policy in shop.policies for part in (policy.title, policy.text)]
    for text in written:
        assert text == text.strip()
        assert "  " not in text
        assert not {"<", ">"} & set(text)
        assert not [c for c in text if unicodedata.category(c).startswith("C")]


def test_every_plant_has_its_picture_and_every_picture_its_plant() -> None:
    for product in PRODUCTS:
        assert [m["file"] for m in product["media"]] == [f"{product['slug']}.svg"]
        assert (product["media"][0]["width"], product["media"][0]["height"]) == (800, 800)
    assert {picture.stem for picture in PICTURES} == set(SLUGS)


@pytest.mark.parametrize("picture", PICTURES, ids=lambda picture: picture.stem)
def test_a_picture_is_a_small_square_drawing(picture: Path) -> None:
    assert picture.stat().st_size <= LARGEST_PICTURE
    root = ET.fromstring(picture.read_text(encoding="utf-8"))  # noqa: S314 - drawn for this project
    assert root.tag == f"{SVG}svg"
    assert root.get("viewBox") == "0 0 800 800"
    assert (root.get("width"), root.get("height")) == ("800", "800")


@pytest.mark.parametrize("picture", PICTURES, ids=lambda picture: picture.stem)
def test_a_picture_runs_nothing_and_loads_nothing(picture: Path) -> None:
    content = picture.read_text(encoding="utf-8")
    root = ET.fromstring(content)  # noqa: S314 - drawn for this project
    assert {element.tag.removeprefix(SVG) for element in root.iter()} <= DRAWING
    assert "<!" not in content
    assert "<?" not in content
    names = {name for element in root.iter() for name in element.attrib}
    assert not [name for name in names if name.startswith("on") or "href" in name or "}" in name]
    assert "style" not in names
    assert all(not (element.text or "").strip() for element in root.iter())


@pytest.mark.parametrize("picture", PICTURES, ids=lambda picture: picture.stem)
def test_a_picture_paints_with_what_it_defines(picture: Path) -> None:
    content = picture.read_text(encoding="utf-8")
    ids = re.findall(r'\bid="([^"]+)"', content)
    assert len(ids) == len(set(ids))
    assert set(re.findall(r"url\(([^)]*)\)", content)) == {f"#{name}" for name in ids}


def test_the_accent_can_be_read_on_and_under_text(shop: ShopConfig) -> None:
    assert contrast(shop.accent, "#FFFFFF") >= READABLE
    assert contrast(shop.accent_dark, "#1C1C1C") >= READABLE


def test_the_shop_sends_parcels_to_every_zone_and_hands_plants_out(shop: ShopConfig) -> None:
    options = [option for zone in shop.zones for option in zone.options]
    assert len({option.id for option in options}) == len(options)
    assert [o.id for o in options if o.kind is FulfillmentKind.PICKUP] == ["pickup"]
    assert "pickup" in {o.id for o in shop.options_for("US")}
    countries = [country for zone in shop.zones for country in zone.countries]
    assert len(set(countries)) == len(countries)
    assert {"US", "CA", "GB", "DE", "FR"} <= set(countries)
    assert {tax.country for tax in shop.taxes} <= set(countries)


def test_the_shipping_policy_names_the_prices_that_are_charged(shop: ShopConfig) -> None:
    (shipping,) = (policy.text for policy in shop.policies if policy.topic == "shipping")
    standard = [zone.options[0] for zone in shop.zones]
    amounts = [a for o in standard for a in (o.price_minor, o.free_from_minor) if a is not None]
    assert len(amounts) == 2 * len(standard)
    for amount in amounts:
        assert f"${amount // 100}.{amount % 100:02d}" in shipping


def test_there_is_a_policy_for_every_question(shop: ShopConfig) -> None:
    topics = [policy.topic for policy in shop.policies]
    assert sorted(topics) == ["contact", "privacy", "returns", "shipping", "terms"]
    assert all(2 <= sentences(policy.text) <= 5 for policy in shop.policies)


def test_the_discounts_of_the_shop_are_there(shop: ShopConfig) -> None:
    named = [discount.label for discount in shop.discounts]
    assert named == ["Windowsill herbs", "WELCOME10", "FREESHIP", "FIVEOFF"]


def test_rules_are_about_products_that_there_are(shop: ShopConfig) -> None:
    rules = [
        *(discount.targets for discount in shop.discounts),
        *(tax.targets for tax in shop.taxes),
    ]
    slugs = {slug for targets in rules for slug in targets.products}
    assert slugs
    assert slugs <= set(SLUGS)
