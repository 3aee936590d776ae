"""What shall become of each product of a batch: decided before anything is written."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from plantly.db.repositories.catalog_writing.categories import Categories
from plantly.db.repositories.catalog_writing.existing import (
    KeptProduct,
    KeptVariant,
    Media,
    ProductValues,
    Stock,
    VariantValues,
)
from plantly.db.repositories.catalog_writing.facets import Facets, FacetValues
from plantly.db.repositories.catalog_writing.listing import ListPrice, list_price, texts_of
from plantly.domain.catalog import UNTRACKED_LIMIT, PublishState, StockPolicy
from plantly.domain.catalog_checks import Found
from plantly.domain.catalog_document import (
    DEFAULT_CATEGORY,
    MediaDocument,
    PriceDocument,
    ProductDocument,
    StockDocument,
    VariantDocument,
)
from plantly.domain.catalog_price import PriceNow, price_at
from plantly.domain.catalog_writing import WriteProblem, WriteRules
from plantly.domain.groundwork import title_as_new
from plantly.domain.words import fold

_AHEAD = frozenset({StockPolicy.BACKORDER, StockPolicy.PREORDER})

PARKED = "~"
"""What the public id of a variant begins with that lost its own to another one."""


@dataclass(frozen=True, slots=True)
class Item:
    """A product of the batch, and where it stands in it."""

    index: int
    document: ProductDocument


@dataclass(slots=True)
class Names:
    """Whose the names are that the products of a round use."""

    by_slug: dict[str, int]
    by_sku: dict[str, int]
    by_handle: dict[str, int]

    def owners(self, document: ProductDocument) -> Iterator[int]:
        """Give the products that a document can mean: the first is meant."""
        found = self.by_slug.get(document.slug)
        if found is not None:
            yield found
        for variant in document.variants:
            if variant.sku in self.by_sku:
                yield self.by_sku[variant.sku]

    def all_owners(self, document: ProductDocument) -> set[int]:
        """Return the products that have any name of a document."""
        by_handle = self.by_handle
        ids = (v.id for v in document.variants if v.id is not None)
        return {*self.owners(document), *(by_handle[name] for name in ids if name in by_handle)}


@dataclass(slots=True)
class PlannedVariant:
    """A variant as it shall be. Without a `handle` it gets one made of `handle_from`."""

    sku: str
    kept: KeptVariant | None
    values: VariantValues
    prices: dict[str, PriceDocument]
    stock: Stock | None
    """To be written; None leaves it."""
    texts: tuple[str, ...]
    handle_from: str


@dataclass(slots=True)
class PlannedProduct:
    """A product as it shall be."""

    item: Item
    kept: KeptProduct | None
    slug: str
    values: ProductValues
    variants: list[PlannedVariant]
    media: list[Media] | None
    """None leaves them."""
    position: int
    id: int = 0


@dataclass(slots=True)
class Planner:
    """Merges documents into what the shop has."""

    rules: WriteRules
    now: datetime
    facets: Facets
    categories: Categories
    names: Names
    found: list[tuple[int, Found]] = field(default_factory=list)
    """What is wrong, but does not keep a product from being written."""

    def notes(self, planned: Iterable[PlannedProduct]) -> Iterator[WriteProblem]:
        """Give what is wrong with products that are written all the same."""
        written = {product.item.index for product in planned}
        return (WriteProblem(i, *found, dropped=False) for i, found in self.found if i in written)

    def plan(
        self, item: Item, kept: KeptProduct | None, position: int
    ) -> tuple[PlannedProduct | None, list[Found]]:
        """Return the product as it shall be, or what is wrong with it."""
        document = item.document
        old = kept.values if kept else None
        problems = list(self._conflicts(document, kept))
        facet_values, wrong = self.facets.read(document, old.facet_values if old else None)
        problems += wrong
        if problems:
            return None, problems
        slug = kept.slug if kept else document.slug
        variants = self._variants(item, kept, slug)
        sold = ((v.values.is_default, v.prices.get(self.rules.currency)) for v in variants)
        problems += (
            ("prices", f"{v.sku} has no price in {self.rules.currency}: give it one.")
            for v in variants
            if self.rules.currency not in v.prices
        )
        price = list_price(sold, self.now)
        if problems or price is None:
            return None, problems
        media = None
        if document.media is not None:
            media = _media(document.media, kept.media if kept else ())
        values = self._values(document, old, (facet_values, media, price))
        if kept and kept.was_pruned and document.state is None:
            # It is back in the source that had lost it.
            values = values._replace(state=PublishState.ACTIVE)
        own_id = kept.id if kept else 0
        return PlannedProduct(item, kept, slug, values, variants, media, position, own_id), []

    def _conflicts(self, document: ProductDocument, kept: KeptProduct | None) -> Iterator[Found]:
        own = kept.id if kept else None
        by_handle = {v.values.handle: v for v in kept.variants} if kept else {}
        keeping = {v.sku for v in document.variants if v.id is None}
        for variant in document.variants:
            if self.names.by_sku.get(variant.sku, own) != own:
                yield "sku", f"SKU {variant.sku} belongs to another product: give it its own."
            if variant.id is None:
                continue
            if self.names.by_handle.get(variant.id, own) != own:
                yield "id", f"Variant id {variant.id} belongs to another product: give it its own."
            holder = by_handle.get(variant.id)
            if holder and holder.sku != variant.sku and holder.sku in keeping:
                yield "id", f"Variant id {variant.id} belongs to SKU {holder.sku}: give it its own."

    def _values(
        self,
        document: ProductDocument,
        old: ProductValues | None,
        derived: tuple[FacetValues, list[Media] | None, ListPrice],
    ) -> ProductValues:
        facet_values, media, price = derived
        if document.category is not None or old is None:
            category_id = self.categories.id_of(document.category or DEFAULT_CATEGORY)
        else:
            category_id = old.category_id
        picture: tuple[str | None, str | None] = (None, None)
        if media is not None:
            picture = media[0][:2] if media else picture
        elif old is not None:
            picture = old.picture_path, old.picture_alt
        title = document.title
        same = old is not None and old.title == title
        return ProductValues(
            title=title,
            brand=_text(document.brand, old.brand if old else ""),
            description=_text(document.description, old.description if old else ""),
            care=_text(document.care, old.care if old else ""),
            tags=_list(document.tags, old.tags if old else []),
            category_id=category_id,
            option_names=list(document.options),
            undeliverable=_list(document.undeliverable, old.undeliverable if old else []),
            state=document.state or (old.state if old else PublishState.ACTIVE),
            sort_title=old.sort_title if old and same else fold(title)[:200],
            list_price_minor=price.amount_minor,
            price_from=price.is_from,
            price_turns_at=price.turns_at,
            facet_values=facet_values,
            picture_path=picture[0],
            picture_alt=picture[1],
        )

    def _variants(self, item: Item, kept: KeptProduct | None, slug: str) -> list[PlannedVariant]:
        by_sku = {variant.sku: variant for variant in kept.variants} if kept else {}
        return [
            self._variant(item, by_sku.get(variant.sku), (slug, position), variant)
            for position, variant in zip(
                _places(item.document, kept), item.document.variants, strict=True
            )
        ]

    def _variant(
        self,
        item: Item,
        kept: KeptVariant | None,
        place: tuple[str, int],
        document: VariantDocument,
    ) -> PlannedVariant:
        slug, position = place
        old = kept.values if kept else None
        handle = document.id or (old.handle if old else "")
        values = VariantValues(
            handle="" if handle.startswith(PARKED) and not document.id else handle,
            title=_title(document, old),
            option_values=list(document.options),
            gtin=_text(document.gtin, old.gtin if old else ""),
            is_default=document.default,
            position=position,
            weight_g=_number(document.weight_g, old.weight_g if old else 0),
            state=PublishState.ACTIVE,
        )
        prices: dict[str, PriceDocument] = dict(kept.prices) if kept else {}
        prices.update(
            (price.currency, price)
            for price in document.prices
            if not (price.of_the_moment and self._is_so_now(kept, price))
        )
        return PlannedVariant(
            sku=document.sku,
            kept=kept,
            values=values,
            prices=prices,
            stock=self._stock(item, kept, document),
            texts=texts_of(document.sku, values),
            handle_from="" if values.handle else " ".join((slug, *document.options)),
        )

    def _is_so_now(self, kept: KeptVariant | None, said: PriceDocument) -> bool:
        """Say whether the price with dates that there is comes to what is said at this moment."""
        price = kept.prices.get(said.currency) if kept else None
        if price is None or not (price.starts_at or price.ends_at):
            return False
        dates = price.starts_at, price.ends_at
        at_present = price_at(price.amount_minor, price.compare_at_minor, *dates, now=self.now)
        return at_present == PriceNow(said.amount_minor, said.compare_at_minor)

    def _stock(
        self, item: Item, kept: KeptVariant | None, document: VariantDocument
    ) -> Stock | None:
        if kept is None:
            return _stock(document.stock or StockDocument(), 0)
        if self.rules.stock == "new" or document.stock is None or kept.stock is None:
            return None
        stock = _told(document.stock, kept.stock)
        if kept.reserved > stock.on_hand + stock.backorder_limit:
            told = f"The stock of {kept.sku} stays: {kept.reserved} units of it are being bought."
            self.found.append((item.index, ("stock", told)))
            return None
        return None if stock == kept.stock else stock


def _media(given: Iterable[MediaDocument], kept: Iterable[Media]) -> list[Media]:
    """Return pictures; one that was there keeps what the source does not say of it."""
    before = {file: (alt, width, height) for file, alt, width, height in kept}
    media: list[Media] = []
    for picture in given:
        alt, width, height = before.get(picture.file, ("", 0, 0))
        size = (picture.width, picture.height) if picture.width else (width, height)
        media.append((picture.file, picture.alt or alt, *size))
    return media


def _places(document: ProductDocument, kept: KeptProduct | None) -> list[int]:
    """Return where each variant stands: as before, if only the default was put first."""
    places = list(range(len(document.variants)))
    if kept is None or not document.leads_with_default:
        return places
    active = [v for v in kept.variants if v.values.state is PublishState.ACTIVE]
    before = sorted(active, key=lambda v: v.values.position)
    led = sorted(before, key=lambda v: not v.values.is_default)
    told = [variant.sku for variant in document.variants]
    if [v.sku for v in led] != told:
        return places
    here = {v.sku: i for i, v in enumerate(before)}
    return [here[sku] for sku in told]


def _title(document: VariantDocument, old: VariantValues | None) -> str:
    if document.title is None and old and old.option_values == list(document.options):
        return old.title
    return title_as_new(document)


def _told(document: StockDocument, kept: Stock) -> Stock:
    """Return the stock of a variant that exists, as the source has it."""
    if document.policy is None:
        return kept if document.on_hand is None else kept._replace(on_hand=document.on_hand)
    told = _stock(document, kept.on_hand)
    if document.unsaid and kept.policy in _AHEAD:
        told = told._replace(**{name: getattr(kept, name) for name in document.unsaid})
        # The units that are owed are a limit, too.
        told = told._replace(backorder_limit=max(told.backorder_limit, -told.on_hand))
    return told


def _stock(document: StockDocument, units: int) -> Stock:
    policy = document.policy
    if policy is None:
        policy = StockPolicy.UNTRACKED if document.on_hand is None else StockPolicy.DENY
    limit = document.backorder_limit
    if policy is StockPolicy.DENY:
        limit = 0
    elif policy is StockPolicy.UNTRACKED:
        limit = UNTRACKED_LIMIT
    units = units if document.on_hand is None else document.on_hand
    return Stock(units, policy, limit, document.available_at)


def _text(given: str | None, kept: str) -> str:
    return kept if given is None else given


def _number(given: int | None, kept: int) -> int:
    return kept if given is None else given


def _list(given: Sequence[str] | None, kept: list[str]) -> list[str]:
    return kept if given is None else list(given)
