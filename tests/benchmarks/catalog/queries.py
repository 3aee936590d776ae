"""The published set: 200 questions as shoppers and assistants ask them, the same ones always.

They are made from the words and products of the generator, so that most of them find something in a
catalog of any size. A target is the p95 in milliseconds at a million products; at 100,000 it is a
third of that. The slowest of all kinds may take `SLOWEST_MS` (p99).
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from random import Random
from typing import Final

from plantly.domain.catalog import CatalogQuery, Sort
from plantly.domain.catalog_document import ProductDocument
from tests.benchmarks.catalog.generate import COLORS, MATERIALS, SEASONS, categories, products
from tests.benchmarks.catalog.vocabulary import SMALL_WORDS, vocabulary

TARGETS_MS: Final[Mapping[str, float | None]] = {
    "two words": None,
    "three words": None,
    "two or three words": 15,
    "common word": 20,
    "rare word": 15,
    "small words": None,
    "prefix": 15,
    "misspelt": None,
    "category": 3,
    "category and price": 3,
    "facets": None,
    "ranges": None,
    "words and filters": 15,
    "deep page": None,
    "sorts": None,
}
"""None: nothing is promised but `SLOWEST_MS`."""
TOGETHER: Final[Mapping[str, str]] = dict.fromkeys(
    ("two words", "three words"), "two or three words"
)
"""Kinds that a target is promised for together."""
SLOWEST_MS: Final = 50
FACETS_MS: Final = 10
"""What counting the facets may add, over all questions."""

_PAGE: Final = 20
_SOURCES: Final = 74
"""Products whose words are asked for; every catalog has them."""


@dataclass(frozen=True)
class Question:
    """A query, and on how many pages before it the cursor has been."""

    kind: str
    query: CatalogQuery
    pages_before: int = 0


@cache
def questions() -> tuple[Question, ...]:
    """Return the 200, kind by kind."""
    made = tuple(
        question
        for make in (_words, _single_words, _browsing, _filters, _orders)
        for question in make(Random(200))  # noqa: S311 - made-up questions
    )
    if len(made) != 200 or {q.kind for q in made} != set(TARGETS_MS) - set(TOGETHER.values()):
        msg = f"the published set has 200 questions of every kind, not {len(made)}"
        raise AssertionError(msg)
    return made


def _ask(kind: str, search: str | None = None, pages_before: int = 0, **more: object) -> Question:
    sort = more.pop("sort", Sort.RELEVANCE if search else Sort.FEATURED)
    query = CatalogQuery(search=search, sort=sort, limit=_PAGE, **more)  # type: ignore[arg-type]
    return Question(kind, query, pages_before)


@cache
def _sources() -> tuple[ProductDocument, ...]:
    return tuple(products(_SOURCES))


def _title_words(product: ProductDocument, random: Random, count: int) -> str:
    return " ".join(random.sample(product.title.lower().split(), count))


def _words(random: Random) -> Iterator[Question]:
    for i, product in enumerate(_sources()[:34]):
        # From the title alone, from the title and a label, or any two that shops use a lot.
        if i % 4 == 0:
            second = product.category.name.split(" > ")[0].lower() if product.category else ""
            yield _ask("two words", f"{_title_words(product, random, 1)} {second}")
        elif i % 4 == 1:
            yield _ask("two words", " ".join(random.sample(vocabulary().words[30:200], 2)))
        else:
            yield _ask("two words", _title_words(product, random, 2))
    for i, product in enumerate(_sources()[34:60]):
        if i % 3 == 0:
            yield _ask("three words", " ".join(random.sample(vocabulary().words[30:120], 3)))
        elif i % 3 == 1:
            color = product.facets.get("color", ("Black",))[0] if product.facets else "Black"
            yield _ask("three words", f"{color} {_title_words(product, random, 2)}")
        else:
            yield _ask("three words", _title_words(product, random, 3))


def _single_words(random: Random) -> Iterator[Question]:
    words = vocabulary().words
    # In 2.6 products of a hundred, give or take a fifth.
    for word in random.sample(words[215:265], 20):
        yield _ask("common word", word)
    for word in random.sample(words[20_000:], 10):
        yield _ask("rare word", word)
    for small in (*SMALL_WORDS[:3], "cotton", "with a"):
        yield _ask("small words", small)
    for i, word in enumerate(random.sample(words[30:5_000], 12)):
        start = word[: 2 + i % 4]
        before = random.choice(words[30:300])
        yield _ask("prefix", f"{before} {start}" if i % 3 == 0 else start)
    for word in random.sample([word for word in words[30:9_000] if len(word) > 6], 8):
        at = random.randint(2, len(word) - 2)
        # Two letters changed places, or one is missing.
        wrong = word[:at] + word[at + 1] + word[at] + word[at + 2 :]
        yield _ask("misspelt", wrong if wrong != word else word[:at] + word[at + 1 :])


def _shelf(random: Random) -> tuple[str, ...]:
    # Big shelves more often, as they are visited.
    return (categories()[int(random.random() ** 2 * len(categories()))].name,)


def _browsing(random: Random) -> Iterator[Question]:
    for i in range(10):
        yield _ask("category", category=_shelf(random) + (_shelf(random) if i == 9 else ()))
    for i in range(20):
        least = random.randint(5, 60) * 100
        yield _ask(
            "category and price",
            category=_shelf(random),
            min_price_minor=least if i % 3 else None,
            max_price_minor=least + random.randint(5, 60) * 100,
            sort=(Sort.FEATURED, Sort.PRICE_ASC, Sort.PRICE_DESC, Sort.FEATURED)[i % 4],
        )


def _filters(random: Random) -> Iterator[Question]:
    for i in range(13):
        chosen: dict[str, tuple[str, ...]] = {"color": tuple(random.sample(COLORS, 1 + i % 2))}
        if i % 2:
            chosen["material"] = (random.choice(MATERIALS),)
        if i % 5 == 0:
            chosen |= {"season": (random.choice(SEASONS),), "handmade": ("true",)}
        yield _ask("facets", facets=chosen, in_stock=True if i % 4 == 3 else None)
    for i in range(8):
        least = random.randint(1, 150)
        most = Decimal(least + random.randint(1, 50))
        category = _shelf(random) if i % 2 else ()
        yield _ask("ranges", ranges={"width": (Decimal(least), most)}, category=category)
    for i, product in enumerate(_sources()[60:74]):
        shelf = (product.category.name,) if product.category and i % 3 == 0 else ()
        yield _ask(
            "words and filters",
            _title_words(product, random, 1 + i % 2),
            category=shelf,
            facets={"color": (random.choice(COLORS),)} if i % 3 == 1 else {},
            max_price_minor=random.randint(20, 90) * 100 if i % 3 == 2 or i % 5 == 0 else None,
            in_stock=True if i % 4 == 0 else None,
        )


def _orders(random: Random) -> Iterator[Question]:
    common = vocabulary().words[240]
    for sort in (Sort.FEATURED, Sort.PRICE_ASC, Sort.NAME, Sort.NEWEST):
        yield _ask("deep page", sort=sort, pages_before=45)
    yield _ask("deep page", common, pages_before=20)
    yield _ask("deep page", category=_shelf(random), sort=Sort.PRICE_DESC, pages_before=30)
    for sort in Sort:
        if sort is not Sort.RELEVANCE:
            yield _ask("sorts", sort=sort)
            yield _ask("sorts", "cotton lamp", sort=sort)
    yield _ask("sorts", common, sort=Sort.PRICE_ASC)
    yield _ask("sorts", common, sort=Sort.BEST_SELLING)
