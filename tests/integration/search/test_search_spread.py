"""How common a range is: told by a few products, and counted where they do not tell."""

from decimal import Decimal
from functools import partial

import pytest

from plantly.db import Database
from plantly.db.search.spread import PRICES, Spread, look_up_spread
from plantly.domain.catalog import CatalogQuery, Sort
from tests.integration.test_listing_filters import NAIVE, SOURCE, ask, slugs
from tests.support.naive_listing import stock_odd_shop

pytestmark = pytest.mark.anyio


def test_a_common_range_is_told_by_some_products() -> None:
    spread = Spread(20, {PRICES: [*range(20)], "height": [5] * 10})
    assert spread.share(PRICES, 0, 9) == 0.5
    assert spread.share(PRICES, 5, None) == 0.75
    assert spread.share(PRICES, None, 9) == 0.5
    assert spread.share("height", 5, 5) == 0.5


def test_a_rare_range_is_not_told() -> None:
    spread = Spread(20, {PRICES: [*range(20)]})
    assert spread.share(PRICES, 1, 2) is None
    assert spread.share("height", 1, 2) is None
    assert Spread().share(PRICES, None, None) is None


def test_what_is_not_told_may_be_common_where_little_is_known() -> None:
    assert Spread().untold == 0.3
    assert Spread(256).untold < 0.05


def test_numbers_of_drafts_make_no_share_above_one() -> None:
    assert Spread(0, {"height": [1] * 9}).share("height", 0, 2) == 1


async def test_prices_and_numbers_are_those_of_the_catalog(empty_db: Database) -> None:
    assert await empty_db.read(lambda uow: look_up_spread(uow.connection)) == Spread(0, {"": []})
    await empty_db.write(partial(stock_odd_shop, source=SOURCE))
    spread = await empty_db.read(lambda uow: look_up_spread(uow.connection))
    assert spread.products > 20
    assert len(spread.values[PRICES]) == spread.products
    assert len(spread.values) > 1
    query = CatalogQuery(
        min_price_minor=spread.values[PRICES][0],
        max_price_minor=spread.values[PRICES][10],
        sort=Sort.PRICE_DESC,
        limit=30,
    )
    assert slugs(await ask(empty_db, query)) == NAIVE.ids(query)
    assert Decimal(1) > spread.untold
