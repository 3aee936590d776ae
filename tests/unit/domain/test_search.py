"""What was typed, taken apart into the words that have to be found."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plantly.domain.search import parse_search
from plantly.domain.words import MAX_WORD, MAX_WORDS, exact_word, words_of

SYNONYMS = (("sofa", "couch", "settees"), ("snake plant", "mother in law", "sansevieria"))


@pytest.mark.parametrize(
    ("typed", "units"),
    [
        ("", []),
        ("%'\"", []),
        ("Ferns", [[("fern",)]]),
        ("crème brûlée", [[("creme",)], [("brulee",)]]),
        ("fern ferns FERN", [[("fern",)]]),
        ("couches", [[("couch",), ("sofa",), ("settee",)]]),
        ("red couch", [[("red",)], [("couch",), ("sofa",), ("settee",)]]),
        ("snake plants", [[("snake", "plant"), ("mother", "in", "law"), ("sansevieria",)]]),
        ("plant snake", [[("plant",)], [("snake",)]]),
        (
            "sansevieria pot",
            [[("sansevieria",), ("snake", "plant"), ("mother", "in", "law")], [("pot",)]],
        ),
        ("木槿", [[("木",)], [("槿",)]]),
    ],
)
def test_a_search_is_units_of_alternatives(typed: str, units: list[list[tuple[str, ...]]]) -> None:
    assert [list(unit) for unit in parse_search(typed, SYNONYMS).units] == units


@pytest.mark.parametrize(
    ("typed", "prefix"),
    [("", ""), ("a", ""), ("al", "al"), ("red fe", "fe"), ("fe r", ""), ("snake plant", "plant")],
)
def test_the_last_word_may_be_a_beginning_of_two_letters(typed: str, prefix: str) -> None:
    assert parse_search(typed, SYNONYMS).prefix == prefix


def test_an_exact_title_is_all_of_its_words_in_their_order() -> None:
    assert parse_search("Snake Plants").exact == exact_word(words_of("snake plant"))
    assert parse_search("plant snake").exact != parse_search("snake plant").exact
    long = " ".join(f"w{n}" for n in range(20))
    assert parse_search(long).exact == exact_word(words_of(long))
    assert len(parse_search(long).units) == MAX_WORDS


@given(st.text(max_size=300))
def test_any_text_gives_words_and_nothing_else(typed: str) -> None:
    text = parse_search(typed, SYNONYMS)
    assert len(text.units) <= MAX_WORDS
    for word in text.words():
        assert 0 < len(word) <= MAX_WORD
        assert word.isalnum()
