"""The least that a database can do for a question: bare SQL, straight to its driver.

The first ids that match the words, or the first of a walk along one index, and nothing about them:
no rank, no total, no row. What a listing costs above that is what it is for.
"""

import sqlite3
from collections.abc import Sequence
from typing import Final

import asyncpg

from plantly.db.search.statements import slices
from plantly.domain.catalog import CatalogQuery, Sort
from plantly.domain.words import words_of
from tests.benchmarks.catalog.datasets import Dataset
from tests.benchmarks.catalog.patience import Stopwatch
from tests.benchmarks.catalog.queries import Question

_ORDERS: Final = {
    Sort.PRICE_ASC: "list_price_minor, id",
    Sort.PRICE_DESC: "list_price_minor DESC, id DESC",
    Sort.NAME: "sort_title, id",
    Sort.NEWEST: "id DESC",
    Sort.BEST_SELLING: "units_sold DESC, id DESC",
}
_FIRST: Final = "LIMIT 21"
_MATCHING: Final = "SELECT product_id FROM product_search WHERE terms @@ CAST($1 AS tsquery)"


def floor_sql(query: CatalogQuery, *, sqlite: bool) -> tuple[str, list[object]]:
    """Return a bare statement and its values."""
    words = words_of(query.search or "")
    if words:
        if sqlite:
            terms = " AND ".join([f'"{word}"' for word in words])
            match: object = f"{{title labels body}} : ({terms} *)"
            sql = "SELECT rowid FROM product_search WHERE product_search MATCH ?"
        else:
            match = " & ".join([*(f"'a{word}'" for word in words[:-1]), f"'a{words[-1]}':*"])
            # Its index is kept in slices, and has to be asked for them.
            sql = " UNION ALL ".join([f"{_MATCHING} AND {slice_}" for slice_, _ in slices()])
        return f"{sql} {_FIRST}", [match]
    where, values = "state = 'active'", list[object]()
    if query.category:
        values = [query.category[0]]
        name = "?" if sqlite else "$1"
        where += f" AND category_id = (SELECT id FROM categories WHERE name = {name})"  # noqa: S608 - words of ours
    order = _ORDERS.get(query.sort, "position, id")
    sql = f"SELECT id FROM products WHERE {where} ORDER BY {order}"  # noqa: S608 - the same
    return f"{sql} {_FIRST}", values


async def floor_ms(
    dataset: Dataset, questions: Sequence[Question], rounds: int
) -> dict[str, list[list[float]]]:
    """Return how long the bare statements took, in milliseconds, by kind and question."""
    plans = [floor_sql(q.query, sqlite=dataset.engine == "sqlite") for q in questions]
    times: list[list[float]] = [[] for _ in plans]
    found: dict[str, list[list[float]]] = {}
    for question, of_question in zip(questions, times, strict=True):
        found.setdefault(question.kind, []).append(of_question)
    # The first round warms the caches of the operating system and of the server.
    if dataset.engine == "sqlite":
        path = dataset.data_dir / "plantly.db"
        connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
        for i in range(rounds + 1):
            for (sql, values), of_question in zip(plans, times, strict=True):
                with Stopwatch() as watch:
                    connection.execute(sql, values).fetchall()
                if i:
                    of_question.append(watch.ms)
        connection.close()
        return found
    server = await asyncpg.connect(dataset.url)
    for i in range(rounds + 1):
        for (sql, values), of_question in zip(plans, times, strict=True):
            with Stopwatch(server.get_server_pid()) as watch:
                await server.fetch(sql, *values)
            if i:
                of_question.append(watch.ms)
    await server.close()
    return found
