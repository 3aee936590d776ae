"""Statements of a listing, built once for each shape of query and run with bound values.

Building a statement costs more than running it, and shoppers ask few shapes of question.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Select,
    and_,
    bindparam,
    exists,
    func,
    literal_column,
    or_,
    select,
    text,
)
from sqlalchemy.orm import InstrumentedAttribute, aliased

from plantly.db.tables import CategoryRow, ProductFacetRow, ProductRow, StockRow, VariantRow
from plantly.domain.catalog import CatalogQuery, PublishState, Sort
from plantly.domain.words import MAX_WORDS, words_of

_SHAPES = 512
_ACTIVE: Any = literal_column(f"'{PublishState.ACTIVE}'")
"""Written into the statement, so that all its bind parameters are values of the question."""

_ORDER: dict[Sort, tuple[InstrumentedAttribute[Any], bool]] = {
    Sort.FEATURED: (ProductRow.position, False),
    Sort.PRICE_ASC: (ProductRow.list_price_minor, False),
    Sort.PRICE_DESC: (ProductRow.list_price_minor, True),
    Sort.NEWEST: (ProductRow.id, True),
    Sort.NAME: (ProductRow.sort_title, False),
    Sort.RELEVANCE: (ProductRow.position, False),
    Sort.BEST_SELLING: (ProductRow.units_sold, True),
}


_IN_SQLITE = "products.id IN (SELECT rowid FROM product_search WHERE product_search MATCH :match)"
_IN_POSTGRES = (
    "products.id IN (SELECT product_id FROM product_search WHERE terms @@ CAST(:terms AS tsquery))"
)


@dataclass(frozen=True, slots=True)
class Shape:
    """What kind of question a query is, without its values."""

    words: bool
    sqlite: bool
    categories: int
    facets: tuple[tuple[str, int], ...]
    min_price: bool
    max_price: bool
    in_stock: bool | None
    sort: Sort
    paged: bool


def shape_of(query: CatalogQuery, *, sqlite: bool) -> Shape:
    """Return the shape of a query."""
    return Shape(
        words=bool(_words(query)),
        sqlite=sqlite,
        categories=len(query.category),
        facets=tuple((key, len(values)) for key, values in query.facets.items()),
        min_price=query.min_price_minor is not None,
        max_price=query.max_price_minor is not None,
        in_stock=query.in_stock,
        sort=query.sort,
        paged=query.after is not None,
    )


def parameters(query: CatalogQuery) -> dict[str, Any]:
    """Return the values that the statement of the query's shape binds."""
    values: dict[str, Any] = {"limit": query.limit + 1}
    words = _words(query)
    if words:
        last = f'{{title labels body}} : "{words[-1]}" *'
        terms = [f'{{title labels body}} : "{word}"' for word in words[:-1]]
        values["match"] = " AND ".join([*terms, last])
        values["terms"] = " & ".join([*(f"'a{w}'" for w in words[:-1]), f"'a{words[-1]}':*"])
    for i, category in enumerate(query.category):
        values[f"category_{i}"] = category
    for f, chosen in enumerate(query.facets.values()):
        for i, value in enumerate(chosen):
            values[f"facet_{f}_{i}"] = value
    if query.min_price_minor is not None:
        values["min_price"] = query.min_price_minor
    if query.max_price_minor is not None:
        values["max_price"] = query.max_price_minor
    if query.after is not None:
        values["after_id"] = query.after.product_id
    return values


@lru_cache(_SHAPES)
def page_statement(shape: Shape) -> Select[Any]:
    """Return the statement of one page: a row a product, and one row more than asked for."""
    column, descending = _ORDER[shape.sort]
    order = (
        (column.desc(), ProductRow.id.desc()) if descending else (column.asc(), ProductRow.id.asc())
    )
    statement = (
        select(
            ProductRow.id,
            ProductRow.slug,
            ProductRow.title,
            CategoryRow.name,
            ProductRow.list_price_minor,
            ProductRow.price_from,
            ProductRow.facet_values,
            ProductRow.picture_path,
            ProductRow.picture_alt,
        )
        .join(CategoryRow, CategoryRow.id == ProductRow.category_id)
        .where(*_conditions(shape))
        .order_by(*order)
        .limit(bindparam("limit", type_=ProductRow.id.type))
    )
    return statement.where(_after(column, descending=descending)) if shape.paged else statement


