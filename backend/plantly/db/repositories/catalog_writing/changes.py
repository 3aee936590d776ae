"""The rows that make the shop what was planned, and the order in which they can be written."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from plantly.db.repositories.catalog_writing.bulk import Bulk
from plantly.db.repositories.catalog_writing.existing import (
    KeptProduct,
    KeptVariant,
    ProductValues,
    Stock,
    VariantValues,
)
from plantly.db.repositories.catalog_writing.facets import Facets, pairs_of
from plantly.db.repositories.catalog_writing.history import price_change, stock_change
from plantly.db.repositories.catalog_writing.plan import PARKED, PlannedProduct, PlannedVariant
from plantly.db.tables import (
    CatalogChangeRow,
    MediaRow,
    PriceRow,
    ProductFacetRow,
    ProductRow,
    StockRow,
    VariantRow,
)
from plantly.domain.catalog import ChangeKind, PublishState
from plantly.domain.catalog_document import PriceDocument
from plantly.domain.catalog_writing import WriteRules

Rows = list[tuple[Any, ...]]

_VALUES = ProductValues._fields
_NEW_PRODUCT = (
    *("id", "slug", *_VALUES),
    *("position", "seen_in", "created_at", "updated_at", "units_sold"),
)
_PRODUCT = ("id", *_VALUES, "position", "seen_in", "updated_at")
_PLACE = ("id", "position", "seen_in")
_FACET = ("product_id", "facet_key", "value")
_NEW_FACET = (*_FACET, "number")
_MEDIA = ("product_id", "position", "path", "alt", "width", "height")
_VARIANT = ("id", *VariantValues._fields)
_NEW_VARIANT = (*_VARIANT, "product_id", "sku")
_PRICE = ("variant_id", "currency", "amount_minor", "compare_at_minor", "starts_at", "ends_at")
_STOCK = ("variant_id", *Stock._fields)
_NEW_STOCK = (*_STOCK, "reserved")
CHANGE = ("at", "actor", "kind", "slug", "sku", "before", "after")


@dataclass(slots=True)
class Changes:
    """Collects the rows of a round, and writes them so that every constraint always holds."""

    bulk: Bulk
    facets: Facets
    rules: WriteRules
    now: datetime
    new_products: Rows = field(default_factory=list)
    products: Rows = field(default_factory=list)
    places: Rows = field(default_factory=list)
    gone_facets: Rows = field(default_factory=list)
    new_facets: Rows = field(default_factory=list)
    gone_media: Rows = field(default_factory=list)
    new_media: Rows = field(default_factory=list)
    parked: Rows = field(default_factory=list)
    new_variants: Rows = field(default_factory=list)
    variants: Rows = field(default_factory=list)
    gone_prices: Rows = field(default_factory=list)
    new_prices: Rows = field(default_factory=list)
    new_stock: Rows = field(default_factory=list)
    stock: Rows = field(default_factory=list)
    history: Rows = field(default_factory=list)
    created: int = 0
    updated: int = 0
    unchanged: int = 0
    moved: int = 0

    def add(self, product: PlannedProduct, variant_ids: list[int]) -> None:
        """Add what a product needs; `variant_ids` are for its new variants, taken from the end."""
        if product.kept is None:
            self._create(product, variant_ids)
            self.created += 1
        else:
            self._update(product, product.kept, variant_ids)

    def write(self) -> None:
        """Write everything."""
        bulk = self.bulk
        bulk.insert(ProductRow, _NEW_PRODUCT, self.new_products)
        bulk.update(ProductRow, _PRODUCT, self.products)
        bulk.update(ProductRow, _PLACE, self.places)
        bulk.delete(ProductFacetRow, _FACET, self.gone_facets)
        bulk.insert(ProductFacetRow, _NEW_FACET, self.new_facets)
        bulk.delete(MediaRow, ("product_id",), self.gone_media)
        bulk.insert(MediaRow, _MEDIA, self.new_media)
        # A public id and the place of the default are free before somebody else takes them.
        bulk.update(VariantRow, ("id", "handle", "is_default"), self.parked)
        bulk.update(VariantRow, _VARIANT, self.variants)
        bulk.insert(VariantRow, _NEW_VARIANT, self.new_variants)
        bulk.delete(PriceRow, ("variant_id", "currency"), self.gone_prices)
        bulk.insert(PriceRow, _PRICE, self.new_prices)
        bulk.insert(StockRow, _NEW_STOCK, self.new_stock)
        bulk.update(StockRow, _STOCK, self.stock)
        bulk.insert(CatalogChangeRow, CHANGE, self.history)

    def _create(self, product: PlannedProduct, variant_ids: list[int]) -> None:
        place = (product.position, self.rules.run_id, self.now, self.now, 0)
        self.new_products.append((product.id, product.slug, *product.values, *place))
        self.new_facets += (
            (product.id, key, value, self.facets.number(key, value))
            for key, value in pairs_of(product.values.facet_values)
        )
        self._add_media(product)
        for variant in product.variants:
            self._create_variant(product, variant, variant_ids.pop())

    def _update(self, product: PlannedProduct, kept: KeptProduct, variant_ids: list[int]) -> None:
        changes = [
            self._update_facets(product, kept),
            self._update_media(product, kept),
            self._update_variants(product, kept, variant_ids),
            product.values != kept.values,
        ]
        seen = kept.seen_in if self.rules.run_id is None else self.rules.run_id
        moved = product.position != kept.position
        if product.values.state is not kept.values.state:
            self._tell(product.slug, None, kept.values.state, product.values.state)
        if any(changes):
            row = (product.id, *product.values, product.position, seen, self.now)
            self.products.append(row)
        elif moved or seen != kept.seen_in:
            self.places.append((product.id, product.position, seen))
        stocked = self._update_stock(product)
        if any(changes) or stocked:
            self.updated += 1
        else:
            self.unchanged += 1
            self.moved += moved

    def _update_facets(self, product: PlannedProduct, kept: KeptProduct) -> bool:
        wanted = set(pairs_of(product.values.facet_values))
        if wanted == kept.facets:
            return False
        self.gone_facets += ((kept.id, *pair) for pair in sorted(kept.facets - wanted))
        self.new_facets += (
            (kept.id, key, value, self.facets.number(key, value))
            for key, value in sorted(wanted - kept.facets)
        )
        return True

    def _update_media(self, product: PlannedProduct, kept: KeptProduct) -> bool:
        if product.media is None or product.media == kept.media:
            return False
        if kept.media:
            self.gone_media.append((kept.id,))
        self._add_media(product)
        return True

    def _add_media(self, product: PlannedProduct) -> None:
        self.new_media += (
            (product.id, position, *media) for position, media in enumerate(product.media or ())
        )

    def _update_variants(
        self, product: PlannedProduct, kept: KeptProduct, variant_ids: list[int]
    ) -> bool:
        changed = False
        staying = {variant.kept.id for variant in product.variants if variant.kept}
        claimed = {variant.values.handle for variant in product.variants}
        for old in kept.variants:
            if old.id not in staying:
                changed |= self._archive_variant(product.slug, old, claimed)
        for variant in product.variants:
            if variant.kept is None:
                self._create_variant(product, variant, variant_ids.pop())
                changed = True
            else:
                changed |= self._update_variant(product.slug, variant, variant.kept)
        return changed

    def _archive_variant(self, slug: str, kept: KeptVariant, claimed: set[str]) -> bool:
        lost = kept.values.handle in claimed
        new = kept.values._replace(
            handle=f"{PARKED}{kept.id}" if lost else kept.values.handle,
            is_default=False,
            state=PublishState.ARCHIVED,
        )
        if new == kept.values:
            return False
        self._change_variant(slug, kept, new)
        return True

    def _update_variant(self, slug: str, variant: PlannedVariant, kept: KeptVariant) -> bool:
        changed = variant.values != kept.values
        if changed:
            self._change_variant(slug, kept, variant.values)
        for code, price in variant.prices.items():
            before = kept.prices.get(code)
            if price == before:
                continue
            changed = True
            if before is not None:
                self.gone_prices.append((kept.id, code))
            self._add_price(kept.id, price)
            self._record(ChangeKind.PRICE, slug, kept.sku, *price_change(before, price))
        return changed

    def _change_variant(self, slug: str, kept: KeptVariant, new: VariantValues) -> None:
        old = kept.values
        loses_id = new.handle != old.handle
        if loses_id or (old.is_default and not new.is_default):
            handle = f"{PARKED}{kept.id}" if loses_id else old.handle
            self.parked.append((kept.id, handle, old.is_default and new.is_default))
        row = (kept.id, *new)
        if new.is_default and not old.is_default:
            self.variants.append(row)
        else:
            self.variants.insert(0, row)
        if new.state is not old.state:
            self._tell(slug, kept.sku, old.state, new.state)

    def _create_variant(
        self, product: PlannedProduct, variant: PlannedVariant, variant_id: int
    ) -> None:
        self.new_variants.append((variant_id, *variant.values, product.id, variant.sku))
        for price in variant.prices.values():
            self._add_price(variant_id, price)
        self.new_stock.append((variant_id, *(variant.stock or ()), 0))

    def _add_price(self, variant_id: int, price: PriceDocument) -> None:
        self.new_prices.append(
            (
                variant_id,
                price.currency,
                price.amount_minor,
                price.compare_at_minor,
                price.starts_at,
                price.ends_at,
            )
        )

    def _update_stock(self, product: PlannedProduct) -> bool:
        changed = False
        for variant in product.variants:
            kept, stock = variant.kept, variant.stock
            if kept is None or stock is None or kept.stock is None:
                continue
            changed = True
            self.stock.append((kept.id, *stock))
            self._record(ChangeKind.STOCK, product.slug, kept.sku, *stock_change(kept.stock, stock))
        return changed

    def _tell(self, slug: str, sku: str | None, before: PublishState, after: PublishState) -> None:
        self._record(ChangeKind.STATE, slug, sku, {"state": before}, {"state": after})

    def _record(
        self,
        kind: ChangeKind,
        slug: str,
        sku: str | None,
        before: dict[str, Any],
        after: dict[str, Any],
    ) -> None:
        self.history.append((self.now, self.rules.actor, kind, slug, sku, before, after))
