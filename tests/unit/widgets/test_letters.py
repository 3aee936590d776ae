"""A language of another script weighs what English does, and reads the same."""

import pytest

from plantly.widgets.letters import coded, codes_of, letters_of
from plantly.words import Text, load_words


def _read(text: str, letters: str) -> str:
    return "".join(letters[ord(c) - 65] if c.isascii() and c.isalpha() else c for c in text)


def test_what_was_coded_can_be_read_again() -> None:
    cart = {key: text for key, text in load_words()["ar"].items() if key.startswith("cart.")}
    texts = [text for text in cart.values() if isinstance(text, str)]
    codes = codes_of(texts)
    letters = letters_of(codes)
    assert letters
    plain = [text for text in texts if "{" not in text]
    assert [_read(str(coded(text, codes)), letters) for text in plain] == plain


def test_placeholders_stay_as_they_are() -> None:
    text: Text = {"one": "{count} ورقة", "other": "{count} ورقات"}
    found = coded(text, codes_of([text]))
    assert isinstance(found, dict)
    assert all(form.startswith("{count} ") and form.isascii() for form in found.values())


@pytest.mark.parametrize("texts", [["Größe"], ["Ça pousse"], [""], ["一" * 9 + "\U00020000"]])
def test_where_nothing_is_gained_texts_stay_as_they_are(texts: list[Text]) -> None:
    assert codes_of(texts) == {}
    assert letters_of({}) == ""


def test_a_script_of_too_many_letters_stays_as_it_is() -> None:
    assert codes_of(["".join(chr(0x4E00 + n) for n in range(53))]) == {}
