"""Synthetic catalogs of any size: the same product for the same number, always.

Nothing is taken from the clock or from global randomness, and product 7 is the same in a catalog of
a hundred and of a million, so that sizes can be compared.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import accumulate
from random import Random
from typing import Final

from plantly.domain.catalog import UNTRACKED_LIMIT, Facet, FacetKind, PublishState, StockPolicy
from plantly.domain.catalog_document import (
    CatalogHead,
    CategoryDocument,
    MediaDocument,
    PriceDocument,
    ProductDocument,
    StockDocument,
    VariantDocument,
)
from plantly.domain.money import currency
from plantly.domain.text import slugify
from tests.benchmarks.catalog.vocabulary import listed, vocabulary

CURRENCY: Final = currency("USD")
EPOCH: Final = datetime(2026, 1, 1, tzinfo=UTC)
_SEED: Final = 7_919

COLORS: Final = listed("Black White Grey Blue Green Red Brown Beige Yellow Pink Orange Purple")
MATERIALS: Final = ("Cotton", "Wool", "Leather", "Steel", "Oak", "Glass", "Ceramic", "Bamboo")
SEASONS: Final = ("All year", "Summer", "Winter")
FACETS: Final = (
    Facet("color", "Color", COLORS),
    Facet("material", "Material", MATERIALS),
    Facet("season", "Season", SEASONS),
    Facet("handmade", "Handmade", (), FacetKind.BOOL),
    Facet("width", "Width", (), FacetKind.RANGE, "cm"),
)
_SIZES: Final = ("Small", "Medium", "Large", "Extra large")
_SHELVES: Final = listed(
    """Kitchen Bath Garden Office Travel Bedroom Lighting Furniture Clothing Shoes Bags Jewelry Toys
    Books Electronics Sports Pets Baby Food Crafts"""
)
_BOARDS: Final = listed(
    "Essentials Classics Storage Accessories Sets Textiles Tools Gifts Basics Care"
)
_COLLECTIONS: Final = tuple(
    f"{season} {year}" for year in (2024, 2025, 2026) for season in ("Spring", "Autumn", "Gifts")
)
_UNDELIVERABLE: Final = (("US",), ("CA", "MX"), ("GB",))


@cache
def categories() -> tuple[CategoryDocument, ...]:
    """Return the 200 shelves, the fullest first."""
    names = [f"{shelf} > {board}" for board in _BOARDS for shelf in _SHELVES]
    Random(_SEED).shuffle(names)  # noqa: S311 - made-up products
    return tuple(CategoryDocument(slugify(name), name) for name in names)


@cache
def brands() -> tuple[str, ...]:
    """Return the 500 brands, the biggest first."""
    words = vocabulary().words
    return tuple(
        words[5_000 + i].title() + (f" {words[9_000 + i].title()}" if i % 3 == 0 else "")
        for i in range(500)
    )


@cache
def tags() -> tuple[str, ...]:
    """Return the 800 tags, the commonest first."""
    return vocabulary().words[100:900]


def head() -> CatalogHead:
    """Return what the catalog says before its products."""
    return CatalogHead(CURRENCY, FACETS, categories())


def products(count: int, start: int = 0) -> Iterator[ProductDocument]:
    """Make so many products, from one number on."""
    make = _Maker()
    return (make.product(number) for number in range(start, start + count))


@cache
def _harmonic(count: int) -> tuple[float, ...]:
    return tuple(accumulate(1 / (rank + 1) for rank in range(count)))


class _Maker:
    """Makes products; it holds what all of them share, because looking it up costs time."""

    def __init__(self) -> None:
        self._random = Random()  # noqa: S311 - made-up products
        words = vocabulary()
        self._in_text, self._in_titles = words.in_text, words.in_titles
        self._brands, self._tags = brands(), tags()
        self._categories, self._by_size = categories(), _harmonic(len(categories()))
        self._by_brand = _harmonic(len(self._brands))
        self._by_tag = _harmonic(len(self._tags))

    def product(self, number: int) -> ProductDocument:
        random = self._random
        random.seed(_SEED * 1_000_003 + number)
        category = random.choices(self._categories, cum_weights=self._by_size)[0]
        title = " ".join(random.choices(self._in_titles, k=random.randint(3, 7))).title()
        chance = random.random()
        return ProductDocument(
            slug=f"{slugify(title, 80)}-{number}",
            title=title,
            variants=self._variants(number),
            category=category,
            description=self._description(),
            care=" ".join(random.choices(self._in_text, k=8)).capitalize() + ".",
            brand=random.choices(self._brands, cum_weights=self._by_brand)[0],
            tags=tuple(
                dict.fromkeys(
                    random.choices(self._tags, cum_weights=self._by_tag, k=random.randint(0, 5))
                )
            ),
            collections=(random.choice(_COLLECTIONS),) if chance < 0.3 else (),
            facets=self._facets(),
            media=self._media(number, title),
            options=self._options,
            state=PublishState.DRAFT if chance > 0.98 else PublishState.ACTIVE,
            undeliverable=random.choice(_UNDELIVERABLE) if 0.5 < chance < 0.51 else (),
        )

    def _description(self) -> str:
        random = self._random
        words = random.choices(self._in_text, k=random.randint(45, 75))
        third = len(words) // 3
        sentences = (words[:third], words[third : 2 * third], words[2 * third :])
        return " ".join(f"{' '.join(part).capitalize()}." for part in sentences)

    def _facets(self) -> dict[str, tuple[str, ...]]:
        random = self._random
        found: dict[str, tuple[str, ...]] = {
            "handmade": ("true" if random.random() < 0.2 else "false",)
        }
        if random.random() < 0.9:
            colors = random.choices(COLORS, cum_weights=_harmonic(len(COLORS)), k=2)
            found["color"] = tuple(dict.fromkeys(colors[: 1 + (random.random() < 0.2)]))
        if random.random() < 0.7:
            found["material"] = (MATERIALS[int(random.random() ** 2 * len(MATERIALS))],)
        if random.random() < 0.3:
            found["season"] = (random.choice(SEASONS),)
        if random.random() < 0.6:
            found["width"] = (f"{random.randint(2, 400) / 2:g}",)
        return found

    def _media(self, number: int, title: str) -> tuple[MediaDocument, ...]:
        shown = 2 if self._random.random() < 0.2 else 1
        return tuple(
            MediaDocument(f"https://media.example/{number}-{i}.jpg", title, 1200, 1200)
            for i in range(shown)
        )

    def _variants(self, number: int) -> tuple[VariantDocument, ...]:
        random = self._random
        count = random.choices((1, 2, 3, 4), cum_weights=(70, 85, 95, 100))[0]
        two = count == 4
        # Options are set here, because only the variants know which there are.
        self._options = () if count == 1 else ("Size", "Color") if two else ("Size",)
        base = max(199, int(random.lognormvariate(8.1, 0.9)) // 100 * 100 + 99)
        made = []
        for i in range(count):
            options: tuple[str, ...] = ()
            if count > 1:
                options = (_SIZES[i // 2], COLORS[i % 2]) if two else (_SIZES[i],)
            made.append(
                VariantDocument(
                    sku=f"SKU-{number}-{i}",
                    title=" / ".join(options) or "Default",
                    options=options,
                    prices=(self._price(base + i * (base // 8)),),
                    stock=self._stock(),
                    weight_g=random.randint(20, 9000),
                    gtin=_gtin(number * 4 + i) if i == 0 and number % 3 == 0 else None,
                    default=i == 0,
                )
            )
        return tuple(made)

    def _price(self, minor: int) -> PriceDocument:
        random = self._random
        chance = random.random()
        if chance > 0.18:
            return PriceDocument(CURRENCY, minor)
        before = minor + max(100, minor // 5)
        if chance > 0.03:
            return PriceDocument(CURRENCY, minor, before)
        starts = EPOCH + timedelta(days=random.randint(-400, 400))
        return PriceDocument(CURRENCY, minor, before, starts, starts + timedelta(days=14))

    def _stock(self) -> StockDocument:
        random = self._random
        chance = random.random()
        on_hand = 0 if random.random() < 0.15 else int(random.expovariate(0.05)) + 1
        if chance > 0.12:
            return StockDocument(on_hand)
        if chance > 0.06:
            return StockDocument(on_hand, StockPolicy.BACKORDER, 20)
        if chance > 0.03:
            return StockDocument(0, StockPolicy.PREORDER, 50, EPOCH + timedelta(days=90))
        return StockDocument(0, StockPolicy.UNTRACKED, UNTRACKED_LIMIT)


def _gtin(number: int) -> str:
    digits = f"400{number:09d}"
    odd, even = sum(map(int, digits[::2])), sum(map(int, digits[1::2]))
    return f"{digits}{-(odd + 3 * even) % 10}"
