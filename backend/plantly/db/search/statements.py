"""Statements of a listing, written once for each shape of question and run with bound values.

A statement finds pairs of `k`, what the listing is sorted by, and `id`. It starts from a source of
candidates that is in order or small, and tests each candidate by scalar subqueries: neither planner
can turn those into a plan over whole tables.
"""

# ruff: noqa: S608 - statements are put together from parts that stand in this file.

from collections.abc import Iterator, Sequence
from functools import lru_cache

from plantly.db.direct import Sql
from plantly.db.search.shapes import Source, Tests, TierShape
from plantly.db.search.supply import SUPPLY_COLUMNS, SUPPLY_OF_P
from plantly.domain.catalog import Sort

SLICES = (2**14, 2**17, 2**19)
"""The ids at which the slices of PostgreSQL's index begin, but for the first. See migration 0013.

Such an index gives all matches or none, so what is read in the order of ids, and only until there
are enough, is read slice by slice. Where the first products are long gone, the last slice has all.
"""
KEPT = 1024
"""Statements of each kind that are kept; shoppers ask few shapes of question."""

SORTED_BY: dict[Sort, tuple[str, str, bool]] = {
    Sort.FEATURED: ("position", "listing", False),
    Sort.PRICE_ASC: ("list_price_minor", "price", False),
    Sort.PRICE_DESC: ("list_price_minor", "price", True),
    Sort.NAME: ("sort_title", "title", False),
    Sort.BEST_SELLING: ("units_sold", "sold", True),
    Sort.NEWEST: ("id", "", True),
}
"""Column, index and whether the greatest comes first. Ids break ties in the same direction."""

BY_CATEGORY = {
    Sort.FEATURED: "category_listing",
    Sort.PRICE_ASC: "category_price",
    Sort.PRICE_DESC: "category_price",
}
"""Indexes that start with the category."""

_STOCK = (
    "(SELECT 1 FROM variants AS v JOIN stock AS s ON s.variant_id = v.id"
    " WHERE v.product_id = m.id AND v.state = 'active'"
    " AND (s.on_hand > s.reserved OR s.policy = 'untracked') LIMIT 1)"
)
_CARD = (
    "p.id, p.slug, p.title, p.category_id, p.list_price_minor, p.price_from,"
    " CAST(p.facet_values AS text), p.picture_path, p.picture_alt"
)


@lru_cache(KEPT)
def walked(source: Source, tests: Tests) -> Sql:
    """Return a page of candidates that come in the order of the sort."""
    found = (
        f"SELECT k, id FROM ({_source(source)}) AS m{_where(_tests(source, tests))} LIMIT :limit"
    )
    return _cards(found, sqlite=source.sqlite)


@lru_cache(KEPT)
def collected(source: Source, tests: Tests, sort: Sort, *, paged: bool) -> Sql:
    """Return a page of all candidates: they are sorted, then tested until the page is full."""
    column, _, descending = SORTED_BY[sort]
    conditions = ["p.id = c.id"]
    if paged:
        after = _after(f"p.{column}", "p.id", descending=descending, alone=column == "id")
        conditions.append(after)
    where, way = " AND ".join(conditions), " DESC" if descending else ""
    join = "CROSS JOIN products AS p" if source.sqlite else "JOIN products AS p ON true"
    # A limit keeps the order from being taken apart.
    price = _price(priced=tests.has_price, of="p.")
    in_order = (
        f"SELECT p.{column} AS k, p.id AS id{price} FROM ({_source(source)}) AS c {join}"
        f" WHERE {where} ORDER BY 1{way}, 2{way} LIMIT :window"
    )
    passes = _where(_tests(source._replace(priced=tests.has_price), tests))
    found = f"SELECT k, id FROM ({in_order}) AS m{passes} LIMIT :limit"
    return _cards(found, sqlite=source.sqlite)


@lru_cache(KEPT)
def ranked(source: Source, tests: Tests, looks: tuple[str, ...], *, paged: bool) -> Sql:
    """Return a page of all candidates, sorted by tier; what is in none is left out."""
    tier = _cases(looks, otherwise="NULL")
    if source.kind == "match":
        # What was found by the words is in the last tier at least.
        tier = _cases(looks[:-1])
    if source.sqlite or source.kind != "match":
        tier = _looked(source.sqlite, tier)
    after = " AND (k > :after_key OR (k = :after_key AND id > :after_id))" if paged else ""
    # PostgreSQL would look for the tier once more for each condition on it.
    fence = "" if source.sqlite else " OFFSET 0"
    rows = f"({_source(source)}) AS m{_where(_tests(source, tests))}"
    tiers = f"SELECT {tier} AS k, m.id AS id FROM {rows}"
    return _cards(
        f"SELECT k, id FROM ({tiers}{fence}) AS t WHERE k IS NOT NULL{after}"
        " ORDER BY k, id LIMIT :limit",
        sqlite=source.sqlite,
    )


