"""The catalog as documents, and what the formats have to know of the shop."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from plantly.db import UnitOfWork
from plantly.db.repositories.catalog_reader import Batch, Bookmark
from plantly.domain.catalog import Facet
from plantly.domain.catalog_document import (
    CatalogHead,
    CategoryDocument,
    PriceDocument,
    ProductDocument,
    VariantDocument,
)
from plantly.domain.money import Currency, Money
from plantly.domain.shop import ShopConfig

BATCH = 500
"""Products that an export reads at a time."""

# Other commas in an address are not taken for the end of it.
_COMMA_OF_LIST = re.compile(r",(?=\s*(?:https?:)?//)", re.IGNORECASE)


class Writer(Protocol):
    """Writes a catalog as text: the start, one product after the other, the end."""

    def start(self) -> str:
        """Return what stands before the first product."""

    def product(self, product: ProductDocument) -> str:
        """Return a product."""

    def end(self) -> str:
        """Return what stands after the last product."""


@dataclass(frozen=True, slots=True)
class ExportContext:
    """The shop that an export is of."""

    config: ShopConfig
    head: CatalogHead
    public_url: str
    now: datetime

    @property
    def currency(self) -> Currency:
        """Return the currency that the shop sells in."""
        return self.config.currency

    @property
    def facets(self) -> tuple[Facet, ...]:
        """Return the facets of the catalog."""
        return self.head.facets

    @property
    def categories(self) -> tuple[CategoryDocument, ...]:
        """Return the shelves of the shop."""
        return self.head.categories

    def picture_address(self, file: str) -> str:
        """Return the whole address of a picture."""
        if file.lower().startswith(("http://", "https://")):
            return file
        return f"{media_url(self.public_url)}{file}"

    def picture_addresses(self, product: ProductDocument) -> list[str]:
        """Return the addresses of a product's pictures, for lists that commas divide."""
        addresses = (self.picture_address(media.file) for media in product.media or ())
        return [_COMMA_OF_LIST.sub("%2C", address) for address in addresses]

    def page_address(self, slug: str) -> str:
        """Return the address of a product's page."""
        return f"{self.public_url}/p/{slug}"

    def price(self, variant: VariantDocument) -> PriceDocument | None:
        """Return the price in the shop's currency; what has none is not for sale."""
        return next((p for p in variant.prices if p.currency == self.currency), None)

    def priced(self, product: ProductDocument) -> list[tuple[VariantDocument, PriceDocument]]:
        """Return the variants that are for sale, with their prices."""
        prices = ((variant, self.price(variant)) for variant in product.variants)
        return [(variant, price) for variant, price in prices if price is not None]

    def default_first(
        self, product: ProductDocument
    ) -> list[tuple[VariantDocument, PriceDocument]]:
        """Return the same for formats that cannot mark the default: they take the first for it."""
        return sorted(self.priced(product), key=lambda pair: not pair[0].default)


def export_context(uow: UnitOfWork, public_url: str) -> ExportContext:
    """Return what exports have to know of the shop.

    Raises:
        ShopNotReady: `shop.toml` was never applied.
    """
    config = uow.shop.current().config
    return ExportContext(config, uow.catalog_reader.head(config.currency), public_url, uow.now)


def documents(uow: UnitOfWork, *, everything: bool = False) -> Iterator[ProductDocument]:
    """Return the products in the order of the shop window, each with everything set.

    With `everything` the drafts and the archived follow.
    """
    after: Bookmark | None = Bookmark()
    while after is not None:
        batch = uow.catalog_reader.batch(after, BATCH, everything=everything)
        yield from batch.products
        after = batch.after


def first_page() -> Bookmark | None:
    """Return where a reading in pages begins; it ends at None."""
    return Bookmark()


def next_for_sale(uow: UnitOfWork, after: Bookmark, limit: int) -> Batch:
    """Return the next products that shoppers see, with the units that nobody holds."""
    return uow.catalog_reader.batch(after, limit, everything=False, free=True)


def media_url(public_url: str) -> str:
    """Return the address below which the shop serves its own pictures."""
    return f"{public_url}/media/"


def decimal_text(amount_minor: int, currency: Currency) -> str:
    """Write an amount exactly, with the currency's own decimals: `14.99`, `1500`, `14.990`."""
    return f"{Money(amount_minor, currency).major():f}"


def money_text(amount_minor: int, currency: Currency) -> str:
    """Write an amount with its currency: `14.99 USD`."""
    return f"{decimal_text(amount_minor, currency)} {currency}"


def instant_text(at: datetime) -> str:
    """Write a moment as ISO 8601 in UTC: `2026-11-27T08:00:00Z`."""
    return at.isoformat().replace("+00:00", "Z")
