"""Products and variants, read with all that a caller needs of them."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, exists, func, or_, select
from sqlalchemy.orm import joinedload, selectinload

from plantly.db.rows import Reading
from plantly.db.session import DirectSession
from plantly.db.tables import CategoryRow, PriceRow, ProductRow, StockRow, VariantRow
from plantly.domain.catalog import Picture, PublishState

# What a line of a cart or an order says about a product; a description may be long.
_SHOWN = {
    "p": (
        "id",
        "slug",
        "title",
        "tags",
        "category_id",
        "undeliverable",
        "state",
        "picture_path",
        "picture_alt",
    ),
    "c": ("id", "slug"),
}
# Built once: building a statement costs more than running it.
_WANTED: Any = bindparam("wanted", expanding=True)
_PRODUCTS = (
    select(ProductRow)
    .where(ProductRow.slug.in_(_WANTED), ProductRow.state == PublishState.ACTIVE)
    .options(
        joinedload(ProductRow.category),
        selectinload(ProductRow.media),
        selectinload(ProductRow.variants).options(
            selectinload(VariantRow.prices), joinedload(VariantRow.stock)
        ),
    )
)
_BY_HANDLE, _DEFAULTS = (
    Reading(
        "SELECT {v}, {p}, {c}, {s}, {x} FROM variants v JOIN products p ON p.id = v.product_id"  # noqa: S608 - words of ours
        " JOIN categories c ON c.id = p.category_id LEFT JOIN stock s ON s.variant_id = v.id"
        f" LEFT JOIN prices x ON x.variant_id = v.id WHERE {which}",
        v=VariantRow,
        p=ProductRow,
        c=CategoryRow,
        s=StockRow,
        x=PriceRow,
        only=_SHOWN,
    )
    for which in (
        "v.handle = ANY(?) AND v.state = 'active' AND p.state = 'active'",
        "p.slug = ANY(?) AND v.is_default AND v.state = 'active' AND p.state = 'active'",
    )
)
_PICTURES = select(ProductRow.slug, ProductRow.picture_path, ProductRow.picture_alt).where(
    ProductRow.slug.in_(_WANTED)
)
_NAMED = (
    select(VariantRow.handle, VariantRow.sku, ProductRow.slug)
    .join(VariantRow.product)
    .where(
        or_(VariantRow.handle.in_(_WANTED), VariantRow.sku.in_(_WANTED)),
        VariantRow.state == PublishState.ACTIVE,
        ProductRow.state == PublishState.ACTIVE,
    )
)
_STATE = select(ProductRow.state).where(ProductRow.slug == bindparam("slug"))
_LAST = select(func.max(ProductRow.id))
_ADDRESSES = (
    select(ProductRow.slug, ProductRow.updated_at)
    .where(
        ProductRow.id >= bindparam("least", type_=ProductRow.id.type),
        ProductRow.id < bindparam("most", type_=ProductRow.id.type),
        ProductRow.state == PublishState.ACTIVE,
    )
    .order_by(ProductRow.id)
)
_CATEGORIES = select(CategoryRow.slug, CategoryRow.name).order_by(CategoryRow.position)


class CatalogRepository:
    """Reads the published catalog."""

    def __init__(self, session: DirectSession) -> None:
        self._session = session

    def products(self, slugs: Iterable[str]) -> dict[str, ProductRow]:
        """Return published products by slug, with category, media, variants, prices and stock."""
        rows = self._session.scalars(_PRODUCTS, {"wanted": list(slugs)})
        return {row.slug: row for row in rows}

    def variants(self, handles: Iterable[str]) -> dict[str, VariantRow]:
        """Return sellable variants by handle, with product, price and stock."""
        wanted = list(handles)
        if not wanted:
            return {}
        return {row.handle: row for row in self._for_sale(_BY_HANDLE, wanted)}

    def default_variants(self, slugs: Iterable[str]) -> dict[str, VariantRow]:
        """Return the default variant of each product, by the product's slug."""
        wanted = list(slugs)
        if not wanted:
            return {}
        return {row.product.slug: row for row in self._for_sale(_DEFAULTS, wanted)}

    def find_variants(self, names: Iterable[str]) -> dict[str, tuple[str, str]]:
        """Return product slug and variant handle by a variant's handle, else by its SKU."""
        wanted = list(names)
        if not wanted:
            return {}
        rows = self._session.execute(_NAMED, {"wanted": wanted}).all()
        by_sku = {sku: (slug, handle) for handle, sku, slug in rows if sku in wanted}
        return by_sku | {handle: (slug, handle) for handle, _, slug in rows if handle in wanted}

    def state(self, slug: str) -> PublishState | None:
        """Return whether shoppers see a product, or None when there is none."""
        return self._session.scalars(_STATE, {"slug": slug}).one_or_none()

    def address_parts(self, size: int) -> list[int]:
        """Return the parts of the catalog, by so many ids each, that hold published products."""
        last = self._session.scalars(_LAST).one() or 0
        return [part for part in range(last // size + 1) if self._holds(part, size)]

    def addresses(self, part: int, size: int) -> Sequence[tuple[str, datetime]]:
        """Return slug and last change of the published products of one part."""
        bounds = {"least": part * size, "most": (part + 1) * size}
        return [(slug, at) for slug, at in self._session.execute(_ADDRESSES, bounds)]

    def _holds(self, part: int, size: int) -> bool:
        bounds = {"least": part * size, "most": (part + 1) * size}
        return self._session.execute(_ADDRESSES.limit(1), bounds).first() is not None

    def _for_sale(self, reading: Reading, wanted: list[Any]) -> Iterable[VariantRow]:
        """Return variants with all that a line says of them, from one statement."""
        prices: dict[VariantRow, list[PriceRow]] = {}
        for variant, product, category, stock, price in self._session.read_rows(reading, wanted):
            known = prices.setdefault(variant, [])
            if price is not None:
                known.append(price)
            if len(known) > 1:
                continue
            self._session.relate(product, "category", category)
            self._session.relate(variant, "product", product)
            self._session.relate(variant, "stock", stock)
        for variant, known in prices.items():
            self._session.relate(variant, "prices", known)
        return prices

    def pictures(self, slugs: Iterable[str]) -> dict[str, Picture]:
        """Return the first picture of products by slug, published or not."""
        rows = self._session.execute(_PICTURES, {"wanted": list(slugs)})
        return {slug: Picture(path, alt or "") for slug, path, alt in rows if path}

    def category_names(self) -> Sequence[tuple[str, str]]:
        """Return slug and name of every category, in the order of the shelves."""
        return [(slug, name) for slug, name in self._session.execute(_CATEGORIES)]

    def count(self) -> int:
        """Return the number of products, whatever their state."""
        return self._session.scalars(select(func.count()).select_from(ProductRow)).one()

    def count_without_price(self, currency: str) -> int:
        """Return the number of variants on sale that have no price in a currency."""
        priced = exists().where(PriceRow.variant_id == VariantRow.id, PriceRow.currency == currency)
        return self._session.scalars(
            select(func.count())
            .select_from(VariantRow)
            .where(VariantRow.state == PublishState.ACTIVE, ~priced)
        ).one()
