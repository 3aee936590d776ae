"""The order of the shop window is that of the file that was imported last."""

from plantly.db import UnitOfWork
from plantly.domain.catalog import CatalogQuery
from plantly.services.listing import list_products
from tests.support.cli import Shell
from tests.support.merchant_files import shopify_csv, shopify_row
from tests.support.rivals import elsewhere


def shown(uow: UnitOfWork) -> tuple[list[str], str]:
    page = list_products(uow, CatalogQuery())
    return [card.slug for card in page.listing.cards], page.edition[1]


def test_a_file_that_only_changes_the_order_is_shown_at_once(
    shop: Shell, database_url: str
) -> None:
    for slugs in (("fern", "ivy", "moss"), ("moss", "fern", "ivy")):
        rows = [shopify_row(slug) for slug in slugs]
        (shop.directory / "products.csv").write_bytes(shopify_csv(*rows))
        before = elsewhere(database_url, shown)
        shop.done("catalog", "import", "products.csv")
        after = elsewhere(database_url, shown)
        assert after[0] == list(slugs)
        assert after[1] != before[1]
