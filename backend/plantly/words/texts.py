"""Read the words: one file a language, flat keys, a text or its plural forms each."""

import json
import re
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Final

from babel import Locale, UnknownLocaleError

WORDS: Final = Path(__file__).parent
FIRST: Final = "en"
"""The language that the others translate, and that is spoken to everybody else."""

PLACEHOLDER: Final = re.compile(r"\{(\w+)\}")

Text = str | Mapping[str, str]
"""A text, or its forms by CLDR plural category, chosen by `{count}`."""

_KEY: Final = re.compile(r"[a-z]+(?:\.[A-Za-z0-9][A-Za-z0-9_-]*)+")
# CLDR has a form for "a million of something" in some languages: no shop counts so far.
_COUNTS: Final = range(1_000)


class WordsError(Exception):
    """The words are not the same in all languages, or cannot be read."""


def load_words(folder: Path = WORDS) -> dict[str, dict[str, Text]]:
    """Read every language of `folder`, English first, and check them against each other.

    Raises: WordsError that names everything that is wrong.
    """
    files = sorted(folder.glob("*.json"), key=lambda path: (path.stem != FIRST, path.stem))
    words = {path.stem: _read(path) for path in files}
    if FIRST not in words:
        raise WordsError(f"There is no {FIRST}.json: it has the words that the others translate.")
    problems = [problem for language in words for problem in _problems(language, words)]
    if problems:
        more = f"\n... and {len(problems) - 20} more" if len(problems) > 20 else ""  # noqa: PLR2004
        raise WordsError("The words are not complete:\n" + "\n".join(problems[:20]) + more)
    return words


@cache
def counting_forms(language: str) -> frozenset[str]:
    """Name the plural forms that this language needs for what a shop counts."""
    rule = Locale.parse(language, sep="-").plural_form
    return frozenset(rule(count) for count in _COUNTS)


def _read(path: Path) -> dict[str, Text]:
    try:
        Locale.parse(path.stem, sep="-")
    except (ValueError, UnknownLocaleError):
        raise WordsError(f"{path.name} is not named for a language, such as fr.json.") from None
    try:
        found = json.loads(path.read_text(encoding="utf-8"), object_pairs_hook=_unique)
    except ValueError as error:
        raise WordsError(f"{path.name} cannot be read: {error}.") from None
    if not isinstance(found, dict):
        raise WordsError(f"{path.name} must be one object: key and text.")
    return found


def _unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) != len(pairs):
        names = [name for name, _ in pairs]
        raise ValueError(f"{max(names, key=names.count)} is there twice")
    return found


def _problems(language: str, words: Mapping[str, Mapping[str, Text]]) -> Iterator[str]:
    first, own = words[FIRST], words[language]
    yield from (f"{language}: {key} is missing" for key in first if key not in own)
    yield from (f"{language}: {key} is not in {FIRST}" for key in own if key not in first)
    needed = counting_forms(language)
    for key, text in own.items():
        if key in first:
            yield from (f"{language}: {key} {what}" for what in _wrong(key, text, first[key]))
            if isinstance(text, Mapping) and (missing := needed - set(text)):
                yield f"{language}: {key} needs the form {', '.join(sorted(missing))}"


def _wrong(key: str, text: Text, first: Text) -> Iterator[str]:
    if not _KEY.fullmatch(key):
        yield "is no key such as cart.title"
    forms = _forms(text)
    if not all(isinstance(form, str) and form and form.strip() == form for form in forms):
        yield "must be text without spaces around it"
        return
    wanted, given = _placeholders(_forms(first)), _placeholders(forms)
    if wanted != given:
        yield f"has the placeholders {sorted(given)}, not {sorted(wanted)}"
    if isinstance(text, Mapping):
        if "count" not in given:
            yield "has plural forms without {count}"
        if any(_placeholders([form]) | {"count"} != given | {"count"} for form in forms):
            yield "leaves a placeholder out of a form"


def _forms(text: Text) -> list[object]:
    # From a file: what should be text can be anything.
    return list(text.values()) if isinstance(text, Mapping) else [text]


def _placeholders(forms: list[object]) -> set[str]:
    return {name for form in forms for name in PLACEHOLDER.findall(str(form))}
