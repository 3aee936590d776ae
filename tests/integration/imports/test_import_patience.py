"""How long an import lets the database think."""

from functools import partial

import pytest
from sqlalchemy import text

from plantly.db import Database, UnitOfWork

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
