"""What a shop's widgets wear: its own accent, readable whatever it is, and its logo."""

import random
import re
from dataclasses import replace
from pathlib import Path

import pytest

from plantly.domain.colors import DARK_HOST, LIGHT_HOST, contrast, shifted
from plantly.domain.shop import Logo, ShopConfig
from plantly.services.demo import demo_shop_file
from plantly.services.shop_file import read_shop_file
from plantly.widgets import dress_of, load_widgets
from plantly.widgets.build import BuiltWidget

ORIGIN = "https://shop.example"
GROUNDS = {"light": ("#ffffff", LIGHT_HOST), "dark": ("#000000", DARK_HOST)}
TINT = {"light": 12, "dark": 18}


@pytest.fixture(scope="module")
def shop() -> ShopConfig:
    return read_shop_file(demo_shop_file())


def rgb(color: str) -> tuple[int, int, int]:
    return int(color[1:3], 16), int(color[3:5], 16), int(color[5:7], 16)


def tokens(shop: ShopConfig) -> dict[str, dict[str, str]]:
    light, dark = re.findall(r"\{([^}]*)\}", dress_of(shop, ORIGIN).markup)[:2]
    return {
        theme: dict(part.split(":") for part in rules.split(";"))
        for theme, rules in (("light", light), ("dark", dark))
    }


def tinted(ground: str, color: str, percent: int) -> tuple[int, int, int]:
    red, green, blue = (
        (a * (100 - percent) + b * percent) // 100
        for a, b in zip(rgb(ground), rgb(color), strict=True)
    )
    return red, green, blue


def test_whatever_the_accent_everything_can_be_read(shop: ShopConfig) -> None:
    draw = random.Random(6)  # noqa: S311 - colors are no secrets
    colors = [f"#{draw.randrange(1 << 24):06x}" for _ in range(50)]
    for color in ("#ffffff", "#000000", "#ffff00", "#808080", *colors):
        for theme, worn in tokens(replace(shop, accent=color, accent_dark=color)).items():
            letters = rgb(worn["--on-accent"])
            assert contrast(letters, rgb(worn["--accent"])) >= 4.5, (color, theme)
            assert contrast(letters, rgb(worn["--accent-hover"])) >= 4.5, (color, theme)
            text = rgb(worn["--accent-text"])
            for ground in GROUNDS[theme]:
                assert contrast(text, rgb(ground)) >= 4.5, (color, theme, ground)
                assert contrast(text, tinted(ground, color, TINT[theme])) >= 4.5, (color, theme)
            surface = rgb(GROUNDS[theme][1])
            seen = worn["--accent-edge"] if worn["--accent-edge"][0] == "#" else worn["--accent"]
            assert contrast(rgb(seen), surface) >= 3, (color, theme)


def test_an_accent_that_had_to_be_shifted_is_said_in_a_sentence() -> None:
    (light,) = shifted("#FFD400", "#7FD1A0")
    assert light.startswith("colors.accent #ffd400 cannot be read as text on a light ground")
    assert light.endswith("Buttons keep it, under black letters.")
    assert len(shifted("#FFFFFF", "#000000")) == 2
    assert shifted("#1F6F43", "#7FD1A0") == []


def test_another_accent_is_another_address_and_the_old_one_still_answers(
    shop: ShopConfig, dist: Path, built: list[BuiltWidget]
) -> None:
    widgets = load_widgets(ORIGIN, "hashed", dist=dist)
    bare = widgets["checkout"]
    assert widgets.wear(dress_of(shop, ORIGIN))
    green = widgets["checkout"]
    assert not widgets.wear(dress_of(shop, ORIGIN))
    assert widgets.wear(dress_of(replace(shop, accent="#aa3377"), ORIGIN))
    pink = widgets["checkout"]
    assert len({bare.app_uri, green.app_uri, pink.app_uri}) == 3
    assert "#aa3377" in pink.html
    assert {resource.uri for resource in widgets.resources()} >= {pink.app_uri, pink.template_uri}
    for uri in (bare.app_uri, green.template_uri):
        found = widgets.read(uri)
        assert found is not None
        assert found[1] == pink.html


def test_stable_addresses_stay_whatever_the_widgets_wear(
    shop: ShopConfig, dist: Path, built: list[BuiltWidget]
) -> None:
    widgets = load_widgets(ORIGIN, "stable", dist=dist)
    before = widgets["checkout"]
    widgets.wear(dress_of(shop, ORIGIN))
    assert widgets["checkout"].app_uri == before.app_uri
    assert widgets["checkout"].html != before.html


def test_a_logo_stands_ready_and_its_name_is_the_shops(
    shop: ShopConfig, dist: Path, built: list[BuiltWidget]
) -> None:
    named = replace(shop, name='Fern & "Co"', logo=Logo("logo-1.png", 200, 50))
    markup = dress_of(named, ORIGIN).markup
    assert f'src="{ORIGIN}/media/logo-1.png"' in markup
    assert 'alt="Fern &amp; &quot;Co&quot;" width="96" height="24"' in markup
    small = replace(shop, logo=Logo("logo-1.svg", 20, 20, "data:image/svg+xml;base64,PHN2Zz4="))
    widgets = load_widgets(ORIGIN, "hashed", dist=dist)
    widgets.wear(dress_of(small, ORIGIN))
    html = widgets["product-catalog"].html
    assert 'src="data:image/svg+xml;base64,PHN2Zz4="' in html
    assert html.index("<template") < html.index("</head>")