@lru_cache(KEPT)
def tiered(tiers: tuple[TierShape, ...], tests: Tests, *, sqlite: bool, apart: bool) -> Sql:
    """Return a page of the tiers of relevance, one after the other, each in the order of ids.

    `apart`: no product is in two of them. Otherwise each is left out where it was found before:
    that is quicker than to ask the index for what is not in a tier.
    """
    conditions = _tests(Source("match", sqlite), tests)
    parts = []
    for shape in tiers:
        tier, order = str(shape.tier), ""
        if shape.looks:
            tier, order = _looked(sqlite, _cases(shape.looks)), " ORDER BY k, id"
        inner = _tier(shape, sqlite=sqlite)
        rows = f"({inner}) AS m{_where(conditions)}{order} LIMIT :limit"
        part = f"SELECT {tier} AS k, m.id AS id FROM {rows}"
        parts.append(f"tier_{shape.tier} AS MATERIALIZED ({part})")
        if not apart:
            conditions = [f"m.id NOT IN (SELECT id FROM tier_{shape.tier})", *conditions]
    every = " UNION ALL ".join([f"SELECT k, id FROM tier_{shape.tier}" for shape in tiers])
    return _cards(f"WITH {', '.join(parts)} {every} LIMIT :limit", sqlite=sqlite)


@lru_cache(KEPT)
def sampled(source: Source, tests: Tests) -> Sql:
    """Return the signs of the first matches' filters as one text, and how many were candidates.

    Drafts have no signs, and count as candidates.
    """
    rows, join = _source(source), "group_concat" if source.sqlite else "string_agg"
    # PostgreSQL has the signs in the row of its index as well, but no price.
    there = source.kind == "scan" or (source.kind == "match" and not source.sqlite)
    conditions = [f"({tests.marks})"] if tests.marks else []
    tests = tests._replace(marks="", published=False)
    if not there:
        conditions += _prices(tests, "list_price_minor")
        tests = tests._replace(min_price=False, max_price=False)
    conditions += _tests(source, tests)
    passing = f" FILTER (WHERE {' AND '.join(conditions)})" if conditions else ""
    signs = f"SELECT {join}(filters, ' '){passing}"
    if there:
        return Sql(f"{signs}, count(*) FROM ({rows}) AS m")
    if source.sqlite:
        return Sql(
            f"{signs}, count(*) FROM ({rows}) AS m"
            " LEFT JOIN product_filters AS g ON g.product_id = m.id"
        )
    # Fetched by a list of ids, rows cost half of what they do one by one.
    return Sql(
        f"WITH candidates AS MATERIALIZED (SELECT id FROM ({rows}) AS c)"
        f" {signs}, (SELECT count(*) FROM candidates)"
        " FROM (SELECT product_id AS id, filters, list_price_minor FROM product_filters"
        " WHERE product_id = ANY (ARRAY(SELECT id FROM candidates))) AS m"
    )


@lru_cache(KEPT)
def together(statements: tuple[Sql, ...]) -> Sql:
    """Join statements that give one row each; `:name` of the second one becomes `:name_of_1`."""
    parts = [
        f"SELECT * FROM ({statement.with_names(f'_of_{i}')}) AS t{i}"
        for i, statement in enumerate(statements)
    ]
    return Sql(" UNION ALL ".join(parts))


@lru_cache(KEPT)
def counted(source: Source) -> Sql:
    """Return how many candidates a source has, up to a number.

    It may count a product twice that has two values in a range: finding out costs more than the
    difference.
    """
    return Sql(f"SELECT count(*) FROM ({_source(source, distinct=False)}) AS m")


