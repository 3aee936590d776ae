"""Give a bundle the words that its scripts use, in every language, as one table."""

import json
import re
from collections.abc import Iterable, Mapping
from typing import Final

from babel import Locale

from plantly.widgets.guard import WidgetBuildError
from plantly.widgets.modules import Module
from plantly.words import Text

SPEAKER: Final = "words.js"
"""The module that speaks them: it has the place for the table."""

_PLACE: Final = "__WORDS__"
_CALL: Final = re.compile(r"(?<![\w.$])(t|tParts|tOne)\(\s*(\"[^\"\\\n]*\"(?=\s*[,)]))?")
# A quote in a comment, or a comment in a text, must not hide the call after it.
_COMMENT_OR_TEXT: Final = re.compile(
    r"//[^\n]*|/\*.*?\*/|('(?:\\.|[^'\\\n])*'|\"(?:\\.|[^\"\\\n])*\")", re.DOTALL
)

Languages = Mapping[str, Mapping[str, Text]]


def used_words(module: Module) -> tuple[set[str], set[str]]:
    """Find the keys, and the beginnings of keys, that a module names.

    Raises: WidgetBuildError where a key is no literal.
    """
    keys: set[str] = set()
    beginnings: set[str] = set()
    source = _COMMENT_OR_TEXT.sub(lambda match: match[1] or " ", module.source)
    for match in _CALL.finditer(source):
        call, literal = match.groups()
        if literal is None:
            seen = source[match.start() : match.end() + 20].splitlines()[0]
            raise WidgetBuildError(
                f"{module.file}: the first argument of {call}() must be a literal, not {seen!r}; "
                f'write `which ? {call}("one") : {call}("other")`, or tOne("prefix.", value).'
            )
        (beginnings if call == "tOne" else keys).add(literal[1:-1])
    return keys, beginnings


def words_of(modules: Iterable[Module], languages: Languages) -> dict[str, list[Text]]:
    """Collect the words of these modules: key -> the text of each language, in their order.

    Raises: WidgetBuildError for a key that nobody wrote.
    """
    first = next(iter(languages.values()))
    needed: set[str] = set()
    for module in modules:
        if module.file == SPEAKER:
            continue
        keys, beginnings = used_words(module)
        started = {begin: {key for key in first if key.startswith(begin)} for begin in beginnings}
        unknown = {key for key in keys if key not in first}
        unknown |= {f"{begin}*" for begin, found in started.items() if not found}
        if unknown:
            raise WidgetBuildError(
                f"{module.file} uses unknown words: {', '.join(sorted(unknown))}."
            )
        needed = needed.union(keys, *started.values())
    return {key: [texts[key] for texts in languages.values()] for key in sorted(needed)}


def put_words(script: str, words: Mapping[str, list[Text]], languages: Iterable[str]) -> str:
    """Put the table of words where the script has the place for it."""
    spoken = list(languages)
    rtl = [tag for tag in spoken if Locale.parse(tag, sep="-").text_direction == "rtl"]
    table = {"languages": spoken, "rtl": rtl, "texts": words}
    return script.replace(_PLACE, json.dumps(table, ensure_ascii=False, separators=(",", ":")))
