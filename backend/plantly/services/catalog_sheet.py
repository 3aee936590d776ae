"""Everything about one product, as its merchant reads it."""

from collections.abc import Sequence
from typing import Any

from plantly.db import UnitOfWork
from plantly.db.repositories.catalog_changes import CatalogChange
from plantly.db.tables import PriceRow, ProductRow, VariantRow
from plantly.domain.catalog import COLLECTION
from plantly.domain.catalog_price import price_at
from plantly.domain.errors import NotFound
from plantly.domain.shop import ShopConfig
from plantly.services.catalog_edit import find, written
from plantly.services.items import supply


def product_sheet(uow: UnitOfWork, ref: str) -> dict[str, Any]:
    """Return a product by its slug, or by a variant id or SKU, whatever its state.

    Raises:
        NotFound: Nothing in the catalog is called that.
    """
    shop = uow.shop.current().config
    row = uow.catalog_desk.product(find(uow, ref).product_id)
    facets = {key: list(values) for key, values in row.facet_values.items()}
    collections = facets.pop(COLLECTION, [])
    return {
        "id": row.slug,
        "name": row.title,
        "state": row.state.value,
        "brand": row.brand,
        "category": row.category.name,
        "tags": list(row.tags),
        "collections": collections,
        "facets": facets,
        "options": list(row.option_names),
        "undeliverable": sorted(row.undeliverable),
        "units_sold": row.units_sold,
        "created_at": written(row.created_at),
        "updated_at": written(row.updated_at),
        "description": row.description,
        "care": row.care,
        "media": [
            {"file": m.path, "alt": m.alt, "width": m.width, "height": m.height} for m in row.media
        ],
        "variants": [_variant(uow, row, variant, shop) for variant in row.variants],
    }


def history(uow: UnitOfWork, ref: str | None, limit: int) -> Sequence[CatalogChange]:
    """Return the newest changes first: of a product, of a variant, or of everything.

    What is no longer in the catalog keeps its history.

    Raises:
        NotFound: Nothing is or was called that.
    """
    if ref is None:
        return uow.catalog_changes.latest(slug=None, sku=None, limit=limit)
    found = uow.catalog_desk.named(ref)
    if found is None:
        changes = uow.catalog_changes.latest(slug=ref, sku=ref, limit=limit)
        if not changes:
            raise NotFound("ref", f"Nothing in the catalog has the slug, variant id or SKU {ref}.")
        return changes
    if found.variant_id is None:
        return uow.catalog_changes.latest(slug=found.slug, sku=None, limit=limit)
    variants = uow.catalog_desk.product(found.product_id).variants
    sku = next(row.sku for row in variants if row.id == found.variant_id)
    return uow.catalog_changes.latest(slug=None, sku=sku, limit=limit)


def _variant(
    uow: UnitOfWork, product: ProductRow, row: VariantRow, shop: ShopConfig
) -> dict[str, Any]:
    left = supply(row)
    return {
        "variant_id": row.handle,
        "sku": row.sku,
        "name": row.title,
        "options": dict(zip(product.option_names, row.option_values, strict=False)),
        "gtin": row.gtin,
        "weight_g": row.weight_g,
        "state": row.state.value,
        "is_default": row.is_default,
        "prices": [
            _price(uow, price) for price in sorted(row.prices, key=lambda price: price.currency)
        ],
        "stock": {
            "on_hand": row.stock.on_hand,
            "reserved": row.stock.reserved,
            "available_quantity": left.units,
            "availability": left.availability(shop.low_stock_threshold).value,
            "policy": row.stock.policy.value,
            "backorder_limit": row.stock.backorder_limit,
            "expected_at": written(row.stock.available_at),
        },
    }


def _price(uow: UnitOfWork, row: PriceRow) -> dict[str, Any]:
    now = price_at(row.amount_minor, row.compare_at_minor, row.starts_at, row.ends_at, now=uow.now)
    return {
        "currency": row.currency,
        "price_minor": now.amount_minor,
        "amount_minor": row.amount_minor,
        "compare_at_minor": row.compare_at_minor,
        "starts_at": written(row.starts_at),
        "ends_at": written(row.ends_at),
    }
