"""Small parts of the pages: colors that can be read, regions as codes, forms, and who may post."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.requests import Request

from plantly.domain.colors import accent_on, contrast
from plantly.web.forms import buyer_from
from plantly.web.security import browser_of, is_foreign, is_token, page_headers
from plantly.web.tongue import tongue_of

GROUNDS = ("#ffffff", "#f3f5f2", "#232725", "#000000")
hex_colors = st.integers(0, 0xFFFFFF).map(lambda number: f"#{number:06x}")


def rgb(color: str) -> tuple[int, int, int]:
    return int(color[1:3], 16), int(color[3:5], 16), int(color[5:7], 16)


@given(hex_colors, st.sampled_from(GROUNDS))
def test_any_accent_can_be_read(color: str, ground: str) -> None:
    accent = accent_on(color, ground)
    assert contrast(rgb(accent.surface), rgb(accent.on_surface)) >= 4.5
    assert contrast(rgb(accent.text), rgb(ground)) >= 4.5


def test_an_accent_that_can_be_read_stays_as_it_is() -> None:
    accent = accent_on("#1F6F43", "#f3f5f2")
    assert (accent.surface, accent.on_surface, accent.text) == ("#1F6F43", "#ffffff", "#1f6f43")


def test_a_form_without_fields_is_a_buyer_without_answers() -> None:
    assert buyer_from({"country": "US", "region": "texas", "unknown": "x"}).region == "texas"
    assert buyer_from({}).email == ""


def test_countries_are_sorted_by_the_name_people_know() -> None:
    assert tongue_of("en").countries(("US", "DE", "AT")) == (
        ("AT", "Austria"),
        ("DE", "Germany"),
        ("US", "United States"),
    )


def request(**headers: str) -> Request:
    raw = [(k.replace("_", "-").encode(), v.encode()) for k, v in headers.items()]
    return Request({"type": "http", "headers": raw})


@pytest.mark.parametrize(
    ("headers", "foreign"),
    [
        ({}, False),
        ({"origin": "https://shop.example"}, False),
        ({"origin": "null"}, False),
        ({"origin": "null", "sec_fetch_site": "same-origin"}, False),
        ({"origin": "https://shop.example", "sec_fetch_site": "same-origin"}, False),
        ({"sec_fetch_site": "none"}, False),
        ({"sec_fetch_site": "cross-site"}, True),
        ({"sec_fetch_site": "same-site"}, True),
        ({"origin": "null", "sec_fetch_site": "cross-site"}, True),
        ({"origin": "https://evil.example"}, True),
        ({"origin": "https://shop.example.evil"}, True),
        ({"origin": "https://shop.example", "sec_fetch_site": "cross-site"}, True),
    ],
)
def test_a_form_of_another_site_is_known(headers: dict[str, str], foreign: bool) -> None:
    assert is_foreign(request(**headers), ("https://shop.example",)) is foreign


@pytest.mark.parametrize(
    ("text", "is_one"),
    [
        ("a" * 16, True),
        ("A-_9" * 8, True),
        ("a" * 15, False),
        ("a" * 81, False),
        ("a b" * 8, False),
        ("é" * 20, False),
        ("\x00" * 20, False),
        ("../" * 8, False),
        ("a" * 20 + "\n", False),
    ],
)
def test_a_token_is_known_by_its_shape(text: str, is_one: bool) -> None:
    assert is_token(text) is is_one


def test_a_browser_is_known_by_a_cookie_of_that_shape() -> None:
    good = "a" * 32
    assert browser_of(request(cookie=f"plantly_checkout={good}")) == good
    assert browser_of(request(cookie="plantly_checkout=short")) is None
    assert browser_of(request(cookie=f"other={good}")) is None
    assert browser_of(request()) is None


def test_a_page_runs_nothing_and_posts_only_where_it_must() -> None:
    headers = page_headers("nonce-abc", ("https://pay.example",))
    assert headers["Content-Security-Policy"] == (
        "default-src 'none'; style-src 'nonce-abc'; img-src 'self'; "
        "form-action 'self' https://pay.example; base-uri 'none'; frame-ancestors 'none'"
    )
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["Cache-Control"] == "no-store"
    assert headers["X-Content-Type-Options"] == "nosniff"
