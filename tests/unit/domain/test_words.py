"""What a search compares."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plantly.domain.words import fold


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
