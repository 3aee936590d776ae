"""Answer a catalog query: a page of products, how many match, and what each filter would give."""

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Connection

from plantly.db.search.shape import (
    Shape,
    category_counts_statement,
    facet_counts_statement,
    page_statement,
    parameters,
    shape_of,
    total_statement,
)
from plantly.domain.catalog import CatalogQuery, Facet, Listing, Picture, ProductCard, Sort

_KEPT_COUNTS = 512


@dataclass(frozen=True, slots=True)
class _Counts:
    total: int
    by_filter: Mapping[str, Mapping[str, int]]


class _CountsCache:
    """Counts by catalog version and question.

    Stock does not change the version, so no question about stock is kept.
    """

    def __init__(self) -> None:
        self._kept: OrderedDict[object, _Counts] = OrderedDict()

    def get(self, key: object) -> _Counts | None:
        found = self._kept.get(key)
        if found is not None:
            self._kept.move_to_end(key)
        return found

    def put(self, key: object, counts: _Counts) -> None:
        self._kept[key] = counts
        if len(self._kept) > _KEPT_COUNTS:
            self._kept.popitem(last=False)


_cache = _CountsCache()


class ListingSearch:
    """Reads listings on one connection."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def find(self, query: CatalogQuery, facets: tuple[Facet, ...], version: str) -> Listing:
        """Return the page that the query asks for, with counts over all its matches.

        `facets` are the filters to count, `version` is the catalog's version token.
        """
        shape, values = shape_of(query), parameters(query)
        rows = self._connection.execute(page_statement(shape), values).all()
        page = rows[: query.limit]
        counts = self._counts(query, facets, version)
        more = len(rows) > query.limit
        return Listing(
            cards=tuple(_card(row) for row in page),
            total=counts.total,
            counts=counts.by_filter,
            next_after=(page[-1].sort_value, page[-1].id) if more else None,
        )

    def _counts(self, query: CatalogQuery, facets: tuple[Facet, ...], version: str) -> _Counts:
        question = replace(query, sort=Sort.FEATURED, limit=0, after=None, facets={})
        chosen = tuple(query.facets.items())
        key = (version, question_key(question), chosen)
        if query.in_stock is not None:
            return self._count(query, facets)
        counts = _cache.get(key)
        if counts is None:
            counts = self._count(query, facets)
            _cache.put(key, counts)
        return counts

    def _count(self, query: CatalogQuery, facets: tuple[Facet, ...]) -> _Counts:
        plain = replace(query, sort=Sort.FEATURED, after=None)
        shape, values = shape_of(plain), parameters(plain)
        total = self._connection.execute(total_statement(shape), values).scalar_one()
        categories = self._connection.execute(category_counts_statement(shape), values).all()
        found = self._facet_counts(shape, values)
        by_category = {row[0]: row[1] for row in categories}
        by_filter: dict[str, Mapping[str, int]] = {"category": by_category}
        for facet in facets:
            by_filter[facet.key] = {
                value: found[facet.key, value]
                for value in facet.values
                if (facet.key, value) in found
            }
        return _Counts(total, by_filter)

    def _facet_counts(
        self, shape: Shape, values: Mapping[str, object]
    ) -> dict[tuple[str, str], int]:
        chosen = [key for key, _ in shape.facets]
        rows = list(self._connection.execute(facet_counts_statement(shape, None), values))
        found = {(key, value): n for key, value, n in rows if key not in chosen}
        for key in chosen:
            for _, value, n in self._connection.execute(facet_counts_statement(shape, key), values):
                found[key, value] = n
        return found


def question_key(query: CatalogQuery) -> tuple[object, ...]:
    """Return what of a query decides which products match, apart from its facets."""
    return (query.search, query.category, query.min_price_minor, query.max_price_minor)


def _card(row: Sequence[Any]) -> ProductCard:
    product_id, slug, title, category, price, varies, available, facets, path, alt, _ = row
    return ProductCard(
        product_id=product_id,
        slug=slug,
        title=title,
        category=category,
        price_minor=price,
        price_from=varies,
        available_quantity=available,
        facets=facets,
        picture=Picture(path, alt or "") if path else None,
    )
