"""Find the words of the catalog that a misspelt word may have been meant as.

Two words are near when they are one letter apart: one too many, one missing, another one, or two
that changed places. Such words have a fragment without one letter in common.
"""

from collections.abc import Sequence

from sqlalchemy import Connection

from plantly.db.direct import Sql, fetch
from plantly.db.search.entries import without_a_letter

_KNOWN = "SELECT word FROM search_words WHERE products > 0 AND word IN ({words})"
_NEAR = """
SELECT word FROM search_words WHERE products > 0 AND word <> :word AND word IN (
    SELECT word FROM search_fragments WHERE fragment IN ({words})
    UNION SELECT word FROM search_words WHERE word IN ({words}))
ORDER BY products DESC, word LIMIT :most
"""
_LIST = ("SELECT value FROM json_each(:words)", "SELECT unnest(CAST(:words AS text[]))")
_SQLITE_KNOWN, _POSTGRES_KNOWN = (Sql(_KNOWN.format(words=words)) for words in _LIST)
_SQLITE_NEAR, _POSTGRES_NEAR = (Sql(_NEAR.format(words=words)) for words in _LIST)
_MOST = 20
_SHORTEST, _LONGEST = 3, 21


def known_words(connection: Connection, words: Sequence[str]) -> frozenset[str]:
    """Return those of some words that the catalog has."""
    sqlite = connection.dialect.name == "sqlite"
    statement = _SQLITE_KNOWN if sqlite else _POSTGRES_KNOWN
    return frozenset(row[0] for row in fetch(connection, statement, {"words": list(words)}))


def corrections(connection: Connection, word: str) -> list[str]:
    """Return the words of the catalog that are one letter apart, the commonest first."""
    if not _SHORTEST <= len(word) <= _LONGEST:
        return []
    sqlite = connection.dialect.name == "sqlite"
    values = {"words": [word, *sorted(without_a_letter(word))], "word": word, "most": _MOST}
    rows = fetch(connection, _SQLITE_NEAR if sqlite else _POSTGRES_NEAR, values)
    return [row[0] for row in rows if one_apart(word, row[0])]


def one_apart(left: str, right: str) -> bool:
    """Say whether one letter, or two that changed places, is all that differs."""
    if len(left) > len(right):
        left, right = right, left
    if len(right) - len(left) > 1:
        return False
    at = next((i for i, letter in enumerate(left) if letter != right[i]), len(left))
    if len(left) < len(right):
        return left[at:] == right[at + 1 :]
    swapped = left[:at] + left[at : at + 2][::-1] + left[at + 2 :]
    return left[at + 1 :] == right[at + 1 :] or swapped == right
