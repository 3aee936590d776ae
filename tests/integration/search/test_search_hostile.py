"""What is typed is data: to FTS5, to a tsquery, to LIKE, to SQL and to a terminal."""

from functools import partial

import pytest

from plantly.db import Database
from plantly.domain.catalog import CatalogQuery, Sort
from plantly.domain.words import words_of
from plantly.services.listing import list_products
from tests.support.shop import catalog, product, stock_shop

pytestmark = pytest.mark.anyio

TYPED = [
    '"',
    '""',
    "'",
    "''",
    "aloe'",
    'aloe"',
    'aloe" OR "jade',
    "aloe OR jade",
    "aloe AND jade",
    "aloe NOT jade",
    "NEAR(aloe jade, 5)",
    "title:aloe",
    "{title} : aloe",
    "-aloe",
    "^aloe",
    "aloe*",
    "aloe + jade",
    "a*",
    "aloe & jade",
    "aloe | jade",
    "!aloe",
    "aloe <-> jade",
    "aloe:*",
    "aloe:A",
    "'aloe':*",
    "\\aloe",
    "aloe\\",
    "%aloe%",
    "_loe",
    "aloe;",
    "aloe'); DROP TABLE products; --",
    "$1",
    ":match",
    ":p_0",
    "?1",
    "aloe\0jade",
    "\0",
    "\u202ealoe",
    "aloe\u200b",
    "\u2066aloe\u2069",
    "\ud7ff\ue000",
    "\u0301",
    "木木木木木木木木木木木木",
    "木aloe槿",
    "\uff41\uff4c\uff4f\uff45",
    "\U0001d4ea\U0001d4f5\U0001d4f8\U0001d4ee",
    "İ",
    "ß" * 300,
    "aloe " * 60,
    "(" * 300,
    "(" * 150 + "aloe" + ")" * 146,
    "{{aloe}}",
    "<b>aloe</b>",
    "product_search MATCH 'x'",
    "rank",
    "e", "t", "l", "f",
    "q" + "0" * 20,
]  # fmt: skip


@pytest.mark.parametrize("typed", TYPED)
async def test_nothing_that_is_typed_is_syntax(db: Database, typed: str) -> None:
    for sort in (Sort.RELEVANCE, Sort.PRICE_ASC):
        browsed = await db.read(partial(list_products, query=CatalogQuery(search=typed, sort=sort)))
        found = {card.slug for card in browsed.listing.cards}
        words = words_of(typed)
        if not words or set(words) - {"aloe"}:
            assert "aloe-vera" not in found
        else:
            assert found == {"aloe-vera"}


async def test_each_title_is_found_by_itself_and_first(empty_db: Database) -> None:
    titles = [typed[:200] for typed in TYPED if words_of(typed) and "\0" not in typed]
    products = [product(f"p{n}", title=title, description="no") for n, title in enumerate(titles)]
    await empty_db.write(partial(stock_shop, source=catalog(*products)))
    for n, title in enumerate(titles):
        query = CatalogQuery(search=title, sort=Sort.RELEVANCE, limit=50)
        browsed = await empty_db.read(partial(list_products, query=query))
        found = [card.slug for card in browsed.listing.cards]
        same = [f"p{i}" for i, other in enumerate(titles) if words_of(other) == words_of(title)]
        assert found[: len(same)] == same, title
        assert f"p{n}" in same
