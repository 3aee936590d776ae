"""What is known about a question before it is asked: how common its words and filters are.

Everything here is a look-up or counts a few thousand rows of an index at most.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from sqlalchemy import Connection

from plantly.db.direct import Sql, fetch
from plantly.db.search.terms import (
    ANYWHERE,
    EXACT,
    FILTER,
    LABELS,
    TITLE,
    AllOf,
    AnyOf,
    But,
    Condition,
    Term,
)
from plantly.domain.words import filter_token

MAX_BEGINNINGS = 64
"""Words that the beginning of a word stands for: the commonest."""
_LOOKED_AT = 2000
"""Words of the vocabulary that are looked at to find them, in the order of the alphabet."""
EVERY_PRODUCT = filter_token("", "")

_WORDS = """
SELECT 'word', word, titles, labels, products FROM search_words WHERE word IN ({words})
UNION ALL
SELECT 'filter', token, 0, 0, products FROM catalog_counts WHERE token IN ({tokens})
UNION ALL
SELECT 'begins', word, titles, labels, products FROM (
    SELECT word, titles, labels, products FROM (
        SELECT word, titles, labels, products FROM search_words
        WHERE word > :prefix AND word < :after_prefix ORDER BY word LIMIT :looked_at) AS near
    WHERE products > 0 ORDER BY products DESC, word LIMIT :kept) AS beginnings
"""
_SQLITE = Sql(
    _WORDS.format(
        words="SELECT value FROM json_each(:words)", tokens="SELECT value FROM json_each(:tokens)"
    )
)
_POSTGRES = Sql(
    _WORDS.format(
        words="SELECT unnest(CAST(:words AS text[]))",
        tokens="SELECT unnest(CAST(:tokens AS text[]))",
    )
)
_COUNTS = "SELECT token, products FROM catalog_counts WHERE token IN ({})"
_SQLITE_COUNTS = Sql(_COUNTS.format("SELECT value FROM json_each(:tokens)"))
_POSTGRES_COUNTS = Sql(_COUNTS.format("SELECT unnest(CAST(:tokens AS text[]))"))
_LAST_SIGN = "\U0010ffff"


@dataclass(frozen=True, slots=True)
class Statistics:
    """How many products have each word and each filter, out of how many."""

    counts: Mapping[tuple[str, str], int] = field(default_factory=dict)
    beginnings: tuple[str, ...] = ()
    """Words of the catalog that begin with the last one of the search."""

    @property
    def products(self) -> int:
        """Return the number of published products."""
        return self.counts.get((FILTER, EVERY_PRODUCT), 0)

    def share(self, condition: Condition) -> float:
        """Estimate the share of all products that meet a condition, as if words were unrelated."""
        match condition:
            case Term(place, word):
                known = 1 if place == EXACT else self.counts.get((place, word), 0)
                return known / max(1, self.products)
            case AllOf(parts):
                share = 1.0
                for part in parts:
                    share *= self.share(part)
                return share
            case AnyOf(parts):
                return min(1.0, sum(self.share(part) for part in parts))
            case But(wanted, excluded):
                return max(0.0, self.share(wanted) - self.share(excluded))

    def most(self, condition: Condition) -> int:
        """Return a number of products that meet a condition at most."""
        match condition:
            case Term(place, word):
                return self.products if place == EXACT else self.counts.get((place, word), 0)
            case AllOf(parts):
                return min(self.most(part) for part in parts)
            case AnyOf(parts):
                return min(self.products, sum(self.most(part) for part in parts))
            case But(wanted, _):
                return self.most(wanted)


def look_up(
    connection: Connection, words: Collection[str], prefix: str, tokens: Collection[str]
) -> Statistics:
    """Return the statistics of words and filters, and what begins with a prefix."""
    sqlite = connection.dialect.name == "sqlite"
    values = {
        "words": sorted(words),
        "tokens": [EVERY_PRODUCT, *tokens],
        # No word lies between two equal bounds.
        "prefix": prefix,
        "after_prefix": prefix and prefix + _LAST_SIGN,
        "looked_at": _LOOKED_AT,
        "kept": MAX_BEGINNINGS,
    }
    counts: dict[tuple[str, str], int] = {}
    beginnings: list[str] = []
    for kind, word, titles, labels, products in fetch(
        connection, _SQLITE if sqlite else _POSTGRES, values
    ):
        if kind == "filter":
            counts[FILTER, word] = products
            continue
        counts[TITLE, word] = titles
        counts[LABELS, word] = labels
        counts[ANYWHERE, word] = products
        if kind == "begins":
            beginnings.append(word)
    return Statistics(counts, tuple(beginnings))


def counts_of(connection: Connection, tokens: Sequence[str]) -> dict[str, int]:
    """Return the number of products of each filter."""
    sqlite = connection.dialect.name == "sqlite"
    statement = _SQLITE_COUNTS if sqlite else _POSTGRES_COUNTS
    rows = fetch(connection, statement, {"tokens": list(tokens)})
    return {row[0]: row[1] for row in rows}