@lru_cache
def available_statement(products: int) -> Select[int, int]:
    """Return the statement that adds up the sellable units of so many products."""
    ids = [bindparam(f"id_{i}", type_=ProductRow.id.type) for i in range(products)]
    return (
        select(VariantRow.product_id, func.sum(StockRow.on_hand - StockRow.reserved))
        .join(StockRow, StockRow.variant_id == VariantRow.id)
        .where(VariantRow.product_id.in_(ids), VariantRow.state == _ACTIVE)
        .group_by(VariantRow.product_id)
    )


@lru_cache(_SHAPES)
def total_statement(shape: Shape) -> Select[int]:
    """Return the statement that counts every match."""
    return (
        select(func.count())
        .select_from(ProductRow)
        .join(CategoryRow, CategoryRow.id == ProductRow.category_id)
        .where(*_conditions(shape))
    )


@lru_cache(_SHAPES)
def category_counts_statement(shape: Shape) -> Select[str, int]:
    """Return the statement that counts matches by category, in the order of the shelves."""
    return (
        select(CategoryRow.name, func.count())
        .select_from(ProductRow)
        .join(CategoryRow, CategoryRow.id == ProductRow.category_id)
        .where(*_conditions(shape, without="category"))
        .group_by(CategoryRow.name, CategoryRow.position)
        .order_by(CategoryRow.position)
    )


@lru_cache(_SHAPES)
def facet_counts_statement(shape: Shape, only: str | None) -> Select[str, str, int]:
    """Return the statement that counts matches by facet value.

    With `only`, for that facet alone and as if nothing were chosen in it: what choosing another
    value of it would give.
    """
    statement = (
        select(ProductFacetRow.facet_key, ProductFacetRow.value, func.count())
        .select_from(ProductRow)
        .join(CategoryRow, CategoryRow.id == ProductRow.category_id)
        .join(ProductFacetRow, ProductFacetRow.product_id == ProductRow.id)
        .where(*_conditions(shape, without=only))
        .group_by(ProductFacetRow.facet_key, ProductFacetRow.value)
    )
    return statement.where(ProductFacetRow.facet_key == only) if only else statement


def _conditions(shape: Shape, without: str | None = None) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = [ProductRow.state == PublishState.ACTIVE]
    if shape.words:
        inside = _IN_SQLITE if shape.sqlite else _IN_POSTGRES
        conditions.append(and_(text(inside)))
    if shape.categories and without != "category":
        names: list[Any] = [bindparam(f"category_{i}") for i in range(shape.categories)]
        conditions.append(or_(CategoryRow.name.in_(names), CategoryRow.slug.in_(names)))
    for f, (key, count) in enumerate(shape.facets):
        if key != without:
            conditions.append(_has_facet(key, [bindparam(f"facet_{f}_{i}") for i in range(count)]))
    if shape.min_price:
        conditions.append(ProductRow.list_price_minor >= bindparam("min_price"))
    if shape.max_price:
        conditions.append(ProductRow.list_price_minor <= bindparam("max_price"))
    if shape.in_stock is not None:
        sellable = exists().where(
            VariantRow.product_id == ProductRow.id,
            VariantRow.state == PublishState.ACTIVE,
            StockRow.variant_id == VariantRow.id,
            StockRow.on_hand > StockRow.reserved,
        )
        conditions.append(sellable if shape.in_stock else ~sellable)
    return conditions


def _has_facet(key: str, values: list[Any]) -> ColumnElement[bool]:
    # An alias, because counting by facet has the same table outside already.
    chosen = aliased(ProductFacetRow)
    return (
        exists()
        .where(
            chosen.product_id == ProductRow.id,
            chosen.facet_key == key,
            chosen.value.in_(values),
        )
        .correlate(ProductRow)
    )


def _after(column: InstrumentedAttribute[Any], *, descending: bool) -> ColumnElement[bool]:
    """Return the condition for what comes after a product, wherever that one stands now."""
    row_id = bindparam("after_id", type_=ProductRow.id.type)
    last = aliased(ProductRow)
    value = select(getattr(last, column.key)).where(last.id == row_id).scalar_subquery()
    if descending:
        return or_(column < value, and_(column == value, ProductRow.id < row_id))
    return or_(column > value, and_(column == value, ProductRow.id > row_id))


def _words(query: CatalogQuery) -> list[str]:
    return words_of(query.search or "")[:MAX_WORDS]
