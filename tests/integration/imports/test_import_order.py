"""The order of the shop window is that of the file that was imported last."""

from plantly.db import UnitOfWork
from plantly.domain.catalog import CatalogQuery
from plantly.services.listing import list_products
from tests.support.cli import Shell
from tests.support.merchant_files import shopify_csv, shopify_row
from tests.support.rivals import elsewhere


def sizes(*names: str) -> bytes:
    rows = [
        shopify_row("fern", **{"Option1 Name": "Pot", "Option1 Value": n, "Variant SKU": n})
        for n in names
    ]
    return shopify_csv(*rows)


def default_and_order(uow: UnitOfWork) -> tuple[str, list[str]]:
    variants = uow.catalog.products(["fern"])["fern"].variants
    return next(v.sku for v in variants if v.is_default), [v.sku for v in variants]


def test_a_default_that_leads_its_file_does_not_change_the_order_of_the_sizes(
    shop: Shell, database_url: str
) -> None:
    def imported(*names: str) -> tuple[str, list[str]]:
        (shop.directory / "products.csv").write_bytes(sizes(*names))
        shop.done("catalog", "import", "products.csv")
        return elsewhere(database_url, default_and_order)

    assert imported("S", "M", "L") == ("S", ["S", "M", "L"])
    # As an export writes a product whose middle size is the default.
    elsewhere(database_url, lambda uow: make_default(uow, "M"))
    assert imported("M", "S", "L") == ("M", ["S", "M", "L"])
    assert imported("L", "M", "S") == ("L", ["L", "M", "S"])


def make_default(uow: UnitOfWork, sku: str) -> None:
    variants = uow.catalog.products(["fern"])["fern"].variants
    for variant in variants:
        variant.is_default = False
    uow.session.flush()
    next(v for v in variants if v.sku == sku).is_default = True


def test_a_file_that_was_cut_off_prunes_nothing(shop: Shell, database_url: str) -> None:
    rows = [shopify_row(slug) for slug in ("fern", "ivy", "moss")]
    (shop.directory / "products.csv").write_bytes(shopify_csv(*rows))
    shop.done("catalog", "import", "products.csv")
    (shop.directory / "products.csv").write_bytes(shopify_csv(*rows[:2])[:-20])
    told = shop.json("catalog", "import", "products.csv", "--prune")
    assert "The file ends within this row" in told["problems"][0]["remedy"]
    assert told["products"]["archived"] == 0
    assert elsewhere(database_url, shown)[0] == ["fern", "ivy", "moss"]


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
