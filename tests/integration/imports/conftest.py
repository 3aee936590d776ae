"""A shop without products, its command line, and a server for feeds."""

from collections.abc import Iterator

import pytest

from plantly.db import Database
from plantly.services.shop_file import apply_shop, read_shop_file
from tests.support.cli import Shell
from tests.support.feed_server import FeedServer, serving
from tests.support.shop import SHOP_TOML


@pytest.fixture
def bare_shop(shell: Shell, database_url: str) -> Shell:
    """Give the command line of a database with tables only."""
    shell.set("PLANTLY_DATABASE_URL", database_url)
    return shell


@pytest.fixture
def shop(bare_shop: Shell) -> Shell:
    """Give the command line of a shop that sells in dollars and has no product yet."""
    (bare_shop.directory / "shop.toml").write_text(SHOP_TOML, encoding="utf-8")
    bare_shop.done("shop", "apply", "shop.toml")
    return bare_shop


@pytest.fixture
async def selling(empty_db: Database) -> Database:
    """Give the database of a shop that sells in dollars and has no product yet."""
    await empty_db.write(lambda uow: apply_shop(uow, read_shop_file(SHOP_TOML)))
    return empty_db


@pytest.fixture
def feeds() -> Iterator[FeedServer]:
    with serving() as server:
        yield server
