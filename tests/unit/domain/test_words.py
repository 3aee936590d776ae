"""What a search compares."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plantly.domain.words import (
    MAX_BODY_WORDS,
    MAX_WORD,
    filter_token,
    fold,
    search_entry,
    words_of,
)


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("  Crème   BRÛLÉE ", "creme brulee"),
        ("Straße", "strasse"),
        ("\uff21\uff2c\uff2f\uff25 \uff11\uff10\uff05", "aloe 10%"),
        ("İstanbul", "istanbul"),
        ("ﬁcus", "ficus"),
        ("\t\n", ""),
        ("木 槿", "木 槿"),
    ],
)
def test_case_accents_and_spacing_do_not_matter(text: str, folded: str) -> None:
    assert fold(text) == folded


@given(st.text("aB É\tßﬁ\uff11木İ_%", max_size=40))
def test_folded_text_has_single_spaces_and_no_upper_case_letters(text: str) -> None:
    folded = fold(text)
    assert folded == " ".join(folded.split())
    assert not any(c.isascii() and c.isupper() for c in folded)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Ferns, glasses & 2 berries", ["fern", "glass", "2", "berry"]),
        ("cactus dress basis bus gas", ["cactus", "dress", "basis", "bus", "gas"]),
        ("boxes dishes watches buzzes", ["box", "dish", "watch", "buzz"]),
        ("snake_plant-O'Neil", ["snake", "plant", "o", "neil"]),
        ("木槿tree", ["木", "槿", "tree"]),
        ("x" * 100, ["x" * 40]),
        ("ß" * 100, ["s" * 40]),
        ("100% 12.5cm", ["100", "12", "5cm"]),
        ("🌵\0\u202e", []),
    ],
)
def test_words_are_folded_and_singular(text: str, words: list[str]) -> None:
    assert words_of(text) == words


@given(st.text(max_size=60))
def test_words_hold_nothing_that_a_database_could_read_as_syntax(text: str) -> None:
    assert all(word.isalnum() and len(word) <= MAX_WORD for word in words_of(text))


def test_each_word_is_kept_once_where_it_weighs_most() -> None:
    entry = search_entry(
        "Aloe Vera", ["aloe", "dry"], ["dry aloe lamp lamps"], [("water", "Low"), ("water", "Low")]
    )
    assert (entry.title, entry.labels, entry.body) == (("aloe", "vera"), ("dry",), ("lamp",))
    assert entry.filters == (("water", "Low"),)


def test_a_description_has_so_many_words_at_most() -> None:
    body = " ".join(f"w{n}" for n in range(MAX_BODY_WORDS + 5))
    assert len(search_entry("", [], [body]).body) == MAX_BODY_WORDS


def test_filters_have_tokens_of_their_own() -> None:
    tokens = {filter_token(*pair) for pair in (("a", "bc"), ("ab", "c"), ("", ""), ("abc", ""))}
    assert len(tokens) == 4
    assert all(token.isalnum() and len(token) == 21 for token in tokens)
