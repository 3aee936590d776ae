"""Products as documents for tests of the writer, and the shop's rows as plain values again."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace
from typing import Any, Final

from sqlalchemy import select

from plantly.db import UnitOfWork
from plantly.db.tables import (
    CatalogChangeRow,
    CategoryRow,
    FacetRow,
    MediaRow,
    PriceRow,
    ProductFacetRow,
    ProductRow,
    StockRow,
    VariantRow,
)
from plantly.domain.catalog import Facet, FacetKind
from plantly.domain.catalog_document import (
    CatalogHead,
    CategoryDocument,
    PriceDocument,
    ProductDocument,
    VariantDocument,
)
from plantly.domain.catalog_writing import BatchResult, WriteRules
from tests.support.builders import USD

RULES: Final = WriteRules(USD, "import shopify")
COLOR: Final = Facet("color", "Color", ("Red", "Green"))
SCENT: Final = Facet("scent", "Scent", ())
HARDY: Final = Facet("hardy", "Hardy", (), FacetKind.BOOL)
HEIGHT: Final = Facet("height", "Height", (), FacetKind.RANGE, "cm")
HEAD: Final = CatalogHead(
    USD,
    (COLOR, SCENT, HARDY, HEIGHT),
    (CategoryDocument("foliage", "Foliage"), CategoryDocument("flowering", "Flowering")),
)

Plain = dict[str, Any]


def piece(sku: str, minor: int = 1000, **changes: Any) -> VariantDocument:
    """Make a variant without options."""
    values: Plain = {"title": "", "options": (), "prices": (PriceDocument(USD, minor),)}
    return VariantDocument(sku=sku, **{**values, **changes})


def item(slug: str, *variants: VariantDocument, **changes: Any) -> ProductDocument:
    """Make a product that says no more than it must; the first variant is the default."""
    chosen = variants or (piece(f"{slug}-sku"),)
    if not any(variant.default for variant in chosen):
        chosen = (replace(chosen[0], default=True), *chosen[1:])
    values: Plain = {"title": slug.replace("-", " ").title()}
    return ProductDocument(slug=slug, variants=chosen, **{**values, **changes})


def write(
    uow: UnitOfWork, *products: ProductDocument, rules: WriteRules = RULES, position: int = 0
) -> BatchResult:
    """Write products as one batch."""
    return uow.catalog_writer.write_products(products, position, rules)


def problems(result: BatchResult) -> list[tuple[int, str]]:
    """Give place and field of every problem."""
    return [(problem.index, problem.field) for problem in result.problems]


def shelves(uow: UnitOfWork) -> dict[str, Plain]:
    """Give every product by slug with all that belongs to it, without row ids and times."""
    categories = dict(_rows(uow, CategoryRow.id, CategoryRow.slug))
    products: dict[int, Plain] = {}
    for row in _entities(uow, ProductRow):
        product = {n: row[n] for n in _PRODUCT} | {"category": categories[row["category_id"]]}
        products[row["id"]] = product | {"variants": {}, "media": [], "facets": set()}
    variants: dict[int, Plain] = {}
    for row in _entities(uow, VariantRow):
        variants[row["id"]] = {n: row[n] for n in _VARIANT} | {"prices": {}}
        products[row["product_id"]]["variants"][row["sku"]] = variants[row["id"]]
    for row in _entities(uow, PriceRow):
        price = tuple(row[n] for n in ("amount_minor", "compare_at_minor", "starts_at", "ends_at"))
        variants[row["variant_id"]]["prices"][row["currency"]] = price
    for row in _entities(uow, StockRow):
        names = ("on_hand", "policy", "backorder_limit", "available_at")
        variants[row["variant_id"]]["stock"] = tuple(row[n] for n in names)
    for row in _entities(uow, ProductFacetRow):
        products[row["product_id"]]["facets"].add((row["facet_key"], row["value"], row["number"]))
    for row in sorted(_entities(uow, MediaRow), key=lambda row: row["position"]):
        media = tuple(row[n] for n in ("path", "alt", "width", "height"))
        products[row["product_id"]]["media"].append(media)
    slugs = dict(_rows(uow, ProductRow.id, ProductRow.slug))
    return {slugs[product_id]: product for product_id, product in products.items()}


_PRODUCT = (
    *("title", "brand", "description", "care", "tags", "option_names", "undeliverable", "state"),
    *("position", "units_sold", "seen_in", "sort_title", "list_price_minor", "price_from"),
    *("price_turns_at", "facet_values", "picture_path", "picture_alt"),
)
_VARIANT = (
    *("handle", "title", "option_values", "gtin", "is_default", "position", "weight_g", "state"),
)


def history(uow: UnitOfWork) -> list[tuple[str, str, str | None, Plain, Plain]]:
    """Give kind, slug, SKU, before and after of every recorded change, the oldest first."""
    rows = sorted(_entities(uow, CatalogChangeRow), key=lambda row: row["id"])
    return [(r["kind"].value, r["slug"], r["sku"], r["before"], r["after"]) for r in rows]


def times(uow: UnitOfWork) -> dict[str, tuple[Any, Any]]:
    """Give when each product was made and last changed, by slug."""
    rows = _rows(uow, ProductRow.slug, ProductRow.created_at, ProductRow.updated_at)
    return {slug: (created, updated) for slug, created, updated in rows}


def facets(uow: UnitOfWork) -> list[tuple[str, str, list[str]]]:
    """Give key, title and allowed values of every facet in their order."""
    rows = sorted(_entities(uow, FacetRow), key=lambda row: row["position"])
    return [(row["key"], row["title"], row["allowed_values"]) for row in rows]


def found_by(uow: UnitOfWork) -> dict[int, Any]:
    """Give what the index keeps of each product."""
    sqlite = uow.connection.dialect.name == "sqlite"
    sql = (
        "SELECT id, c0, c1, c2, c3, c4 FROM product_search_content"
        if sqlite
        else "SELECT product_id, tsvector_to_array(terms) FROM product_search"
    )
    return {row[0]: list(row[1:]) for row in uow.connection.exec_driver_sql(sql)}


def counted(uow: UnitOfWork) -> dict[str, dict[str, Any]]:
    """Give the counts of words and filters that are above zero."""
    found: dict[str, dict[str, Any]] = defaultdict(dict)
    for word, *counts in uow.connection.exec_driver_sql(
        "SELECT word, titles, labels, products FROM search_words WHERE products > 0"
    ):
        found["words"][word] = counts
    for key, value, count in uow.connection.exec_driver_sql(
        "SELECT facet_key, value, products FROM catalog_counts WHERE products > 0"
    ):
        found["filters"][f"{key}={value}"] = count
    return found


def _entities(uow: UnitOfWork, table: Any) -> Iterator[Plain]:
    rows = uow.connection.execute(select(table.__table__).order_by(*table.__table__.primary_key))
    return (dict(row) for row in rows.mappings().all())


def _rows(uow: UnitOfWork, *columns: Any) -> list[Any]:
    return list(uow.connection.execute(select(*columns)).all())
