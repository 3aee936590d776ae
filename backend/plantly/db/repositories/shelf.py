"""What a line of a cart or an order says of a variant, read without a session: most reads do."""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, NamedTuple, cast

from sqlalchemy import Connection

from plantly.db.direct import Sql, fetch
from plantly.domain.catalog import PublishState, StockPolicy


class ShelfProduct(NamedTuple):
    """The product of a variant."""

    id: int
    slug: str
    title: str
    category: str
    """The slug of its category."""
    tags: frozenset[str]
    undeliverable: frozenset[str]
    state: PublishState
    picture_path: str | None
    picture_alt: str | None


class ShelfStock(NamedTuple):
    """The units of a variant."""

    on_hand: int
    reserved: int
    policy: StockPolicy
    backorder_limit: int
    available_at: datetime | None


class ShelfPrice(NamedTuple):
    """The price of a variant in one currency."""

    currency: str
    amount_minor: int
    compare_at_minor: int | None
    starts_at: datetime | None
    ends_at: datetime | None


class ShelfVariant(NamedTuple):
    """A variant with all that a line says of it."""

    id: int
    handle: str
    sku: str
    title: str
    weight_g: int
    state: PublishState
    product: ShelfProduct
    stock: ShelfStock
    prices: tuple[ShelfPrice, ...]


_TEXT = (
    "SELECT v.id, v.handle, v.sku, v.title, v.weight_g, v.state,"
    " p.id, p.slug, p.title, c.slug, p.tags, p.undeliverable, p.state,"
    " p.picture_path, p.picture_alt,"
    " s.on_hand, s.reserved, s.policy, s.backorder_limit, s.available_at,"
    " x.currency, x.amount_minor, x.compare_at_minor, x.starts_at, x.ends_at"
    " FROM variants v JOIN products p ON p.id = v.product_id"
    " JOIN categories c ON c.id = p.category_id JOIN stock s ON s.variant_id = v.id"
    " LEFT JOIN prices x ON x.variant_id = v.id WHERE {which}"
)
_PRODUCT, _STOCK, _PRICE = slice(6, 15), slice(15, 20), slice(20, 25)
_STATES = {state.value: state for state in PublishState}
_POLICIES = {policy.value: policy for policy in StockPolicy}
_ON_SALE = "v.state = 'active' AND p.state = 'active'"


def _statements(which: str) -> Mapping[bool, Sql]:
    """Return the question by whether SQLite is asked."""
    lists = {True: "IN (SELECT value FROM json_each(:wanted))", False: "= ANY(:wanted)"}
    return {
        is_sqlite: Sql(_TEXT.format(which=which.format(among=among)))
        for is_sqlite, among in lists.items()
    }


_BY_ID = _statements("v.id {among}")
_BY_HANDLE = _statements(f"v.handle {{among}} AND {_ON_SALE}")
_DEFAULTS = _statements(f"p.slug {{among}} AND v.is_default AND {_ON_SALE}")


class ShelfRepository:
    """Reads variants as they are at this moment. `settle` sends first what is still unsent."""

    def __init__(self, connection: Connection, settle: Callable[[], None]) -> None:
        self._connection = connection
        self._settle = settle

    def by_id(self, ids: Iterable[int]) -> Mapping[int, ShelfVariant]:
        """Return variants by row id, published or not."""
        return {row.id: row for row in self._read(_BY_ID, list(ids))}

    def by_handle(self, handles: Iterable[str]) -> dict[str, ShelfVariant]:
        """Return variants that are on sale, by handle."""
        return {row.handle: row for row in self._read(_BY_HANDLE, list(handles))}

    def defaults(self, slugs: Iterable[str]) -> dict[str, ShelfVariant]:
        """Return the default variant of each product that is on sale, by the product's slug."""
        return {row.product.slug: row for row in self._read(_DEFAULTS, list(slugs))}

    def _read(self, statements: Mapping[bool, Sql], wanted: list[Any]) -> Iterable[ShelfVariant]:
        if not wanted:
            return ()
        self._settle()
        statement = statements[self._connection.dialect.name == "sqlite"]
        found: dict[int, ShelfVariant] = {}
        for row in fetch(self._connection, statement, {"wanted": wanted}):
            known = found.get(row[0])
            if known is None:
                found[row[0]] = _variant(row)
            else:
                found[row[0]] = known._replace(prices=(*known.prices, *_prices(row)))
        return found.values()


def _variant(row: Sequence[Any]) -> ShelfVariant:
    id_, slug, title, category, tags, undeliverable, state, path, alt = row[_PRODUCT]
    product = ShelfProduct(
        id_, slug, title, category, _names(tags), _names(undeliverable), _STATES[state], path, alt
    )
    on_hand, reserved, policy, backorder_limit, available_at = row[_STOCK]
    stock = ShelfStock(on_hand, reserved, _POLICIES[policy], backorder_limit, _moment(available_at))
    id_, handle, sku, title, weight_g, state = row[:6]
    return ShelfVariant(
        id_, handle, sku, title, weight_g, _STATES[state], product, stock, _prices(row)
    )


def _prices(row: Sequence[Any]) -> tuple[ShelfPrice, ...]:
    currency, amount, compare_at, starts_at, ends_at = row[_PRICE]
    if currency is None:
        return ()
    return (ShelfPrice(currency, amount, compare_at, _moment(starts_at), _moment(ends_at)),)


def _names(document: str | list[str]) -> frozenset[str]:
    """Return the names of a list, which PostgreSQL's driver has read already."""
    return _names_in(document) if isinstance(document, str) else frozenset(document)


@lru_cache(4096)
def _names_in(text: str) -> frozenset[str]:
    # Most products share theirs with others.
    return frozenset(json.loads(text))


def _moment(value: Any) -> datetime | None:
    if value is None:
        return None
    moment = datetime.fromisoformat(value).replace(tzinfo=UTC) if type(value) is str else value
    return cast("datetime", moment)
