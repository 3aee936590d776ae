"""Write a language of another script in one byte a letter, so that it weighs what English does.

A letter of such a script takes two or three bytes, and the most common ones of all languages
compress best when they are the same bytes.
"""

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Final

from plantly.words import Text

_CODES: Final = "etaoinsrhldcumfpgwybvkxjqzETAOINSRHLDCUMFPGWYBVKXJQZ"
# What is written for the letters, the most common first.
_PLACEHOLDER: Final = re.compile(r"(\{\w+\})")


def codes_of(texts: Iterable[Text]) -> dict[str, str]:
    """Choose what is written for each letter of a language; nothing where nothing is gained."""
    counts = Counter(
        letter
        for text in texts
        for form in _forms(text)
        for part in _PLACEHOLDER.split(form)[::2]
        for letter in part
        if letter.isalpha()
    )
    foreign = sum(count for letter, count in counts.items() if not letter.isascii())
    if (
        foreign * 2 < counts.total()
        or len(counts) > len(_CODES)
        or max(counts, default="") > "\uffff"
    ):
        return {}
    common = sorted(counts.items(), key=lambda pair: (-pair[1], pair))
    return {letter: code for (letter, _), code in zip(common, _CODES, strict=False)}


def letters_of(codes: Mapping[str, str]) -> str:
    """List the letters in the order of their codes, from `A` to the last; a space is none."""
    letters = {code: letter for letter, code in codes.items()}
    last = max(letters, default="@")
    return "".join(letters.get(chr(code), " ") for code in range(ord("A"), ord(last) + 1))


def coded(text: Text, codes: Mapping[str, str]) -> Text:
    """Write a text in codes; placeholders stay as they are."""
    if isinstance(text, Mapping):
        return {form: _coded(inner, codes) for form, inner in text.items()}
    return _coded(text, codes)


def _coded(text: str, codes: Mapping[str, str]) -> str:
    parts = _PLACEHOLDER.split(text)
    table = str.maketrans(dict(codes))
    return "".join(part if at % 2 else part.translate(table) for at, part in enumerate(parts))


def _forms(text: Text) -> Iterable[str]:
    return [text] if isinstance(text, str) else text.values()
