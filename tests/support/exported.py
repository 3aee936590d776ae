"""Products for exports, what each format can say of them, and the way there and back."""

import io
from collections.abc import Iterable
from dataclasses import replace
from typing import Final

from plantly.domain.catalog import Facet, FacetKind, StockPolicy
from plantly.domain.catalog_document import (
    CatalogHead,
    CategoryDocument,
    MediaDocument,
    PriceDocument,
    ProductDocument,
    StockDocument,
    VariantDocument,
)
from plantly.domain.money import Currency
from plantly.services.exports.documents import ExportContext, media_url
from plantly.services.exports.files import WRITERS
from plantly.services.exports.offers import offer_of
from plantly.services.formats.reading import Problem, ReadContext, ReadProduct, read_products
from plantly.services.formats.supplies import OPEN_LIMIT, SOME, UNTRACKED, counted
from plantly.services.shop_file import read_shop_file
from tests.support.clock import START
from tests.support.shop import SHOP_TOML

PUBLIC_URL: Final = "https://shop.example"
FORMATS: Final = tuple(WRITERS)
FEEDS: Final = ("google-tsv", "google-xml", "openai-csv", "openai-jsonl")
FACETS: Final = (
    Facet("sunlight", "Sunlight", ("Low Light", "Indirect Light", "Full Sun")),
    Facet("bloom", "Blooms in", ()),
    Facet("pet_safe", "Safe for pets", (), FacetKind.BOOL),
    Facet("height", "Height", (), FacetKind.RANGE, "cm"),
)
CATEGORIES: Final = (
    CategoryDocument("plants-ferns", "Plants > Ferns"),
    CategoryDocument("pots", "Pots"),
)


def context(currency: str = "USD") -> ExportContext:
    """Make what exports have to know of a small shop."""
    config = replace(read_shop_file(SHOP_TOML), currency=Currency(currency))
    head = CatalogHead(config.currency, FACETS, CATEGORIES)
    return ExportContext(config, head, PUBLIC_URL, START)


def written(products: Iterable[ProductDocument], format_name: str, currency: str = "USD") -> str:
    """Write products in a format."""
    writer = WRITERS[format_name](context(currency))
    return "".join([writer.start(), *map(writer.product, products), writer.end()])


def read_back(text: str, format_name: str, currency: str = "USD") -> list[ProductDocument]:
    """Read products as an import does; nothing may be wrong with any."""
    known = ReadContext(Currency(currency), FACETS, media_url(PUBLIC_URL))
    items = list(read_products(io.BytesIO(text.encode()), format_name, known))
    assert [item for item in items if isinstance(item, Problem)] == []
    read = [item for item in items if isinstance(item, ReadProduct)]
    assert [note for item in read for note in item.notes] == []
    return [item.product for item in read]


def sayable(product: ProductDocument, format_name: str, currency: str = "USD") -> ProductDocument:
    """Return what a format can say of a product, as its reader gives it."""
    if format_name == "plantly-json":
        variants = tuple(replace(v, gtin=v.gtin or None) for v in product.variants)
        return replace(product, variants=variants)
    marked = format_name == "woocommerce"
    variants = tuple(_variant(v, format_name, currency) for v in product.variants)
    if not marked:
        variants = tuple(sorted(variants, key=lambda variant: not variant.default))
    said = replace(product, variants=variants, facets=_facets(product, format_name))
    said = replace(said, media=_media(product, format_name))
    said = replace(said, leads_with_default=not marked and len(variants) > 1)
    if format_name in FEEDS:
        said = replace(said, care=None, tags=None, collections=None, state=None)
        told = product.description if product.description != product.title else ""
        said = replace(said, description=told or None, brand=product.brand or None)
        if format_name.startswith("openai"):
            return replace(said, undeliverable=None, facets=None)
        return replace(said, undeliverable=said.undeliverable or None)
    return said


def _facets(product: ProductDocument, format_name: str) -> dict[str, tuple[str, ...]] | None:
    facets = {key: values for key, values in (product.facets or {}).items() if values}
    if format_name == "shopify":
        return {facet.key: facets.get(facet.key, ()) for facet in FACETS}
    return facets or None


def _media(product: ProductDocument, format_name: str) -> tuple[MediaDocument, ...] | None:
    alt = format_name == "shopify"
    media = tuple(MediaDocument(m.file, m.alt if alt else "") for m in product.media or ())
    return None if format_name in FEEDS and not media else media


def _variant(variant: VariantDocument, format_name: str, currency: str) -> VariantDocument:
    feed = format_name in FEEDS
    (price,) = (price for price in variant.prices if price.currency == currency)
    return replace(
        variant,
        id=None,
        title=None,
        prices=(_price(price, format_name),),
        stock=_feed_stock(variant.stock) if feed else _table_stock(variant.stock),
        weight_g=variant.weight_g if variant.weight_g or not feed else None,
        gtin=variant.gtin or None,
    )


def _price(price: PriceDocument, format_name: str) -> PriceDocument:
    if format_name == "woocommerce" or not (price.starts_at or price.ends_at):
        return price
    if format_name == "shopify":
        early = price.starts_at is not None and price.starts_at > START
        late = price.ends_at is not None and price.ends_at <= START
        if early or late:
            assert price.compare_at_minor is not None
            return PriceDocument(price.currency, price.compare_at_minor)
        return PriceDocument(price.currency, price.amount_minor, price.compare_at_minor)
    return price


def _table_stock(stock: StockDocument | None) -> StockDocument:
    if stock is None or stock.policy is StockPolicy.UNTRACKED:
        return UNTRACKED
    if stock.policy is StockPolicy.DENY:
        return StockDocument(stock.on_hand)
    return StockDocument(stock.on_hand, StockPolicy.BACKORDER, OPEN_LIMIT)


def _feed_stock(stock: StockDocument | None) -> StockDocument:
    offer = offer_of(stock)
    assert stock is not None
    if stock.policy is StockPolicy.UNTRACKED:
        return SOME
    if offer.availability in {"backorder", "preorder"}:
        return StockDocument(offer.units, stock.policy, OPEN_LIMIT, offer.available_at)
    return counted(offer.units) if offer.units else StockDocument(0)