@lru_cache(KEPT)
def last_of(source: Source) -> Sql:
    """Return the last candidate that fits into the window, if the window is full."""
    if source.kind == "scan":
        rows = _scanned(source)
        return Sql(f"SELECT product_id, product_id FROM ({rows}) AS s LIMIT 1 OFFSET :scanned - 1")
    sorts = source.kind == "walk" or (source.sqlite and source.kind == "match")
    column = "m.k" if sorts else "m.id"
    rows = _source(source, distinct=False)
    return Sql(f"SELECT {column}, m.id FROM ({rows}) AS m LIMIT 1 OFFSET :window - 1")


def _cards(found: str, *, sqlite: bool) -> Sql:
    supply = ("", "") if sqlite else (f", {SUPPLY_COLUMNS}", SUPPLY_OF_P)
    return Sql(
        f"WITH found AS MATERIALIZED ({found})"
        f" SELECT f.k, {_CARD}{supply[0]} FROM found AS f JOIN products AS p ON p.id = f.id"
        f"{supply[1]}"
    )


def _source(source: Source, *, distinct: bool = True) -> str:
    if source.kind == "match":
        return _match(source)
    if source.kind == "scan":
        return _scan(source)
    if source.kind == "range":
        least, greatest = source.bounds
        low = " AND number >= :source_low" if least else ""
        high = " AND number <= :source_high" if greatest else ""
        hint = " INDEXED BY ix_product_facets_number" if source.sqlite else ""
        rows = (
            f"SELECT product_id AS id FROM product_facets{hint} WHERE facet_key ="
            f" :source_key AND number IS NOT NULL{low}{high} LIMIT :window"
        )
        # Asked for different ones at once, PostgreSQL would read them all before the first.
        return f"SELECT DISTINCT id FROM ({rows}) AS r" if distinct else rows
    column, index, descending = SORTED_BY[source.sort]
    if source.category:
        index = BY_CATEGORY[source.sort]
    conditions = ["state = 'active'"]
    conditions += ["category_id = :category_id"] if source.category else []
    conditions += _prices(source, "list_price_minor")
    if source.paged:
        conditions.append(_after(column, "id", descending=descending, alone=column == "id"))
    hint = f" INDEXED BY ix_products_{index}" if source.sqlite and index else ""
    way = " DESC" if descending else ""
    order = f"id{way}" if column == "id" else f"{column}{way}, id{way}"
    return (
        f"SELECT {column} AS k, id{_price(priced=source.priced)} FROM products{hint}"
        f" WHERE {' AND '.join(conditions)} ORDER BY {order} LIMIT :window"
    )


def _prices(bounds: Source | Tests, price: str) -> list[str]:
    """Return the conditions that a price lies in the bounds, where there are such."""
    least = [f"{price} >= :min_price"] if bounds.min_price else []
    return [*least, f"{price} <= :max_price"] if bounds.max_price else least


def _price(*, priced: bool, of: str = "") -> str:
    return f", {of}list_price_minor AS price" if priced else ""


def _match(source: Source) -> str:
    if not source.sqlite:
        rows = _sliced("product_id AS id, filters, terms", "match", paged=False)
        return f"SELECT * FROM ({' UNION ALL '.join(rows)}) AS slices LIMIT :window"
    way, sign = (" DESC", "<") if source.sort is Sort.NEWEST else ("", ">")
    after = f" AND rowid {sign} :after_id" if source.paged else ""
    return (
        f"SELECT rowid AS k, rowid AS id FROM product_search WHERE product_search MATCH :match"
        f"{after} ORDER BY rowid{way} LIMIT :window"
    )


def _sliced(columns: str, match: str, *, paged: bool) -> list[str]:
    """Return what selects from each slice of PostgreSQL's index, in no order.

    `paged`: what ends before the page begins is not read.
    """
    found = []
    for bounds, end in slices():
        before = f" AND :after_id < {end - 1}" if end and paged else ""
        where = f"{look_at(match)} AND {bounds}{before}"
        found.append(f"SELECT {columns} FROM product_search WHERE {where}")
    return found


def slices() -> Iterator[tuple[str, int | None]]:
    """Give the bounds of each slice in the words of its index, and the id at which it ends."""
    for first, end in zip((None, *SLICES), (*SLICES, None), strict=True):
        bounds = [f"product_id >= {first}"] if first else []
        bounds += [f"product_id < {end}"] if end else []
        yield " AND ".join(bounds), end


def _scan(source: Source) -> str:
    columns = "product_id AS k, product_id AS id, filters"
    where = [source.marks] if source.marks else [look_at("match")]
    where += _prices(source, "list_price_minor")
    rows = _scanned(source)
    return f"SELECT {columns} FROM ({rows}) AS s WHERE {' AND '.join(where)} LIMIT :window"


