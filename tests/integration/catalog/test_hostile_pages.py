"""Pages, feeds and exports of a catalog of payloads: text, and nothing that is more than that."""

import gzip
import io
import json
import re
from collections import Counter
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import quote

import pytest

from plantly.app import create_app
from plantly.db import Database, UnitOfWork
from plantly.domain.catalog_document import ProductDocument
from plantly.services.exports.documents import documents
from plantly.services.exports.files import WRITERS, Wanted, write_export
from plantly.services.formats.reading import Problem, ReadContext, ReadProduct, read_products
from plantly.services.imports import known_to_readers
from plantly.settings import load_settings
from tests.integration.test_web_pages import serving
from tests.support.clock import MovableClock
from tests.support.hostile_catalog import (
    CONTROL,
    MEDIA_URL,
    Said,
    import_bytes,
    own_json,
    put_in_force,
)


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """Give a shop on SQLite: what this is about knows no engine."""
    return sqlite_url


pytestmark = pytest.mark.anyio

PUBLIC_URL = "http://127.0.0.1:8000"
FEEDS = ("openai.jsonl.gz", "openai.csv", "google.xml")


class Look(HTMLParser):
    """Reads a page as a browser's parser does: its elements, attributes and texts."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.elements: Counter[tuple[str, tuple[str, ...]]] = Counter()
        self.addresses: set[str] = set()
        self.texts: dict[str, list[str]] = {}
        self._open: list[str] = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = tuple(name for name, _ in attrs)
        self.elements[tag, names] += 1
        self.addresses |= {
            # A variant is bought by an id that its own words are in.
            re.sub(r"^/cart/[a-z0-9-]+:1$", "/cart/variant:1", address or "")
            for name, address in attrs
            if name in {"href", "src", "action", "srcset"}
        }
        self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        while self._open and self._open.pop() != tag:
            pass

    def handle_data(self, data: str) -> None:
        # A name that is set apart from its surroundings is still the text of its element.
        around = [tag for tag in self._open if tag != "bdi"]
        if around:
            self.texts.setdefault(around[-1], []).append(data)

    def text(self, tag: str) -> str:
        """Give the text of an element that is there once."""
        return "".join(self.texts[tag])


async def fill(db: Database, folder: Path) -> list[Said]:
    """Import the payloads; give what was taken."""
    file = own_json()
    await import_bytes(db, file.content, file.format, folder)
    await db.write(put_in_force)
    there = {product.slug for product in await db.read(everything)}
    return [said for said in file.expected if said.slug in there]


def everything(uow: UnitOfWork) -> list[ProductDocument]:
    return list(documents(uow, everything=True))


async def test_pages_show_payloads_as_text_and_hold_no_element_of_theirs(
    quiet_db: Database, database_url: str, tmp_path: Path, clock: MovableClock
) -> None:
    taken = await fill(quiet_db, tmp_path)
    environment = {"PLANTLY_DATABASE_URL": database_url, "PLANTLY_DATA_DIR": str(tmp_path)}
    async with serving(create_app(load_settings(environment), clock=clock)) as client:
        expected = Look((await client.get(f"/p/{taken[0].slug}")).text)
        for said in taken:
            page = await client.get(f"/p/{said.slug}")
            assert page.status_code == 200
            look = Look(page.text)
            # Facts and notes come and go with what a product has; nothing else does.
            assert set(look.elements) <= set(expected.elements), said.name
            assert look.elements["script", ("type",)] == 1
            assert look.text("h1") == said.name
            assert look.text("title").startswith(said.name)
            (data,) = look.texts["script"]
            node, crumbs, *_ = json.loads(data)["@graph"]
            assert (node["name"], node["sku"]) == (said.name, said.sku)
            assert (
                node["offers"]["price"] == f"{said.price_minor // 100}.{said.price_minor % 100:02}"
            )
            assert crumbs["itemListElement"][1]["name"] == said.name
            own = {address.replace(said.slug, taken[0].slug) for address in look.addresses}
            assert own == expected.addresses
            by_sku = await client.get(f"/p/{quote(said.sku, safe='')}")
            assert by_sku.status_code in {301, 404}
            if by_sku.status_code == 301:
                assert by_sku.headers["location"].startswith(f"/p/{said.slug}#")
        quiet = Look((await client.get(f"/p/{CONTROL}")).text)
        assert quiet.text("h1") == "Quiet Cactus"


async def test_feeds_of_payloads_are_whole(
    quiet_db: Database, database_url: str, tmp_path: Path, clock: MovableClock
) -> None:
    taken = await fill(quiet_db, tmp_path)
    known = await quiet_db.read(context)
    environment = {"PLANTLY_DATABASE_URL": database_url, "PLANTLY_DATA_DIR": str(tmp_path)}
    async with serving(create_app(load_settings(environment), clock=clock)) as client:
        for name in FEEDS:
            answer = await client.get(f"/feeds/{name}")
            content = gzip.decompress(answer.content) if name.endswith(".gz") else answer.content
            form = {"xml": "google-xml", "csv": "openai-csv"}.get(
                name.split(".")[-1], "openai-jsonl"
            )
            products = read(content, form, known)
            assert len(products) == len(taken) + 1
            for said in taken:
                found = products[said.slug]
                assert found.title == said.name
                assert found.variants[0].prices[0].amount_minor == said.price_minor


def context(uow: UnitOfWork) -> ReadContext:
    return known_to_readers(uow, MEDIA_URL, None)


def read(content: bytes, form: str, known: ReadContext) -> dict[str, ProductDocument]:
    """Read a file of which nothing may be wrong."""
    items = list(read_products(io.BytesIO(content), form, known))
    wrong = [item for item in items if isinstance(item, Problem)]
    assert wrong == []
    return {item.product.slug: item.product for item in items if isinstance(item, ReadProduct)}


@pytest.mark.parametrize("form", WRITERS)
async def test_importing_an_export_of_payloads_changes_nothing(
    quiet_db: Database, tmp_path: Path, form: str
) -> None:
    await fill(quiet_db, tmp_path)
    before = await quiet_db.read(everything)

    def export(uow: UnitOfWork) -> bytes:
        out = io.BytesIO()
        write_export(uow, Wanted(form, PUBLIC_URL), out, lambda _done, _total: None)
        return out.getvalue()

    content = await quiet_db.read(export)
    report = await import_bytes(quiet_db, content, form, tmp_path, stock="set")
    assert report.skipped == 0, report.problems[:5]
    assert report.counts.created == 0
    after = {product.slug: product for product in await quiet_db.read(everything)}
    assert len(after) == len(before)
    for product in before:
        again = after[product.slug]
        assert names(again) == names(product)
        assert worth(again) == worth(product)


def names(product: ProductDocument) -> list[object]:
    """Give the texts that every format can say."""
    (variant,) = product.variants
    shelf = product.category and product.category.name
    texts = [product.title, product.description, product.brand, shelf, variant.sku]
    return [*texts, product.options, variant.options, product.facets, product.tags]


def worth(product: ProductDocument) -> list[object]:
    (variant,) = product.variants
    return [variant.prices, variant.stock, variant.id]
