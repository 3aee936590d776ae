"""A catalog in a dictionary, written one product after the other: what the real one must equal."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from plantly.domain.catalog import StockPolicy
from plantly.domain.catalog_document import ProductDocument, VariantDocument

Plain = dict[str, Any]


@dataclass
class NaiveCatalog:
    """Products by slug, in plain values; nothing that the documents could not have is in it."""

    now: datetime
    set_stock: bool = False
    products: dict[str, Plain] = field(default_factory=dict)
    history: list[tuple[str, str, str | None]] = field(default_factory=list)

    def write(self, documents: Sequence[ProductDocument]) -> list[str]:
        """Write documents; say of each what became of it."""
        return [self._write(document, place) for place, document in enumerate(documents)]

    def _write(self, document: ProductDocument, place: int) -> str:
        owners = [self._owner(variant.sku) for variant in document.variants]
        slug = document.slug
        if slug not in self.products:
            slug = next((owner for owner in owners if owner is not None), slug)
        old = self.products.get(slug)
        if not self._is_fitting(document, slug, owners):
            return "refused"
        new = self._merged(document, old)
        new["variants"] = self._variants(document, old)
        active = [v for v in new["variants"].values() if v["state"] == "active"]
        if any("USD" not in variant["prices"] for variant in active):
            return "refused"
        self._list(new, active)
        self._remember(slug, old, new)
        self.products[slug] = new | {"position": place}
        if old is None:
            return "created"
        same = {**old, "position": 0} == {**new, "position": 0}
        return "unchanged" if same else "updated"

    def _owner(self, sku: str) -> str | None:
        return next((slug for slug, p in self.products.items() if sku in p["variants"]), None)

    def _is_fitting(
        self, document: ProductDocument, slug: str, owners: Sequence[str | None]
    ) -> bool:
        ids = {variant.id: variant.sku for variant in document.variants if variant.id}
        given = [variant for variant in document.variants if variant.id]
        if len(ids) < len(given) or any(owner not in (None, slug) for owner in owners):
            return False
        keeping = {variant.sku for variant in document.variants if variant.id is None}
        for other, product in self.products.items():
            for sku, variant in product["variants"].items():
                wanted_by = ids.get(variant["handle"])
                if wanted_by and (other != slug or (sku in keeping and wanted_by != sku)):
                    return False
        return True

    def _merged(self, document: ProductDocument, old: Plain | None) -> Plain:
        kept = old or {
            "brand": "",
            "tags": [],
            "media": [],
            "state": "active",
            "category": "other",
            "facet_values": {},
        }
        values: dict[str, list[str]] = {}
        if document.facets is not None:
            values = {key: list(found) for key, found in document.facets.items() if found}
        else:
            values = {k: v for k, v in kept["facet_values"].items() if k != "collection"}
        collections = kept["facet_values"].get("collection", [])
        if document.collections is not None:
            collections = list(document.collections)
        if collections:
            values["collection"] = collections
        media = kept["media"]
        if document.media is not None:
            had = {file: rest for file, *rest in media}
            media = []
            for m in document.media:
                alt, *size = had.get(m.file, ("", 0, 0))
                size = [m.width, m.height] if m.width else size
                media.append((m.file, m.alt or alt, *size))
        return {
            "title": document.title,
            "brand": kept["brand"] if document.brand is None else document.brand,
            "tags": kept["tags"] if document.tags is None else list(document.tags),
            "category": document.category.slug if document.category else kept["category"],
            "state": document.state.value if document.state else kept["state"],
            "option_names": list(document.options),
            "facet_values": values,
            "media": media,
            "picture_path": media[0][0] if media else None,
        }

    def _variants(self, document: ProductDocument, old: Plain | None) -> dict[str, Plain]:
        found: dict[str, Plain] = {}
        before: dict[str, Plain] = old["variants"] if old else {}
        claimed = {variant.id for variant in document.variants}
        for sku, variant in before.items():
            lost = variant["handle"] in claimed
            handle = None if lost else variant["handle"]
            found[sku] = variant | {"state": "archived", "is_default": False, "handle": handle}
        for place, new in enumerate(document.variants):
            found[new.sku] = self._variant(new, before.get(new.sku)) | {"position": place}
        return found

    def _variant(self, document: VariantDocument, kept: Plain | None) -> Plain:
        given = document.stock
        stock = kept["stock"] if kept else (0, "deny", 0, None)
        if given is not None and (kept is None or self.set_stock):
            on_hand = stock[0] if given.on_hand is None else given.on_hand
            limit = given.backorder_limit
            policy = given.policy or StockPolicy(stock[1])
            stock = (on_hand, policy.value, limit, given.available_at)
        prices = dict(kept["prices"]) if kept else {}
        for price in document.prices:
            dates = price.starts_at, price.ends_at
            prices[price.currency] = (price.amount_minor, price.compare_at_minor, *dates)
        return {
            # None stands for one that was made, of which only that it stays can be said.
            "handle": document.id or (kept["handle"] if kept else None),
            "title": document.title,
            "option_values": list(document.options),
            "is_default": document.default,
            "weight_g": (kept["weight_g"] if kept else 0)
            if document.weight_g is None
            else document.weight_g,
            "state": "active",
            "prices": prices,
            "stock": stock,
        }

    def _list(self, product: Plain, active: list[Plain]) -> None:
        def price(variant: Plain) -> int:
            amount, before, starts_at, ends_at = variant["prices"]["USD"]
            early = starts_at is not None and self.now < starts_at
            late = ends_at is not None and ends_at <= self.now
            return int(before if early or late else amount)

        amounts = [price(variant) for variant in active]
        product["list_price_minor"] = next(price(v) for v in active if v["is_default"])
        product["price_from"] = product["list_price_minor"] == min(amounts) < max(amounts)
        turns = [at for v in active for at in v["prices"]["USD"][2:] if at and at > self.now]
        product["price_turns_at"] = min(turns, default=None)

    def _remember(self, slug: str, old: Plain | None, new: Plain) -> None:
        if old is None:
            return
        if old["state"] != new["state"]:
            self.history.append(("state", slug, None))
        for sku, variant in old["variants"].items():
            after = new["variants"][sku]
            if variant["state"] != after["state"]:
                self.history.append(("state", slug, sku))
            if variant["stock"] != after["stock"]:
                self.history.append(("stock", slug, sku))
            self.history += (
                ("price", slug, sku)
                for code, price in after["prices"].items()
                if variant["prices"].get(code) != price
            )