def _scanned(source: Source) -> str:
    after = " WHERE product_id > :after_id" if source.paged else ""
    rows = "product_id, filters, list_price_minor FROM product_filters"
    rows = rows if source.marks else "product_id, terms, filters FROM product_search"
    return f"SELECT {rows}{after} ORDER BY product_id LIMIT :scanned"


def look_at(name: str) -> str:
    """Return the expression over the `tsvector` for a condition that is bound as text."""
    return f"terms @@ CAST(:{name} AS tsquery)"


def _cases(looks: tuple[str, ...], otherwise: str = "") -> str:
    """Return the number of the first look that passes; what comes after them is the next one."""
    cases = " ".join([f"WHEN {look} THEN {tier}" for tier, look in enumerate(looks)])
    return f"CASE {cases} ELSE {otherwise or len(looks)} END"


def _tier(shape: TierShape, *, sqlite: bool) -> str:
    """Return the ids of a tier, in their order but for those that are bound."""
    match = f"match_{shape.tier}"
    if shape.looks:
        return "SELECT value AS id FROM json_each(:ids)"
    if sqlite:
        after = " AND rowid > :after_id" if shape.paged else ""
        where = f"product_search MATCH :{match}{after}"
        return f"SELECT rowid AS id FROM product_search WHERE {where} ORDER BY rowid LIMIT :window"
    if shape.walks:
        where = " WHERE product_id > :after_id" if shape.paged else ""
        rows = f"product_id, terms FROM product_search{where} ORDER BY product_id LIMIT :walked"
        return f"SELECT product_id AS id FROM (SELECT {rows}) AS s WHERE {look_at(match)}"
    rows_of = _sliced("product_id AS id", match, paged=shape.paged)
    # Behind a fence: by the id alone PostgreSQL would walk through all that comes after.
    after = " WHERE id > :after_id" if shape.paged else ""
    # Sorted first, no more are tested than fill the page.
    in_order = [
        f"(SELECT id FROM ({rows} OFFSET 0) AS c{i}{after} ORDER BY id OFFSET 0)"
        for i, rows in enumerate(rows_of)
    ]
    return " UNION ALL ".join(in_order)


def _where(conditions: Sequence[str]) -> str:
    return f" WHERE {' AND '.join(conditions)}" if conditions else ""


def _tests(source: Source, tests: Tests) -> list[str]:
    conditions = []
    if source.priced and tests.has_price:
        # Of a bare comparison PostgreSQL expects so few rows that it would sort all to find them.
        conditions.append(f"CASE WHEN {' AND '.join(_prices(tests, 'm.price'))} THEN TRUE END")
        tests = tests._replace(min_price=False, max_price=False)
    if tests.marks or tests.has_price or tests.published:
        listed = [f"({tests.marks})"] if tests.marks else []
        # Drafts have no row there.
        listed = [*listed, *_prices(tests, "g.list_price_minor")] or ["TRUE"]
        passes = " AND ".join(listed)
        conditions.append(f"(SELECT {passes} FROM product_filters AS g WHERE g.product_id = m.id)")
    if tests.look:
        conditions.append(_looked(source.sqlite, tests.look))
    for i, (least, greatest) in enumerate(tests.ranges):
        low = f" AND f.number >= :low_{i}" if least else ""
        high = f" AND f.number <= :high_{i}" if greatest else ""
        conditions.append(
            "(SELECT count(*) FROM product_facets AS f WHERE f.product_id = m.id"
            f" AND f.facet_key = :range_{i} AND f.number IS NOT NULL{low}{high}) > 0"
        )
    if tests.in_stock is not None:
        conditions.append(f"{_STOCK} IS {'NOT ' if tests.in_stock else ''}NULL")
    return conditions


def _looked(sqlite: bool, expression: str) -> str:  # noqa: FBT001 - as `Source.sqlite`
    if sqlite:
        return f"(SELECT {expression} FROM product_search_content AS c WHERE c.id = m.id)"
    return f"(SELECT {expression} FROM product_search AS s WHERE s.product_id = m.id)"


def _after(column: str, row_id: str, *, descending: bool, alone: bool) -> str:
    """Return the condition for what comes after a position."""
    sign = "<" if descending else ">"
    if alone:
        return f"{row_id} {sign} :after_id"
    return f"({column}, {row_id}) {sign} (:after_key, :after_id)"
