"""Products that can be written together, because no two of them are about the same names."""

from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Connection

from plantly.db.repositories.catalog_writing.bulk import bulk_of
from plantly.db.repositories.catalog_writing.categories import Categories
from plantly.db.repositories.catalog_writing.changes import Changes
from plantly.db.repositories.catalog_writing.existing import KeptProduct, Shelf
from plantly.db.repositories.catalog_writing.facets import Facets
from plantly.db.repositories.catalog_writing.handles import give_handles
from plantly.db.repositories.catalog_writing.listing import search_texts_of, texts_of
from plantly.db.repositories.catalog_writing.order import rounds_of
from plantly.db.repositories.catalog_writing.plan import Item, Names, PlannedProduct, Planner
from plantly.db.search.index import Prepared, SearchIndex
from plantly.db.tables import ProductRow, VariantRow
from plantly.domain.catalog import COLLECTION, PublishState
from plantly.domain.catalog_checks import (
    MAX_CATEGORY,
    MAX_HANDLE,
    MAX_SLUG,
    Found,
    is_storable,
    problems_of,
)
from plantly.domain.catalog_document import DEFAULT_CATEGORY
from plantly.domain.catalog_writing import BatchResult, WriteProblem, WriteRules
from plantly.domain.groundwork import Groundwork


@dataclass(slots=True)
class _Draft:
    """What a round comes to: products as they shall be, and those that cannot be written."""

    planned: list[PlannedProduct] = field(default_factory=list)
    refused: list[KeptProduct] = field(default_factory=list)
    """Those among them that the shop has."""
    problems: list[WriteProblem] = field(default_factory=list)


