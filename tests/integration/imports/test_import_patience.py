"""How long an import lets the database think, and how much it lets wait for the index."""

from functools import partial

import pytest
from sqlalchemy import text

from plantly.db import Database, UnitOfWork
from plantly.domain.money import currency
from plantly.services.formats.reading import ReadContext
from plantly.services.imports import Batch, Run, RunOptions, begin, take_batch
from tests.support.shop import stock_shop

pytestmark = pytest.mark.anyio


def patience(uow: UnitOfWork, *, imports: bool) -> str | None:
    if imports:
        uow.imports.wait_longer()
    if uow.session.get_bind().dialect.name == "sqlite":
        return None
    told: str | None = uow.session.scalar(text("SHOW statement_timeout"))
    return told


async def test_its_statements_may_take_minutes_and_those_of_others_seconds(
    selling: Database,
) -> None:
    theirs = await selling.write(partial(patience, imports=True))
    ours = await selling.write(partial(patience, imports=False))
    assert (theirs, ours) in [("2min", "10s"), (None, None)]


def waiting(uow: UnitOfWork, *, name: str) -> str | None:
    draft = Run(0, name, RunOptions("shopify"), ReadContext(currency("USD")))
    run, _ = begin(uow, (name, name), draft)
    take_batch(uow, run, Batch([]))
    if uow.session.get_bind().dialect.name == "sqlite":
        return None
    told: str | None = uow.session.scalar(text("SHOW gin_pending_list_limit"))
    return told


async def test_only_the_first_import_lets_more_wait_for_the_index_of_postgresql(
    selling: Database,
) -> None:
    first = await selling.write(partial(waiting, name="first"))
    await selling.write(stock_shop)
    later = await selling.write(partial(waiting, name="later"))
    assert (first, later) in [("8MB", "512kB"), (None, None)]
