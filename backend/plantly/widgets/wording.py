"""Give a bundle the words that its scripts use, in every language, as one table."""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from babel import Locale

from plantly.widgets.guard import WidgetBuildError
from plantly.widgets.letters import coded, codes_of, letters_of
from plantly.widgets.modules import Module
from plantly.words import Text

SPEAKER: Final = "words.js"
"""The module that speaks them: it has the place for the table."""

_PLACE: Final = "__WORDS__"
_CALL: Final = re.compile(r"(?<![\w.$])(t|tParts|tOne|tForeign)\(\s*(\"[^\"\\\n]*\"(?=\s*[,)]))?")
# A quote in a comment, or a comment in a text, must not hide the call after it.
_COMMENT_OR_TEXT: Final = re.compile(
    r"//[^\n]*|/\*.*?\*/|('(?:\\.|[^'\\\n])*'|\"(?:\\.|[^\"\\\n])*\")", re.DOTALL
)

Languages = Mapping[str, Mapping[str, Text]]


@dataclass(frozen=True, slots=True)
class UsedWords:
    """What scripts name: whole keys, and beginnings of keys."""

    keys: frozenset[str] = frozenset()
    choices: frozenset[str] = frozenset()
    foreign: frozenset[str] = frozenset()
    """Beginnings of what is said in other languages only."""

    def __or__(self, other: "UsedWords") -> "UsedWords":
        return UsedWords(
            self.keys | other.keys, self.choices | other.choices, self.foreign | other.foreign
        )


def used_words(module: Module) -> UsedWords:
    """Find the words that a module names.

    Raises: WidgetBuildError where a key is no literal.
    """
    found: dict[str, set[str]] = {"tOne": set(), "tForeign": set(), "t": set(), "tParts": set()}
    source = _COMMENT_OR_TEXT.sub(lambda match: match[1] or " ", module.source)
    for match in _CALL.finditer(source):
        call, literal = match.groups()
        if literal is None:
            seen = source[match.start() : match.end() + 20].splitlines()[0]
            raise WidgetBuildError(
                f"{module.file}: the first argument of {call}() must be a literal, not {seen!r}; "
                f'write `which ? {call}("one") : {call}("other")`, or tOne("prefix.", value).'
            )
        found[call].add(literal[1:-1])
    return UsedWords(
        frozenset(found["t"] | found["tParts"]),
        frozenset(found["tOne"]),
        frozenset(found["tForeign"]),
    )


def check_words(modules: Iterable[Module], languages: Languages) -> UsedWords:
    """Find the words that these modules name, and check that somebody wrote them.

    Raises: WidgetBuildError for a key that nobody wrote, or that is no literal.
    """
    first = next(iter(languages.values()))
    all_used = UsedWords()
    for module in modules:
        if module.file == SPEAKER:
            continue
        used = used_words(module)
        beginnings = used.choices | used.foreign
        unknown = used.keys - set(first)
        unknown |= {f"{begin}*" for begin in beginnings if not _starting(begin, first)}
        if unknown:
            names = ", ".join(sorted(unknown))
            raise WidgetBuildError(f"{module.file} uses words that nobody wrote: {names}.")
        all_used |= used
    return all_used


def put_words(script: str, used: UsedWords, languages: Languages) -> str:
    """Put the words into a script, as one table; a key becomes its place there."""
    first = next(iter(languages.values()))
    # A function that was left out took its words with it.
    choices = {
        begin: _starting(begin, first)
        for begin in sorted(used.choices | used.foreign)
        if f'"{begin}"' in script
    }
    named = {key for key in used.keys if f'"{key}"' in script}
    named.update(key for begin in used.choices for key in choices.get(begin, []))
    keys = sorted(named.union(*choices.values()))
    place = {key: at for at, key in enumerate(keys)}
    table = {
        **_tables(keys, named, languages),
        "choices": {
            begin: {key.removeprefix(begin): place[key] for key in found}
            for begin, found in choices.items()
        },
    }
    script = _CALL.sub(lambda match: _placed(match, place), script)
    return script.replace(_PLACE, json.dumps(table, ensure_ascii=False, separators=(",", ":")))


def _tables(keys: list[str], named: set[str], languages: Languages) -> dict[str, object]:
    """Give for each language, in their order, its texts and the letters that they are coded in."""
    letters: list[str] = []
    tables: list[list[Text]] = []
    for at, texts in enumerate(languages.values()):
        own = [texts[key] if at or key in named else "" for key in keys]
        codes = codes_of(own)
        letters.append(letters_of(codes))
        tables.append([coded(text, codes) for text in own])
    return {
        "languages": list(languages),
        "rtl": [tag for tag in languages if _is_rtl(tag)],
        "letters": letters,
        "texts": tables,
    }


def _starting(begin: str, keys: Iterable[str]) -> list[str]:
    return sorted(key for key in keys if key.startswith(begin))


def _placed(match: re.Match[str], place: Mapping[str, int]) -> str:
    call, literal = match.groups()
    if call in {"tOne", "tForeign"} or literal is None or literal[1:-1] not in place:
        return match[0]
    return match[0].replace(literal, str(place[literal[1:-1]]))


def _is_rtl(tag: str) -> bool:
    return Locale.parse(tag, sep="-").text_direction == "rtl"