class Rounds:
    """Writes products round by round on one connection."""

    def __init__(
        self, connection: Connection, categories: Categories, rules: WriteRules, now: datetime
    ) -> None:
        self._bulk = bulk_of(connection)
        self._shelf = Shelf(connection)
        self._index = SearchIndex(connection)
        self._facets = Facets(connection, self._bulk)
        self._categories = categories
        self._rules = rules
        self._now = now
        self._groundwork: Groundwork | None = None

    def build_on(self, groundwork: Groundwork | None) -> None:
        """Use what was worked out of the products that are to be written, where it fits."""
        self._groundwork = groundwork

    def write(self, items: Sequence[Item], first_position: int) -> BatchResult:
        """Write products; return what became of them."""
        names = self._whose(items)
        result = BatchResult()
        for number, together in enumerate(rounds_of(items, names)):
            # What was written before may have changed whose the names are.
            whose = self._whose(together) if number else names
            result = result.plus(self._write(self._draft(together, first_position, whose)))
        return result

    def _write(self, draft: _Draft) -> BatchResult:
        changes = Changes(self._bulk, self._facets, self._rules, self._now)
        if any(COLLECTION in product.values.facet_values for product in draft.planned):
            self._facets.make_collection()
        self._name(draft.planned)
        new = sum(v.kept is None for product in draft.planned for v in product.variants)
        variant_ids = self._bulk.fresh_ids(VariantRow, new)[::-1]
        for product in draft.planned:
            changes.add(product, variant_ids)
        # What the products are found by is put together while the database writes them.
        with ThreadPoolExecutor(1) as aside:
            entries = aside.submit(self._entries, draft.planned)
            changes.write()
            self._mark_seen(draft.refused)
        self._make_findable(draft.planned, entries.result())
        return BatchResult(
            changes.created,
            changes.updated,
            changes.unchanged,
            tuple(draft.problems),
            changes.moved,
        )

    def _draft(self, items: Sequence[Item], first_position: int, names: Names) -> _Draft:
        draft = _Draft()
        meant = [next(names.owners(item.document), None) for item in items]
        kept = self._kept(items, meant)
        planner = Planner(self._rules, self._now, self._facets, self._categories, names)
        for item, product_id in zip(items, meant, strict=True):
            before = kept[product_id] if product_id is not None else None
            place = item.document.place
            position = first_position + item.index if place is None else place
            wrong = self._problems_of(item)
            product = None
            if not wrong:
                product, wrong = planner.plan(item, before, position)
            if product is not None:
                draft.planned.append(product)
            elif before is not None:
                draft.refused.append(before)
            draft.problems += (WriteProblem(item.index, *found) for found in wrong)
        draft.problems += planner.notes(draft.planned)
        return draft

    def _problems_of(self, item: Item) -> Sequence[Found]:
        done = self._groundwork
        return problems_of(item.document) if done is None else done.problems[item.index]

    def _whose(self, items: Sequence[Item]) -> Names:
        variants = [v for item in items for v in item.document.variants]
        ids = (v.id for v in variants if v.id is not None)
        return Names(
            self._shelf.ids_by_slug(_storable(item.document.slug for item in items)),
            self._shelf.owners_by_sku(_storable(variant.sku for variant in variants)),
            self._shelf.owners_by_handle(_storable(ids)),
        )

    def _kept(
        self, items: Sequence[Item], product_ids: Iterable[int | None]
    ) -> dict[int, KeptProduct]:
        wanted = [i for i in product_ids if i is not None]
        kept = self._shelf.products(wanted, with_stock=self._rules.stock == "set")
        self._shelf.look_for_pruned(kept.values())
        shelves = (item.document.category or DEFAULT_CATEGORY for item in items)
        self._categories.load(
            (c for c in shelves if is_storable(c.slug + c.name, MAX_SLUG + MAX_CATEGORY)),
            (product.values.category_id for product in kept.values()),
        )
        return kept

    def _name(self, planned: Sequence[PlannedProduct]) -> None:
        """Give ids to new products, and public ids to new variants that have none."""
        new = [product for product in planned if product.kept is None]
        ids = self._bulk.fresh_ids(ProductRow, len(new))
        for product, product_id in zip(new, ids, strict=True):
            product.id = product_id
        variants = [variant for product in planned for variant in product.variants]
        claimed = {variant.values.handle for variant in variants}
        give_handles(variants, claimed, self._shelf.owners_by_handle)

    def _mark_seen(self, refused: Sequence[KeptProduct]) -> None:
        """Let a source that has a product, though a wrong one, not count as one that lacks it."""
        run_id = self._rules.run_id
        if run_id is not None:
            self._bulk.update(
                ProductRow, ("id", "seen_in"), [(product.id, run_id) for product in refused]
            )

    def _entries(self, planned: Sequence[PlannedProduct]) -> Prepared:
        """Return what products are found by now and were not before; asks the database nothing."""
        facets, categories, done = self._facets.by_key, self._categories.by_id, self._groundwork
        wanted = [
            product
            for product in planned
            if product.values.state is PublishState.ACTIVE and _words_differ(product)
        ]
        texts = {
            product.item.index: search_texts_of(
                product.values,
                categories[product.values.category_id],
                facets,
                (v.texts for v in product.variants),
            )
            for product in wanted
        }
        if done is not None and done.fits(texts):
            return self._index.prepare_from({p.id: p.item.index for p in wanted}, done)
        return self._index.prepare((p.id, texts[p.item.index].entry()) for p in wanted)

    def _make_findable(self, planned: Sequence[PlannedProduct], entries: Prepared) -> None:
        hidden = [
            product.id
            for product in planned
            if product.values.state is not PublishState.ACTIVE
            and product.kept
            and product.kept.values.state is PublishState.ACTIVE
        ]
        self._index.list_at(
            (product.id, product.values.list_price_minor)
            for product in planned
            if product.kept
            and product.kept.values.list_price_minor != product.values.list_price_minor
        )
        if entries.wanted:
            self._index.put_prepared(entries)
        if hidden:
            self._index.remove(hidden)


def _storable(names: Iterable[str]) -> Iterator[str]:
    return (name for name in names if is_storable(name, MAX_HANDLE))


def _words_differ(product: PlannedProduct) -> bool:
    """Say whether a product is to be found by other words than before."""
    kept, new = product.kept, product.values
    if kept is None:
        return True
    old = kept.values
    # Neither its price nor its place among the others is a word.
    same = old._replace(
        list_price_minor=new.list_price_minor,
        price_from=new.price_from,
        price_turns_at=new.price_turns_at,
        picture_path=new.picture_path,
        picture_alt=new.picture_alt,
    )
    if same != new:
        return True
    on_sale = (v for v in kept.variants if v.values.state is PublishState.ACTIVE)
    before = [texts_of(variant.sku, variant.values) for variant in on_sale]
    return before != [variant.texts for variant in product.variants]
