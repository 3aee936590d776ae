"""The leanest program that could answer a search: the statements are there, nothing is decided.

It reads the arguments and their words, has the shop's own statements run for it, makes products,
sentences, counts and a cursor of their rows in a few lines. It plans nothing, offers no help where
nothing was found, and asks for no limit. What it costs above the statements no shop can save that
answers in Python.
"""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

import uvloop

from plantly.db import UnitOfWork, open_database
from plantly.db.repositories.shop import CurrentShop
from plantly.db.search.question import Known
from plantly.domain.catalog import Position, Sort
from plantly.domain.cursors import sign_cursor
from plantly.domain.money_text import format_money
from plantly.domain.search import parse_search
from plantly.mcp_server.arguments import parse
from plantly.mcp_server.facet_arguments import listing_model
from tests.benchmarks.catalog.drivers import Rows

Json = dict[str, Any]
_CARD = 10
"""Columns of a product's row, at least."""
_SAMPLE = 2
"""Columns of the one that says which filters the first matches have."""


class Leanest:
    """Makes answers of rows."""

    def __init__(self, url: str) -> None:
        self._shop, self._known, self._shelves = uvloop.run(_look_up(url))
        self._model = listing_model(self._shop.facets)

    def answer(self, arguments: Json, found: Sequence[Rows], recorded: Json) -> Json:
        """Return what a search finds; what was recorded where it finds nothing."""
        asked = parse(self._model, arguments)
        parse_search(asked.search, self._known.synonyms)
        cards: Rows = ()
        signs: Mapping[str, int] = {}
        for rows in found:
            if rows and len(rows[0]) >= _CARD:
                cards = [*cards, *rows]
            elif rows and len(rows[0]) == _SAMPLE and isinstance(rows[0][0], str):
                signs = signs or Counter(rows[0][0])
        if not cards:
            return recorded
        products, lines = [], []
        for _, _, slug, title, category, price, _, facets, *_ in cards[: asked.limit]:
            shelf = self._shelves[category]
            product = {"id": slug, "name": title, "price_minor": price, "category": shelf}
            products.append(product | _facets(facets))
            lines.append(f"{title} ({slug}) {format_money(price, self._shop.config.currency)}")
        structured = {
            "products": products,
            "currency": self._shop.config.currency,
            "filters": {
                key: {
                    name: count
                    for name, count in zip(values.names, map(signs.get, values.signs), strict=True)
                    if count
                }
                for key, values in self._known.values.items()
            },
            "initialFilters": arguments,
            "total": signs.get(" ", 0) + 1,
        }
        if len(cards) > asked.limit:
            last = Position(*cards[asked.limit - 1][:2])
            structured["next_cursor"] = sign_cursor(last, Sort.RELEVANCE, self._shop.cursor_secret)
        text = "\n".join([f"{len(products)} of {structured['total']} products.", *lines])
        return {**recorded, "content": [{"type": "text", "text": text}]} | {
            "structuredContent": structured
        }


@lru_cache(4096)
def _facets(written: str) -> Json:
    found: Json = json.loads(written)
    return found


async def _look_up(url: str) -> tuple[CurrentShop, Known, Mapping[int, str]]:
    def look(uow: UnitOfWork) -> tuple[CurrentShop, Known, Mapping[int, str]]:
        shop = uow.shop.current()
        known, shelves = uow.listing._catalog(shop.facets, "", shop.config.synonyms)
        return shop, known, shelves

    db = open_database(url)
    try:
        return await db.read(look)
    finally:
        await db.close()
