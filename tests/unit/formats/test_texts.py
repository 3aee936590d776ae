"""Texts of any source become clean text, and clean text is read back as itself."""

import re
import sys
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plantly.domain.text import clean
from plantly.services.formats.html_text import source_of, text_of
from plantly.services.formats.tidy import (
    _SUSPECT,
    joined_names,
    slug_of,
    tidy,
    tidy_line,
    tidy_names,
)


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("light < 5 & humid", "light < 5 & humid"),
        ("a <b and c> d", "a <b and c> d"),
        ("R&D; 5 &lt 6", "R&D; 5 &lt 6"),
        ("Salt &amp; pepper", "Salt & pepper"),
        ("&amp;lt;b&amp;gt;", "&lt;b&gt;"),
        ("one\ntwo", "one\ntwo"),
        ("<p>One</p><p>Two &amp; &lt;three&gt;</p>", "One\n\nTwo & <three>"),
        ("One<br>two<br/>three", "One\ntwo\nthree"),
        ("<ul><li>a</li>\n<li>b</li></ul>after", "- a\n- b\n\nafter"),
        ("<h2>Care</h2>\n  <p>Water   it.\n Often.</p>", "Care\n\nWater it. Often."),
        ("<div>a</div><div>b</div>", "a\n\nb"),
        ("<table><tr><td>Height</td><td>45</td></tr></table>", "Height 45"),
        ("<p>a<script>alert(1)</script>b</p><style>p{}</style>", "ab"),
        ("<p>a<!-- hidden -->b</p>", "ab"),
        ("<img src=x onerror=alert(1)>", ""),
        ("<o:p>Word</o:p>", "Word"),
        ("<b>light < 5 & humid</b>", "light < 5 & humid"),
        ("<p>a\u200bb\u202ec</p>", "abc"),
        ("a\x00b\ufeff", "ab"),
    ],
)
def test_descriptions_become_text(source: str, text: str) -> None:
    assert text_of(source) == text


@given(st.text())
def test_clean_text_is_read_back_as_itself(text: str) -> None:
    kept = tidy(text)
    assert text_of(source_of(kept)) == kept


@given(st.text(alphabet="<>/&;ab =\"'\n-!#x1lt", max_size=60))
def test_text_like_html_is_read_back_as_itself(text: str) -> None:
    kept = tidy(text)
    assert text_of(source_of(kept)) == kept


@given(st.text(alphabet="<>/&;ab p=\"'\n-!", max_size=200))
def test_reading_html_never_fails_and_leaves_it_tidy(text: str) -> None:
    found = text_of(text)
    assert found == tidy(found)


@pytest.mark.parametrize(
    "piece", ["<a ", "<a =", "&a", "<!--", "<a/", "</", "<p>", "&#1", "<a b=c"]
)
def test_a_megabyte_of_any_piece_is_read_quickly(piece: str) -> None:
    assert isinstance(text_of(piece * (1_000_000 // len(piece))), str)


def test_every_character_that_is_cleaned_away_is_looked_at() -> None:
    missed = [
        code
        for code in range(sys.maxunicode + 1)
        if (
            unicodedata.category(chr(code)) in {"Cc", "Cf", "Cs"}
            or code & 0xFFFE == 0xFFFE
            or 0xFDD0 <= code <= 0xFDEF
        )
        and chr(code) not in "\n\t"
        and not _SUSPECT.search(chr(code))
    ]
    assert missed == []


@given(st.text())
def test_tidying_is_cleaning(text: str) -> None:
    assert tidy(text) == clean(text).strip()
    assert tidy_line(text) == " ".join(clean(text).split())


@given(st.lists(st.text(alphabet="ab,; é\\", max_size=8)), st.sampled_from([",", ";"]))
def test_joined_names_are_read_back(names: list[str], separator: str) -> None:
    kept = tuple(dict.fromkeys(name for name in map(tidy_line, names) if name))
    assert tidy_names(joined_names(kept, separator), separator) == kept


@pytest.mark.parametrize(
    ("text", "slug"),
    [("fern", "fern"), ("Boston Fern", "boston-fern"), ("\u200b", ""), ("", ""), ("-", "-")],
)
def test_slugs_are_made_of_names(text: str, slug: str) -> None:
    found = slug_of(text)
    assert found == slug or (slug == "-" and re.fullmatch(r"[0-9a-f]{8}", found))
