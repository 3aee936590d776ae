"""The smaller decisions of exports."""

from dataclasses import replace

import pytest

from plantly.domain.catalog_document import StockDocument
from plantly.domain.errors import InvalidInput
from plantly.services.exports.files import Wanted, format_of, new_writer
from plantly.services.exports.html_source import html_of
from plantly.services.exports.openai_feed import OpenAiItems
from tests.support.exported import FORMATS, context, read_back, written
from tests.support.exported_catalog import plain


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("a.json", "plantly-json"),
        ("a.json.gz", "plantly-json"),
        ("a.ndjson", "openai-jsonl"),
        ("folder.csv/a.tsv", "google-tsv"),
        ("my-woo-shop.csv", "woocommerce"),
        ("a.csv", None),
        ("shopify", None),
        ("-", None),
    ],
)
def test_names_say_the_format_where_they_can(name: str, found: str | None) -> None:
    assert format_of(name) == found


def test_a_format_that_is_not_known_is_refused_with_those_that_are() -> None:
    with pytest.raises(InvalidInput, match="use shopify, woocommerce"):
        new_writer(Wanted("excel", "https://shop.example").format, context())


def test_lines_become_paragraphs_where_html_gives_them_back() -> None:
    assert html_of("one") == "one"
    assert html_of("one\ntwo\n\nthree & <b>") == "<p>one<br>two</p><p>three &amp; &lt;b&gt;</p>"
    assert html_of("two  spaces\nstay") == "two  spaces\nstay"


def test_a_shop_that_sends_nowhere_has_no_country() -> None:
    nowhere = context()
    nowhere = replace(nowhere, config=replace(nowhere.config, zones=()))
    item = next(iter(OpenAiItems(nowhere).items(plain("fern"))))
    assert "store_country" not in item
    assert item["target_countries"] == []


def test_a_product_without_any_price_here_is_in_no_feed() -> None:
    euros = plain("fern", "EUR")
    for name in FORMATS:
        if name not in {"plantly-json", "google-xml"}:
            assert read_back(written([euros], name), name) == []


def test_stock_that_nobody_gave_is_not_counted() -> None:
    fern = plain("fern")
    unknown = replace(fern, variants=tuple(replace(v, stock=None) for v in fern.variants))
    uncounted = replace(
        fern, variants=tuple(replace(v, stock=StockDocument()) for v in fern.variants)
    )
    for name in FORMATS:
        if name != "plantly-json":
            assert written([unknown], name) == written([uncounted], name) != written([fern], name)


def test_formats_without_a_mark_have_the_default_first() -> None:
    fern = plain("fern")
    turned = replace(fern, variants=fern.variants[::-1])
    for name in FORMATS:
        (back,) = read_back(written([turned], name), name)
        first = name not in {"plantly-json", "woocommerce"}
        assert [variant.default for variant in back.variants] == [first, not first]
        (default,) = (variant for variant in back.variants if variant.default)
        assert default.sku == "FERN-S"
