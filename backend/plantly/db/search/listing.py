"""Answer a catalog query: a page of products, how many match, and what each filter would give."""

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Connection

from plantly.db.direct import fetch_all
from plantly.db.search.shape import (
    Shape,
    available_statement,
    category_counts_statement,
    facet_counts_statement,
    page_statement,
    parameters,
    shape_of,
    total_statement,
)
from plantly.domain.catalog import (
    CatalogQuery,
    Facet,
    Listing,
    Picture,
    Position,
    ProductCard,
    Supply,
)

_KEPT_PAGES = 512


@dataclass(frozen=True, slots=True)
class _Page:
    """What of a listing only a change of the catalog can change: all but the stock."""

    cards: tuple[ProductCard, ...]
    total: int
    counts: Mapping[str, Mapping[str, int]]
    next_after: Position | None
    parameters: Mapping[str, int]


class _KeptPages:
    """Pages by catalog version and question, as many as are asked for often."""

    def __init__(self) -> None:
        self._pages: OrderedDict[object, _Page] = OrderedDict()

    def get(self, key: object) -> _Page | None:
        page = self._pages.get(key)
        if page is not None:
            self._pages.move_to_end(key)
        return page

    def put(self, key: object, page: _Page) -> None:
        self._pages[key] = page
        if len(self._pages) > _KEPT_PAGES:
            self._pages.popitem(last=False)


_kept = _KeptPages()


class ListingSearch:
    """Reads listings on one connection."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._sqlite = connection.dialect.name == "sqlite"

    def find(self, query: CatalogQuery, facets: tuple[Facet, ...], edition: object) -> Listing:
        """Return the page that the query asks for, with counts over all its matches.

        `facets` are the filters to count. `edition` is another one whenever they or the catalog
        change: a page is kept under it, unless its question is about stock, which changes without.
        """
        if query.in_stock is not None:
            return self._with_stock(self._read(query, facets))
        key = (edition, query.key())
        page = _kept.get(key)
        if page is None:
            page = self._read(query, facets)
            _kept.put(key, page)
        return self._with_stock(page)

    def _with_stock(self, page: _Page) -> Listing:
        found: dict[int, int] = {}
        if page.cards:
            statement = available_statement(len(page.cards))
            rows = fetch_all(self._connection, statement, page.parameters)
            found = {row[0]: row[1] for row in rows}
        return Listing(
            cards=page.cards,
            supply=tuple(Supply(max(0, found.get(card.product_id, 0))) for card in page.cards),
            total=page.total,
            counts=page.counts,
            next_after=page.next_after,
        )

    def _read(self, query: CatalogQuery, facets: tuple[Facet, ...]) -> _Page:
        shape, values = shape_of(query, sqlite=self._sqlite), parameters(query)
        rows = self._connection.execute(page_statement(shape), values).all()
        cards = tuple(_card(row) for row in rows[: query.limit])
        more = len(rows) > query.limit
        plain = replace(query, after=None)
        total, counts = self._count(shape_of(plain, sqlite=self._sqlite), parameters(plain), facets)
        return _Page(
            cards=cards,
            total=total,
            counts=counts,
            next_after=Position(None, cards[-1].product_id) if more else None,
            parameters={f"id_{i}": card.product_id for i, card in enumerate(cards)},
        )

    def _count(
        self, shape: Shape, values: Mapping[str, object], facets: tuple[Facet, ...]
    ) -> tuple[int, Mapping[str, Mapping[str, int]]]:
        total = self._connection.execute(total_statement(shape), values).scalar_one()
        categories = self._connection.execute(category_counts_statement(shape), values).all()
        found = self._facet_counts(shape, values)
        counts: dict[str, Mapping[str, int]] = {"category": {row[0]: row[1] for row in categories}}
        for facet in facets:
            counts[facet.key] = {
                value: found[facet.key, value]
                for value in facet.values
                if (facet.key, value) in found
            }
        return total, counts

    def _facet_counts(
        self, shape: Shape, values: Mapping[str, object]
    ) -> dict[tuple[str, str], int]:
        chosen = [key for key, _ in shape.facets]
        rows = self._connection.execute(facet_counts_statement(shape, None), values).all()
        found = {(key, value): n for key, value, n in rows if key not in chosen}
        for key in chosen:
            rows = self._connection.execute(facet_counts_statement(shape, key), values).all()
            found.update({(key, value): n for _, value, n in rows})
        return found


def _card(row: Sequence[Any]) -> ProductCard:
    product_id, slug, title, category, price, price_from, facets, path, alt = row
    return ProductCard(
        product_id=product_id,
        slug=slug,
        title=title,
        category=category,
        price_minor=price,
        price_from=price_from,
        facets=facets,
        picture=Picture(path, alt or "") if path else None,
    )
