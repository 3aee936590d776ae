"""What a product must be, so that a database can hold it: said of the document alone."""

from collections.abc import Iterable, Iterator
from datetime import datetime

from plantly.domain.catalog import UNTRACKED_LIMIT, StockPolicy
from plantly.domain.catalog_document import (
    MAX_DESCRIPTION,
    MAX_MEDIA,
    MAX_OPTIONS,
    MAX_TAGS,
    MAX_TITLE,
    MAX_VARIANTS,
    PriceDocument,
    ProductDocument,
    StockDocument,
    VariantDocument,
)
from plantly.domain.money import MAX_MINOR

MAX_SLUG = 100
MAX_NAME = 100
MAX_SKU = 64
MAX_HANDLE = 120
MAX_CATEGORY = 200
MAX_GTIN = 14
MAX_PATH = 2000
MAX_UNITS = 10**9
"""Of stock, weight in grams and pixels."""

Found = tuple[str, str]
"""A field, and what is wrong with it."""


def problems_of(product: ProductDocument) -> list[Found]:
    """Return what is wrong with a product, whatever the shop has."""
    return [
        *_product_texts(product),
        *_shape(product),
        *(found for variant in product.variants for found in _variant(product, variant)),
    ]


def is_storable(text: str, most: int) -> bool:
    """Say whether both databases can hold a text in a column of that length."""
    if len(text) > most or "\0" in text:
        return False
    return text.isascii() or not any("\ud800" <= c <= "\udfff" for c in text)


def _product_texts(product: ProductDocument) -> Iterator[Found]:
    if not product.slug or not is_storable(product.slug, MAX_SLUG):
        yield "slug", f"The slug must have 1 to {MAX_SLUG} plain characters."
    if not product.title or not is_storable(product.title, MAX_TITLE):
        yield "title", f"The title must have 1 to {MAX_TITLE} plain characters."
    for field, text, most in (
        ("description", product.description, MAX_DESCRIPTION),
        ("care", product.care, MAX_DESCRIPTION),
        ("brand", product.brand, MAX_NAME),
    ):
        if text and not is_storable(text, most):
            yield field, f"The {field} must have at most {most} plain characters."
    category = product.category
    if category is not None and not (
        category.slug
        and is_storable(category.slug, MAX_SLUG)
        and is_storable(category.name, MAX_CATEGORY)
    ):
        yield "category", f"The category must have 1 to {MAX_CATEGORY} plain characters."
    yield from _list("tags", product.tags or (), MAX_TAGS)
    yield from _list("undeliverable", product.undeliverable or (), MAX_UNITS)
    yield from _list("options", product.options, MAX_OPTIONS)
    for media in product.media or ():
        if not media.file or not is_storable(media.file, MAX_PATH):
            yield "media", f"The address of a picture must have 1 to {MAX_PATH} plain characters."
        elif not is_storable(media.alt, MAX_TITLE):
            yield "media", f"An alternative text must have at most {MAX_TITLE} plain characters."
        elif not (_is_count(media.width) and _is_count(media.height)):
            yield "media", "The size of a picture must be a number of pixels."


def _list(field: str, texts: tuple[str, ...], most: int) -> Iterator[Found]:
    if len(texts) > most:
        yield field, f"There must be at most {most} {field}."
    if not all(is_storable(text, MAX_NAME) for text in texts):
        yield field, f"Each of the {field} must have at most {MAX_NAME} plain characters."


def _shape(product: ProductDocument) -> Iterator[Found]:
    variants = product.variants
    if not 1 <= len(variants) <= MAX_VARIANTS:
        yield "variants", f"A product must have 1 to {MAX_VARIANTS} variants."
        return
    if sum(variant.default for variant in variants) != 1:
        yield "variants", "Exactly one variant must be the default."
    if len(product.media or ()) > MAX_MEDIA:
        yield "media", f"There must be at most {MAX_MEDIA} pictures."
    if len(variants) > 1:
        yield from _twice("sku", "SKU", (variant.sku for variant in variants))
        yield from _twice("id", "variant id", (v.id for v in variants if v.id is not None))


def _twice(field: str, what: str, names: Iterable[str]) -> Iterator[Found]:
    seen: set[str] = set()
    for name in names:
        if name in seen:
            yield field, f"The {what} {name} is used twice: give each variant its own."
        seen.add(name)


def _variant(product: ProductDocument, variant: VariantDocument) -> Iterator[Found]:
    sku = variant.sku
    yield from _variant_texts(variant)
    if len(variant.options) != len(product.options):
        wanted = ", ".join(product.options) or "no option"
        yield "options", f"The variant {sku} needs one value for each of: {wanted}."
    if variant.weight_g is not None and not _is_count(variant.weight_g):
        yield "weight_g", f"The weight of {sku} must be 0 to {MAX_UNITS} grams."
    for price in variant.prices:
        wrong = _price(price)
        if wrong:
            yield "prices", f"The price of {sku} in {price.currency} {wrong}."
    if variant.stock is not None and not _is_stock(variant.stock):
        yield "stock", f"The stock of {sku} must be a number of units that its policy allows."


def _variant_texts(variant: VariantDocument) -> Iterator[Found]:
    if not variant.sku or not is_storable(variant.sku, MAX_SKU):
        yield "sku", f"A SKU must have 1 to {MAX_SKU} plain characters."
    if variant.id is not None and not _is_handle(variant.id):
        yield "id", f"A variant id must have 1 to {MAX_HANDLE} plain characters."
    if not is_storable(variant.title or "", MAX_TITLE):
        yield "title", f"The title of a variant must have at most {MAX_TITLE} plain characters."
    if not all(is_storable(option, MAX_TITLE) for option in variant.options):
        yield "options", f"An option must have at most {MAX_TITLE} plain characters."
    if variant.gtin and not is_storable(variant.gtin, MAX_GTIN):
        yield "gtin", f"The GTIN of {variant.sku} must have at most {MAX_GTIN} digits."


def _is_handle(text: str) -> bool:
    return text.strip("~") == text != "" and is_storable(text, MAX_HANDLE)


def _price(price: PriceDocument) -> str:
    amount, compare = price.amount_minor, price.compare_at_minor
    if not 0 <= amount <= MAX_MINOR:
        return f"must be 0 to {MAX_MINOR} minor units"
    if compare is not None and not amount < compare <= MAX_MINOR:
        return "must be lower than the one to compare it with"
    if price.starts_at is None and price.ends_at is None:
        return ""
    if compare is None:
        return "needs one to compare it with, because it has dates"
    return _dates(price.starts_at, price.ends_at)


def _dates(starts_at: datetime | None, ends_at: datetime | None) -> str:
    if any(at is not None and at.tzinfo is None for at in (starts_at, ends_at)):
        return "has dates without a time zone"
    if starts_at is not None and ends_at is not None and starts_at >= ends_at:
        return "must end after it starts"
    return ""


def _is_stock(stock: StockDocument) -> bool:
    limit, on_hand = stock.backorder_limit, stock.on_hand
    if stock.policy is StockPolicy.DENY:
        limit = 0
    elif stock.policy is StockPolicy.UNTRACKED:
        limit = UNTRACKED_LIMIT
    if not _is_count(limit) or (stock.available_at and stock.available_at.tzinfo is None):
        return False
    return on_hand is None or -limit <= on_hand <= MAX_UNITS


def _is_count(number: int) -> bool:
    return 0 <= number <= MAX_UNITS
