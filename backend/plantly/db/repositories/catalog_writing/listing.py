"""What a listing and a search keep of a product, derived from what belongs to it."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import NamedTuple

from plantly.db.repositories.catalog_writing.existing import ProductValues, VariantValues
from plantly.domain.catalog import Facet
from plantly.domain.catalog_document import CategoryDocument, PriceDocument
from plantly.domain.catalog_price import next_turn, price_at
from plantly.domain.groundwork import OwnTexts, SearchTexts, search_texts


class ListPrice(NamedTuple):
    """The price in a listing: of the default variant."""

    amount_minor: int
    is_from: bool
    """Other variants cost more, and none costs less."""
    turns_at: datetime | None
    """When it must be derived again."""


def texts_of(sku: str, values: VariantValues) -> tuple[str, ...]:
    """Return what a variant is found by."""
    return values.title, sku, *values.option_values, values.gtin


def list_price(
    variants: Iterable[tuple[bool, PriceDocument | None]], now: datetime
) -> ListPrice | None:
    """Return the price in a listing at a moment; None when the default variant has none.

    Of each variant on sale it is asked whether it is the default, and the price.
    """
    chosen: int | None = None
    turns: list[datetime] = []
    amounts: list[int] = []
    for is_default, price in variants:
        if price is None:
            continue
        amount = price.amount_minor
        if price.starts_at is not None or price.ends_at is not None:
            dates = price.starts_at, price.ends_at
            amount = price_at(amount, price.compare_at_minor, *dates, now=now).amount_minor
            turn = next_turn(*dates, now=now)
            turns += () if turn is None else (turn,)
        amounts.append(amount)
        if is_default:
            chosen = amount
    if chosen is None:
        return None
    return ListPrice(chosen, chosen == min(amounts) < max(amounts), min(turns, default=None))


def search_texts_of(
    values: ProductValues,
    category: CategoryDocument,
    facets: Mapping[str, Facet],
    texts: Iterable[tuple[str, ...]],
) -> SearchTexts:
    """Return what a product is found by; `texts` are those of its variants on sale."""
    own = OwnTexts(
        values.title,
        values.brand,
        values.description,
        values.care,
        values.tags,
        values.facet_values,
    )
    return search_texts(own, category, facets, texts)
