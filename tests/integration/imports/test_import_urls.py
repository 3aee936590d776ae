"""`plantly catalog import URL`: what is fetched, and how everything hostile ends in a sentence."""

import gzip

import pytest
from sqlalchemy import select

from plantly.db.tables import CatalogImportRow
from tests.support.cli import Shell
from tests.support.engines import sqlite_is_enough
from tests.support.feed_server import FeedServer
from tests.support.merchant_files import own_json, shopify_csv, shopify_row
from tests.support.rivals import elsewhere

# What is fetched has become a file before a database is asked.
pytestmark = sqlite_is_enough

PLANTS = shopify_csv(shopify_row("fern"), shopify_row("ivy"))


def test_a_feed_is_fetched_and_leaves_no_file_behind(
    shop: Shell, feeds: FeedServer, database_url: str
) -> None:
    url = feeds.put("/products.csv", PLANTS) + "?key=very-secret"
    said = shop.json("catalog", "import", url, "--allow-private")
    assert said["products"]["created"] == 2
    assert said["source"] == f"{feeds.url}/products.csv?..."
    assert feeds.asked == ["/products.csv?key=very-secret"]
    assert list((shop.directory / ".plantly" / "imports").iterdir()) == []
    (source,) = elsewhere(
        database_url, lambda uow: list(uow.session.scalars(select(CatalogImportRow.source)))
    )
    assert "secret" not in source


def test_a_server_may_compress_what_it_sends(shop: Shell, feeds: FeedServer) -> None:
    url = feeds.put("/f.json", gzip.compress(own_json("fern")), Content_Encoding="gzip")
    shop.set("PLANTLY_ALLOW_PRIVATE_FETCH", "true")
    assert shop.json("catalog", "import", url)["products"]["created"] == 1


def test_this_machine_is_not_fetched_from_unless_that_is_allowed(
    shop: Shell, feeds: FeedServer
) -> None:
    url = feeds.put("/products.csv", PLANTS)
    said = shop.refused("catalog", "import", url)
    assert "127.0.0.1, which is not on the public internet" in said
    assert "--allow-private" in said
    assert feeds.asked == []


@pytest.mark.parametrize(
    ("there", "told"),
    [
        ("http://169.254.169.254/latest/meta-data/", "not on the public internet"),
        ("http://[fe80::1]/", "not on the public internet"),
        ("file:///etc/passwd", "Only http and https"),
        ("/again", "redirects more than 5 times"),
    ],
)
def test_a_redirect_that_leads_astray_ends_in_a_sentence(
    shop: Shell, feeds: FeedServer, there: str, told: str
) -> None:
    url = feeds.put("/again", status=302, Location=there)
    assert told in shop.refused("catalog", "import", url, "--allow-private")


def test_a_redirect_is_followed(shop: Shell, feeds: FeedServer) -> None:
    feeds.put("/there.csv", PLANTS)
    url = feeds.put("/here", status=301, Location="/there.csv")
    assert shop.json("catalog", "import", url, "--allow-private")["products"]["created"] == 2


def test_what_is_not_there_is_said(shop: Shell, feeds: FeedServer) -> None:
    said = shop.refused("catalog", "import", f"{feeds.url}/nowhere?key=1", "--allow-private")
    assert said.endswith("/nowhere?... answered 404 instead of a file.\n")


def test_a_page_instead_of_a_feed_is_refused(shop: Shell, feeds: FeedServer) -> None:
    url = feeds.put("/login", b"<!doctype html><title>Log in</title>")
    assert "none of the known formats" in shop.refused("catalog", "import", url, "--allow-private")
