"""A catalog with everything that products can have, and one that every format can say."""

from datetime import UTC, datetime
from typing import Final

from plantly.db import UnitOfWork
from plantly.domain.catalog import UNTRACKED_LIMIT, PublishState, StockPolicy
from plantly.domain.catalog_document import (
    CatalogHead,
    CategoryDocument,
    MediaDocument,
    PriceDocument,
    ProductDocument,
    StockDocument,
    VariantDocument,
)
from plantly.domain.catalog_writing import BatchResult, WriteRules
from plantly.domain.money import Currency
from plantly.services.shop_file import apply_shop, read_shop_file
from tests.support.exported import CATEGORIES, FACETS
from tests.support.shop import SHOP_TOML

_SPRING: Final = datetime(2026, 3, 1, tzinfo=UTC)
_SUMMER: Final = datetime(2026, 6, 1, 12, 30, tzinfo=UTC)


def plain(
    slug: str, currency: str = "USD", category: CategoryDocument | None = None
) -> ProductDocument:
    """Make a product that every format can say, apart from what it does not speak of."""
    return ProductDocument(
        slug=slug,
        title=f"The {slug}",
        variants=(
            _variant(f"{slug}-s", ("Small", "Red"), currency, default=True),
            _variant(f"{slug}-l", ("Large", "Red"), currency, amount=14_990, before=19_990),
        ),
        category=category or CATEGORIES[0],
        description="One line.\nAnd <b>another</b> & more; \\n is not a new line.",
        care="Water it on Sundays.",
        brand="Green & Sons",
        tags=("easy", "new"),
        collections=("Summer",),
        facets={"sunlight": ("Low Light",), "pet_safe": ("true",), "height": ("12.5",)},
        media=(MediaDocument(f"{slug}.webp", ""), MediaDocument("https://cdn.example/a,b.png", "")),
        options=("Size", "Color"),
        state=PublishState.ACTIVE,
        undeliverable=("FR",),
    )


def full(currency: str = "USD") -> list[ProductDocument]:
    """Make products in every state, with every kind of stock and price."""
    moved = StockDocument(-2, StockPolicy.BACKORDER, 10, _SUMMER)
    variants = (
        _variant("full-1", ("1",), currency, before=2000, starts_at=_SPRING, ends_at=_SUMMER),
        _variant("full-2", ("2",), currency, default=True, before=2000, starts_at=_SUMMER),
        _variant("full-3", ("3",), currency, before=2000, ends_at=_SPRING, stock=moved),
        _variant("full-4", ("4",), currency, stock=StockDocument(0, StockPolicy.PREORDER, 5)),
        _variant("full-5", ("5",), currency, stock=_UNCOUNTED, other="EUR"),
    )
    return [
        ProductDocument(
            slug="full",
            title='=Full, "quoted"',
            variants=variants,
            category=CATEGORIES[1],
            description="",
            care="",
            brand="",
            tags=("a tag",),
            collections=(),
            facets={"bloom": ("May", "June")},
            media=(MediaDocument("full.svg", "A picture, of it", 800, 600),),
            options=("Pot size",),
            state=PublishState.ACTIVE,
            undeliverable=(),
        ),
        _simple("hidden", currency, PublishState.DRAFT),
        plain("seen", currency),
        _simple("gone", currency, PublishState.ARCHIVED),
        _simple("single", currency, PublishState.ACTIVE),
    ]


def stock_exported(
    uow: UnitOfWork, products: list[ProductDocument], currency: str = "USD"
) -> BatchResult:
    """Fill an empty database with a shop and these products."""
    apply_shop(uow, read_shop_file(SHOP_TOML.replace('"USD"', f'"{currency}"')))
    uow.catalog_writer.write_head(CatalogHead(Currency(currency), FACETS, CATEGORIES))
    return rewrite(uow, products, currency)


def rewrite(uow: UnitOfWork, products: list[ProductDocument], currency: str = "USD") -> BatchResult:
    """Write products as an import does that was asked to set stock."""
    result = uow.catalog_writer.write_products(
        products, 0, WriteRules(Currency(currency), "test", "set")
    )
    uow.shop.catalog_changed(uow.ids.token("c_"))
    assert result.problems == ()
    return result


_UNCOUNTED: Final = StockDocument(0, StockPolicy.UNTRACKED, UNTRACKED_LIMIT)


def _simple(slug: str, currency: str, state: PublishState) -> ProductDocument:
    return ProductDocument(
        slug=slug,
        title=slug.title(),
        variants=(_variant(f"{slug}-1", (), currency, default=True),),
        category=CATEGORIES[1],
        description="Nothing much.",
        care="",
        brand="",
        tags=(),
        collections=(),
        facets={},
        media=(),
        options=(),
        state=state,
        undeliverable=(),
    )


def _variant(
    sku: str,
    options: tuple[str, ...],
    currency: str,
    *,
    amount: int = 1499,
    before: int | None = None,
    starts_at: datetime | None = None,
    ends_at: datetime | None = None,
    stock: StockDocument | None = None,
    other: str | None = None,
    default: bool = False,
) -> VariantDocument:
    price = PriceDocument(Currency(currency), amount, before, starts_at, ends_at)
    more = (PriceDocument(Currency(other), 1399),) if other else ()
    return VariantDocument(
        sku=sku.upper(),
        title=" / ".join(options),
        options=options,
        prices=(price, *more),
        id=sku,
        stock=stock or StockDocument(7),
        weight_g=500,
        gtin="4006381333931",
        default=default,
    )
