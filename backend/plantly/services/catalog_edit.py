"""What a merchant changes by hand: publish states here, prices and stock in their own modules.

Every change is written into the history, and shoppers see it at their next request.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from plantly.db import UnitOfWork
from plantly.db.repositories.catalog_changes import CatalogChange
from plantly.db.repositories.catalog_desk import Named
from plantly.db.tables import ProductRow, VariantRow
from plantly.domain.catalog import ChangeKind, PublishState
from plantly.domain.errors import InvalidInput, NotFound


@dataclass(frozen=True, slots=True)
class Edited:
    """What an edit came to: everything that it is about, as it was and as it is now."""

    slug: str
    sku: str | None
    title: str
    before: Mapping[str, Any]
    after: Mapping[str, Any]

    @property
    def is_changed(self) -> bool:
        """Say whether anything is different now."""
        return self.before != self.after


def find(uow: UnitOfWork, ref: str) -> Named:
    """Return what a slug, a variant id or a SKU stands for.

    Raises:
        NotFound: Nothing in the catalog is called that.
    """
    found = uow.catalog_desk.named(ref)
    if found is None:
        raise NotFound("ref", f"Nothing in the catalog has the slug, variant id or SKU {ref}.")
    return found


def find_variant(uow: UnitOfWork, ref: str) -> tuple[ProductRow, VariantRow]:
    """Return the variant that a SKU or a variant id names, or the only one of a product.

    Raises:
        NotFound: Nothing in the catalog is called that.
        InvalidInput: The product has several variants.
    """
    found = find(uow, ref)
    product = uow.catalog_desk.product(found.product_id)
    if found.variant_id is not None:
        return product, next(row for row in product.variants if row.id == found.variant_id)
    sold = [row for row in product.variants if row.state is PublishState.ACTIVE]
    if len(sold) != 1:
        skus = ", ".join(row.sku for row in sold) or "none that is sold"
        raise InvalidInput("ref", f"{ref} has {len(sold)} variants ({skus}): name one by its SKU.")
    return product, sold[0]


def name_of(product: ProductRow, variant: VariantRow) -> str:
    """Return what people call a variant: its product's title alone if it is the only one."""
    several = sum(row.state is PublishState.ACTIVE for row in product.variants) > 1
    return f"{product.title} ({variant.title})" if several else product.title


def publish(uow: UnitOfWork, actor: str, refs: Sequence[str]) -> list[Edited]:
    """Show products to shoppers: all of them, or none when one is refused.

    Raises:
        NotFound: Nothing in the catalog is called that.
        InvalidInput: A product has nothing that could be sold, or a name means a variant only.
    """
    return _set_states(uow, actor, refs, PublishState.ACTIVE)


def archive(uow: UnitOfWork, actor: str, refs: Sequence[str]) -> list[Edited]:
    """Take products off the shelves: all of them, or none when one is refused.

    Raises:
        NotFound, InvalidInput: See `publish`.
    """
    return _set_states(uow, actor, refs, PublishState.ARCHIVED)


def record(uow: UnitOfWork, actor: str, kind: ChangeKind, edits: Iterable[Edited]) -> None:
    """Write what differs into the history."""
    uow.catalog_changes.add(
        CatalogChange(uow.now, actor, kind, edit.slug, edit.sku, *_differing(edit))
        for edit in edits
        if edit.is_changed
    )


def show_changes(uow: UnitOfWork, product_ids: Sequence[int]) -> None:
    """Derive again what listings and searches keep of products, and let go of what was kept."""
    uow.catalog_desk.touch(product_ids, uow.now)
    uow.catalog_writer.refresh_listing(product_ids)
    uow.shop.catalog_changed(uow.ids.token("c_"))


def reindex_some(uow: UnitOfWork, after: int, count: int) -> list[int]:
    """Derive again what is kept of the products behind the one with that id; return their ids."""
    product_ids = uow.catalog_desk.ids_after(after, count)
    if product_ids:
        uow.catalog_writer.refresh_listing(product_ids)
    return product_ids


def finish_reindexing(uow: UnitOfWork) -> None:
    """Make the index quick to search, and let go of the pages that were kept."""
    uow.search_index.refresh_counts()
    uow.shop.catalog_changed(uow.ids.token("c_"))


def written(at: datetime | None) -> str | None:
    """Write a time as the history keeps it."""
    return at.isoformat() if at is not None else None


def _differing(edit: Edited) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return what differs; a price names its currency as well."""
    named = {key: edit.after[key] for key in ("currency",) if key in edit.after}
    keys = [key for key in edit.after if edit.before.get(key) != edit.after[key]]
    before = {key: edit.before.get(key) for key in keys}
    return before | named, {key: edit.after[key] for key in keys} | named


def _set_states(
    uow: UnitOfWork, actor: str, refs: Sequence[str], state: PublishState
) -> list[Edited]:
    currency = uow.shop.current().config.currency
    wanted = dict.fromkeys(_product_id(uow, ref) for ref in refs)
    rows = {row.id: row for row in uow.catalog_desk.lock_products(wanted)}
    edits = {}
    for row in rows.values():
        if state is PublishState.ACTIVE:
            _check_sellable(row, currency)
        edits[row.id] = Edited(
            row.slug, None, row.title, {"state": row.state.value}, {"state": state.value}
        )
    changed = [row for row in rows.values() if edits[row.id].is_changed]
    uow.catalog_desk.set_state(changed, state)
    record(uow, actor, ChangeKind.STATE, edits.values())
    if changed:
        show_changes(uow, [row.id for row in changed])
    return [edits[product_id] for product_id in wanted]


def _product_id(uow: UnitOfWork, ref: str) -> int:
    """Return the product that is meant; a SKU means it when it is the only one."""
    found = find(uow, ref)
    if found.variant_id is not None:
        count = len(uow.catalog_desk.product(found.product_id).variants)
        if count > 1:
            text = f"{ref} is one of {count} variants of {found.slug}: name the product itself."
            raise InvalidInput("ref", text)
    return found.product_id


def _check_sellable(row: ProductRow, currency: str) -> None:
    default = next(
        (v for v in row.variants if v.is_default and v.state is PublishState.ACTIVE), None
    )
    if default is None:
        text = f"{row.slug} has no variant to sell: import it again with one, then publish it."
        raise InvalidInput("ref", text)
    if all(price.currency != currency for price in default.prices):
        text = (
            f"{row.slug} has no price in {currency}: set one with "
            f"`plantly catalog set-price {default.sku} AMOUNT`, then publish it."
        )
        raise InvalidInput("ref", text)
