"""Text from outside, and names made of it."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plantly.domain.text import clean, clean_line, slugify
from tests.support.hostile import SHORT


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [
        ("nul\x00nul", "nulnul"),
        ("\u202egnp.exe", "gnp.exe"),
        ("zero\u200bwidth\ufeff", "zerowidth"),
        ("a\r\nb\rc", "a\nb\nc"),
        ("half \ud800 of one", "half  of one"),
        ("e\u0301", "\u00e9"),
        ("x\u200dy", "xy"),
        ("\u200d", ""),
        ("light < 5 & humid\tyes", "light < 5 & humid\tyes"),
    ],
)
def test_what_cannot_be_seen_goes_and_what_can_stays(text: str, cleaned: str) -> None:
    assert clean(text) == cleaned


def test_joined_emoji_and_scripts_that_need_joiners_stay_whole() -> None:
    family = "\U0001f468\u200d\U0001f469\u200d\U0001f467"
    persian = "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645"
    assert clean(family) == family
    assert clean(persian) == persian


@given(st.text() | st.sampled_from(SHORT))
def test_clean_text_is_clean_already(text: str) -> None:
    once = clean(text)
    assert clean(once) == once
    kept = {unicodedata.category(c) for c in once if c not in "\n\t\u200c\u200d"}
    assert not kept & {"Cc", "Cf", "Cs"}


@given(st.text())
def test_a_line_has_no_breaks_and_single_spaces(text: str) -> None:
    assert clean_line(text) == " ".join(clean_line(text).split())


@pytest.mark.parametrize(
    ("text", "slug"),
    [
        ("Cr\u00e8me Br\u00fbl\u00e9e", "creme-brulee"),
        ("Gr\u00f6\u00dfe 12 cm!", "grosse-12-cm"),
        ("Clothing > Shirts", "clothing-shirts"),
        ("--a--", "a"),
    ],
)
def test_a_name_for_addresses_is_what_one_would_type(text: str, slug: str) -> None:
    assert slugify(text) == slug


@given(st.text(min_size=1, max_size=400), st.integers(20, 100))
def test_every_text_has_a_short_and_plain_name(text: str, longest: int) -> None:
    slug = slugify(text, longest)
    assert 0 < len(slug) <= longest
    assert slug == slugify(text, longest)
    assert all(
        part.isascii() and part.isalnum() and part == part.lower() for part in slug.split("-")
    )


def test_two_long_names_stay_two() -> None:
    assert slugify("x" * 200 + "a") != slugify("x" * 200 + "b")
    assert slugify("\u690d\u7269") != slugify("\u89b3\u8449")


def test_nothing_invisible_of_all_unicode_stays() -> None:
    kinds = {"Cc", "Cf", "Cs"}
    invisible = [c for c in map(chr, range(0x110000)) if unicodedata.category(c) in kinds]
    assert len(invisible) > 2_200
    assert clean("".join(c for c in invisible if c not in "\n\r\t\u200c\u200d")) == ""
