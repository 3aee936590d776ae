"""Answer a catalog query: a page of products, how many match, and what each filter would give."""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from operator import itemgetter
from typing import NamedTuple

from sqlalchemy import Connection

from plantly.db.direct import Sql, fetch
from plantly.db.search.bounds import Found, Row
from plantly.db.search.counts import Counts, count, look_up_known
from plantly.db.search.kept import Kept
from plantly.db.search.pages import Pages
from plantly.db.search.question import Known, Question, Shelf
from plantly.db.search.spelling import corrections, known_words
from plantly.db.search.statements import SORTED_BY
from plantly.db.search.supply import supply_from, supply_of_products
from plantly.domain.catalog import (
    CatalogQuery,
    Facet,
    Listing,
    Picture,
    Position,
    ProductCard,
    Sort,
    Supply,
)
from plantly.domain.search import Synonyms

_SHELVES = Sql("SELECT id, slug, name FROM categories ORDER BY position, id")
_SOLD_OUT = Supply(0)
_KEPT_FACETS = 4096
_CARD = 10
"""Columns of a row; what follows is its supply."""


class _Page(NamedTuple):
    """What of a listing only a change of the catalog can change: all but the stock."""

    cards: tuple[ProductCard, ...]
    next_after: Position | None
    counts: Counts


class _Catalog(NamedTuple):
    known: Known
    names: Mapping[int, str]
    """Of categories, by id."""


_pages: Kept[_Page] = Kept(512)
_counts: Kept[Counts] = Kept(512)
_catalogs: Kept["_Catalog"] = Kept(8)


class ListingSearch:
    """Reads listings on one connection."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def find(
        self,
        query: CatalogQuery,
        facets: tuple[Facet, ...],
        edition: object,
        synonyms: Synonyms = (),
    ) -> Listing:
        """Return the page that the query asks for, with counts over all its matches.

        `facets` are the filters to count. `edition` is another one whenever they, the synonyms or
        the catalog change: a page is kept under it, unless it depends on stock or on sales, which
        change without. So are the counts, which the next page and another order do not change.
        """
        changes = query.in_stock is not None or query.sort is Sort.BEST_SELLING
        key = (edition, query.key())
        page = None if changes else _pages.get(key)
        if page is not None:
            return self._with_stock(page, self._supply(page))
        page, supply = self._read(query, edition, self._catalog(facets, edition, synonyms))
        if not changes:
            _pages.put(key, page)
        return self._with_stock(page, self._supply(page) if supply is None else supply)

    def shelves(self, edition: object) -> tuple[Shelf, ...]:
        """Return the categories in their order."""
        return self._catalog((), edition, ()).known.shelves

    def shelf_names(self, edition: object) -> Collection[str]:
        """Return the names and slugs of the categories."""
        return self._catalog((), edition, ()).known.names

    def count(
        self,
        query: CatalogQuery,
        facets: tuple[Facet, ...],
        edition: object,
        synonyms: Synonyms = (),
    ) -> tuple[int, bool]:
        """Return how many products match, and whether there are more than were counted."""
        known = self._catalog(facets, edition, synonyms).known
        question = Question(self._connection, query, known)
        if question.has_no_match:
            return 0, False
        counts = count(question, Pages(self._connection, question), {})
        return counts.total, counts.total_capped

    def known_words(self, words: Sequence[str]) -> frozenset[str]:
        """Return those of some words that the catalog has."""
        return known_words(self._connection, words)

    def corrections(self, word: str) -> list[str]:
        """Return the words of the catalog that differ in one letter, the commonest first."""
        return corrections(self._connection, word)

    def _catalog(self, facets: tuple[Facet, ...], edition: object, synonyms: Synonyms) -> _Catalog:
        # What they are the edition stands for; only whether they were given is to be told.
        key = (edition, tuple([facet.key for facet in facets]), bool(synonyms))
        catalog = _catalogs.get(key)
        if catalog is None:
            rows = fetch(self._connection, _SHELVES, {})
            shelves = [Shelf(*row) for row in rows]
            known = look_up_known(self._connection, shelves, facets, synonyms)
            catalog = _Catalog(known, {shelf.id: shelf.name for shelf in shelves})
            _catalogs.put(key, catalog)
        return catalog

    def _supply(self, page: _Page) -> tuple[Supply, ...]:
        found = supply_of_products(self._connection, [card.product_id for card in page.cards])
        return tuple([found.get(card.product_id, _SOLD_OUT) for card in page.cards])

    @staticmethod
    def _with_stock(page: _Page, supply: tuple[Supply, ...]) -> Listing:
        return Listing(
            cards=page.cards,
            supply=supply,
            total=page.counts.total,
            counts=page.counts.values,
            next_after=page.next_after,
            total_capped=page.counts.total_capped,
            counts_capped=page.counts.values_capped,
        )

    def _read(
        self, query: CatalogQuery, edition: object, catalog: _Catalog
    ) -> tuple[_Page, tuple[Supply, ...] | None]:
        """Return a page, and its supply where that came with it."""
        known, names = catalog
        question = Question(self._connection, query, known)
        if question.finds_nothing:
            return _Page((), None, Counts(0, False, {}, False)), ()
        pages = Pages(self._connection, question)
        found = Found(()) if question.has_no_match else pages.page()
        rows = _sorted(found.rows, question.sort)[: query.limit]
        cards, following = tuple([_card(row, names) for row in rows]), _next(found, rows, question)
        key = (edition, query.conditions())
        counts = _counts.get(key) if query.in_stock is None else None
        if counts is None:
            is_whole = query.after is None and following is None
            counts = count(question, pages, known.values, cards if is_whole else None)
            if query.in_stock is None:
                _counts.put(key, counts)
        if counts.total_capped and counts.total < len(rows):
            counts = replace(counts, total=len(rows))
        supply = None if question.sqlite else tuple([supply_from(row[_CARD:]) for row in rows])
        return _Page(cards, following, counts), supply


def _next(found: Found, rows: Sequence[Row], question: Question) -> Position | None:
    if len(found.rows) <= question.query.limit:
        return found.resume
    key, product_id = rows[-1][:2]
    return Position(None if question.sort is Sort.NEWEST else key, product_id)


def _sorted(rows: Sequence[Row], sort: Sort) -> Sequence[Row]:
    """Put rows in their order, which a plan may have lost on the way from one table to the next."""
    descending = sort in SORTED_BY and SORTED_BY[sort][2]
    return sorted(rows, key=itemgetter(0, 1), reverse=descending)


@lru_cache(_KEPT_FACETS)
def _facets(written: str) -> Mapping[str, tuple[str, ...]]:
    """Read the facets of a product; many products have the same, and the same come often."""
    return {key: tuple(values) for key, values in json.loads(written).items()}


def _card(row: Row, shelves: Mapping[int, str]) -> ProductCard:
    _, product_id, slug, title, category_id, price, price_from, facets, path, alt = row[:_CARD]
    # By place: naming what a card has would cost more than everything else here.
    return ProductCard(
        product_id,
        slug,
        title,
        shelves[category_id],
        price,
        bool(price_from),
        _facets(facets),
        Picture(path, alt or "") if path else None,
    )
