"""Derive again what listings and searches keep of products, from the rows as they are."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, bindparam, select

from plantly.db.repositories.catalog_writing.bulk import bulk_of
from plantly.db.repositories.catalog_writing.categories import Categories
from plantly.db.repositories.catalog_writing.existing import (
    KeptProduct,
    KeptVariant,
    ProductValues,
    Shelf,
)
from plantly.db.repositories.catalog_writing.facets import Facets
from plantly.db.repositories.catalog_writing.listing import list_price, search_texts_of, texts_of
from plantly.db.repositories.shop import ShopRepository
from plantly.db.search.index import SearchIndex
from plantly.db.tables import ProductRow
from plantly.domain.catalog import PublishState
from plantly.domain.words import fold

AT_ONCE = 500

_DERIVED = (
    *("sort_title", "list_price_minor", "price_from", "price_turns_at"),
    *("picture_path", "picture_alt"),
)
_DUE = (
    select(ProductRow.id)
    .where(ProductRow.price_turns_at <= bindparam("now"))
    .order_by(ProductRow.price_turns_at, ProductRow.id)
    .limit(AT_ONCE)
)
_OF_CATEGORY = (
    select(ProductRow.id)
    .where(ProductRow.category_id == bindparam("category"), ProductRow.id > bindparam("after"))
    .order_by(ProductRow.id)
    .limit(AT_ONCE)
)


class Listings:
    """Refreshes the derived columns of products, and what they are found by."""

    def __init__(self, connection: Connection, categories: Categories) -> None:
        self._connection = connection
        self._categories = categories
        self._bulk = bulk_of(connection)
        self._shelf = Shelf(connection)
        self._index = SearchIndex(connection)

    def due(self, now: datetime) -> list[int]:
        """Return some of the products of which a dated price has begun or ended."""
        return self._ids(_DUE, {"now": now})

    def in_category(self, category_id: int) -> Iterator[list[int]]:
        """Give all products of a category, a batch at a time."""
        after = 0
        while found := self._ids(_OF_CATEGORY, {"category": category_id, "after": after}):
            yield found
            after = found[-1]

    def refresh(self, product_ids: Iterable[int], now: datetime, *, words: bool = True) -> None:
        """Derive products again, at the prices of `now`.

        Without `words`, what they are found by stays as it is.
        """
        wanted = sorted(set(product_ids))
        shop = ShopRepository(self._connection)
        currency = shop.current().config.currency if shop.exists() else None
        for start in range(0, len(wanted), AT_ONCE):
            kept = self._shelf.products(wanted[start : start + AT_ONCE])
            rows, prices = [], []
            for product in kept.values():
                values = self._derived(product, currency, now)
                if values != product.values:
                    rows.append((product.id, *(getattr(values, name) for name in _DERIVED)))
                if values.list_price_minor != product.values.list_price_minor:
                    prices.append((product.id, values.list_price_minor))
            self._bulk.update(ProductRow, ("id", *_DERIVED), rows)
            self._index.list_at(prices)
            if words:
                self._make_findable(list(kept.values()))

    def _derived(self, product: KeptProduct, currency: str | None, now: datetime) -> ProductValues:
        on_sale = _on_sale(product)
        codes = [currency] if currency else sorted({c for v in on_sale for c in v.prices})
        prices = ((v.values.is_default, v.prices.get(code)) for code in codes[:1] for v in on_sale)
        price = list_price(prices, now)
        old = product.values
        picture = product.media[0][:2] if product.media else (None, None)
        return old._replace(
            sort_title=fold(old.title)[:200],
            # Without a price nothing is on sale, whatever the listing says.
            list_price_minor=price.amount_minor if price else old.list_price_minor,
            price_from=price.is_from if price else False,
            price_turns_at=price.turns_at if price else None,
            picture_path=picture[0],
            picture_alt=picture[1],
        )

    def _make_findable(self, products: Sequence[KeptProduct]) -> None:
        shown = [p for p in products if p.values.state is PublishState.ACTIVE]
        hidden = [p.id for p in products if p.values.state is not PublishState.ACTIVE]
        if hidden:
            self._index.remove(hidden)
        if shown:
            facets = Facets(self._connection, self._bulk).by_key
            self._categories.load((), (product.values.category_id for product in shown))
            of = self._categories.by_id
            self._index.put(
                (
                    p.id,
                    search_texts_of(p.values, of[p.values.category_id], facets, _texts(p)).entry(),
                )
                for p in shown
            )

    def _ids(self, statement: Select[int], values: dict[str, Any]) -> list[int]:
        return list(self._connection.execute(statement, values).scalars())


def _on_sale(product: KeptProduct) -> list[KeptVariant]:
    return [v for v in product.variants if v.values.state is PublishState.ACTIVE]


def _texts(product: KeptProduct) -> Iterator[tuple[str, ...]]:
    return (texts_of(variant.sku, variant.values) for variant in _on_sale(product))
