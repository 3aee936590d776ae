"""Whoever turns pages while the merchant works sees every product that stays, and sees it once."""

from collections import Counter
from functools import partial
from itertools import cycle

import pytest

from plantly.db import Database, UnitOfWork
from plantly.domain.catalog import CatalogQuery, PublishState, Sort
from plantly.domain.catalog_document import ProductDocument
from plantly.services.listing import list_products
from plantly.services.shop_file import apply_shop, read_shop_file
from tests.support.catalog_documents import HEAD, item, piece, write
from tests.support.shop import SHOP_TOML

pytestmark = pytest.mark.anyio

STAYING, MOVING, GOING = 30, 10, 10
PAGE = 4


def fern(name: str, minor: int, **changes: object) -> ProductDocument:
    """Make a product that a search for ferns finds, better or worse."""
    titles = cycle(["Fern", "Fern of {}", "{} plant", "A {} fern"])
    title = next(t for i, t in enumerate(titles) if i == minor % 7).format(name)
    values = {"title": title, "description": "No flower, a fern.", **changes}
    return item(name, piece(f"{name}-sku", minor), **values)


def fill(uow: UnitOfWork) -> None:
    uow.catalog_writer.write_head(HEAD)
    apply_shop(uow, read_shop_file(SHOP_TOML))
    kinds = {"staying": STAYING, "moving": MOVING, "going": GOING}
    names = [f"{kind}-{i}" for i in range(STAYING) for kind, n in kinds.items() if i < n]
    # Prices of which several are the same: what is sorted by must not decide alone.
    write(uow, *(fern(name, 500 + n * 37 % 11 * 100) for n, name in enumerate(names)))
    rows = uow.catalog.products(names)
    uow.stock.count_sold({row.id: n * 5 % 4 for n, row in enumerate(rows.values())})


def work(uow: UnitOfWork, turn: int) -> None:
    """Add products, and reprice and archive others, as a merchant does between two pages."""
    write(uow, *(fern(f"new-{turn}-{i}", 450 + i * 400 + turn) for i in range(3)))
    cheap, dear = f"moving-{turn % MOVING}", f"moving-{(turn + 5) % MOVING}"
    write(uow, fern(cheap, 100 + turn), fern(dear, 9000 + turn))
    if turn < GOING:
        write(uow, fern(f"going-{turn}", 700, state=PublishState.ARCHIVED))
    uow.shop.catalog_changed(uow.ids.token("c_"))


@pytest.mark.parametrize("sort", Sort)
@pytest.mark.parametrize("search", [None, "fern"])
async def test_pages_show_what_stays_once_whatever_comes_goes_and_moves(
    empty_db: Database, sort: Sort, search: str | None
) -> None:
    await empty_db.write(fill)
    query = CatalogQuery(search=search, sort=sort, limit=PAGE, max_price_minor=5000)
    seen: Counter[str] = Counter()
    cursor: str | None = ""
    turn = 0
    while cursor is not None:
        ask = partial(list_products, query=query, cursor=cursor)
        page = await empty_db.read(ask)
        seen.update(card.slug for card in page.listing.cards)
        cursor = page.next_cursor
        await empty_db.write(partial(work, turn=turn))
        turn += 1
        assert turn < 100
    staying = {slug: times for slug, times in seen.items() if slug.startswith("staying")}
    assert staying == {f"staying-{i}": 1 for i in range(STAYING)}
    twice = {slug for slug, times in seen.items() if times > 1}
    # Only what moved on in the order that is followed can come along again.
    moves = {Sort.PRICE_ASC, Sort.PRICE_DESC, Sort.NAME, Sort.RELEVANCE}
    assert all(slug.startswith("moving") for slug in twice)
    assert sort in moves or not twice
