"""Text as a search compares it: no case, no accents, no plural.

Both databases index these words and nothing else, so that they find the same products.
"""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256

MAX_WORDS = 8
"""Words of a search that are looked at; what follows cannot make the answer any better."""
MAX_WORD = 40
MAX_BODY_WORDS = 2000
"""Different words of a description that can be found."""

_WORD = re.compile(r"[^\W_]+")
# The same for plain text, three times as fast.
_TO_SPACES = {i: " " for i in range(128) if not chr(i).isalnum()}
# Written without spaces: every sign of these scripts is a word of its own.
_SIGN = re.compile(r"[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]")
_SHORT = 3


def fold(text: str) -> str:
    """Reduce text to what a search compares: no accents, no case, single spaces."""
    if text.isascii():
        return " ".join(text.lower().split())
    # Most words have no accents even where some have, and taking a word apart is slow.
    parts = (part.lower() if part.isascii() else _bare(part) for part in text.split())
    return " ".join(part for part in parts if part)


def _bare(part: str) -> str:
    decomposed = unicodedata.normalize("NFKD", part)
    plain = "".join(c for c in decomposed if not unicodedata.combining(c))
    return " ".join(plain.casefold().split())


@lru_cache(1 << 15)
def singular(word: str) -> str:
    """Take the plural ending off a folded word, by rules that never look at a dictionary."""
    if len(word) <= _SHORT or not word.endswith("s") or word.endswith(("ss", "us", "is")):
        return word
    if word.endswith("ies"):
        return word[:-3] + "y"
    if word.endswith(("sses", "shes", "ches", "xes", "zes")):
        return word[:-2]
    return word[:-1]


def folded_words(text: str) -> list[str]:
    """Return the folded words of a text in their order, each at most `MAX_WORD` long."""
    if text.isascii():
        words = text.lower().translate(_TO_SPACES).split()
        return [word if len(word) <= MAX_WORD else word[:MAX_WORD] for word in words]
    words = _WORD.findall(fold(text))
    found: list[str] = []
    for word in words:
        if _SIGN.search(word):
            found += [part[:MAX_WORD] for part in re.split(f"({_SIGN.pattern})", word) if part]
        else:
            found.append(word[:MAX_WORD])
    return found


def words_of(text: str) -> list[str]:
    """Return the words of a text as the index keeps them."""
    # Asked first, because it is most words that have no plural ending to look for.
    return [singular(word) if word[-1] == "s" else word for word in folded_words(text)]


@dataclass(frozen=True, slots=True)
class SearchEntry:
    """What can be found of one product: words of each kind, each word once and in one kind only.

    `exact` is one word that stands for the whole title.
    """

    exact: str
    title: tuple[str, ...]
    labels: tuple[str, ...]
    """Of brand, category, collections, tags, facets, variants and SKUs."""
    body: tuple[str, ...]
    """Of the description and of how to care for it."""
    filters: tuple[tuple[str, str], ...] = ()
    """What it can be filtered by: `("category", slug)`, and each value of each facet but ranges."""


def search_entry(
    title: str,
    labels: Iterable[str],
    body: Iterable[str],
    filters: Iterable[tuple[str, str]] = (),
) -> SearchEntry:
    """Return what the index keeps of a product."""
    words = words_of(title)
    in_title = dict.fromkeys(words)
    # No word goes on in the next line, and one long text costs less than many short ones.
    in_labels = dict.fromkeys(words_of("\n".join(labels)))
    in_body = dict.fromkeys(words_of("\n".join(body)))
    return SearchEntry(
        exact=exact_word(words),
        title=tuple(in_title),
        labels=tuple([w for w in in_labels if w not in in_title]),
        body=tuple([w for w in in_body if w not in in_title and w not in in_labels])[
            :MAX_BODY_WORDS
        ],
        filters=tuple(dict.fromkeys(filters)),
    )


def exact_word(words: Iterable[str]) -> str:
    """Return the one word that stands for a whole title."""
    return "q" + sha256(" ".join(words).encode()).hexdigest()[:20]


@lru_cache(4096)
def filter_token(key: str, value: str) -> str:
    """Return the one word that stands for a value of a filter; "" and "" for every product."""
    return "f" + sha256(f"{key}\0{value}".encode()).hexdigest()[:20]
