"""Made-up products for property tests of exports."""

from datetime import UTC, datetime
from typing import Final

from hypothesis import strategies as st

from plantly.domain.catalog import UNTRACKED_LIMIT, PublishState, StockPolicy
from plantly.domain.catalog_document import (
    MediaDocument,
    PriceDocument,
    ProductDocument,
    StockDocument,
    VariantDocument,
)
from plantly.domain.money import MAX_MINOR, Currency
from plantly.domain.text import clean, clean_line
from tests.support.exported import CATEGORIES

_SLUG: Final = st.from_regex(r"[a-z0-9]{1,8}(-[a-z0-9]{1,8}){0,3}", fullmatch=True)
_TEXT: Final = st.text(st.characters(exclude_categories=["Cc", "Cf", "Cs", "Cn"]), max_size=40)
_NAME: Final = st.text("abcXYZ 0123éß日()&<\"'/.=+-@", min_size=1, max_size=12)
_MOMENT: Final = st.datetimes(
    datetime(2025, 1, 1),  # noqa: DTZ001 - hypothesis adds the zone
    datetime(2027, 12, 31),  # noqa: DTZ001 - the same
    timezones=st.just(UTC),
).map(lambda at: at.replace(microsecond=0))


def lines(longest: int = 60) -> st.SearchStrategy[str]:
    """Give texts of one line as the shop keeps them."""
    return _TEXT.map(clean_line).filter(lambda text: bool(text) and len(text) <= longest)


def texts() -> st.SearchStrategy[str]:
    """Give texts of any lines as the shop keeps them."""
    pieces = st.sampled_from(["\n", "\n\n", " ", "<b>", "&lt;", "\\n", "\\\\n", "- ", "]]>", '"'])
    return st.lists(st.one_of(_TEXT, pieces), max_size=8).map(lambda p: clean("".join(p)).strip())


def names() -> st.SearchStrategy[str]:
    """Give names without what divides lists in one format or another."""
    return _NAME.map(clean_line).filter(lambda text: bool(text.strip("'")) and text[0] != "'")


def products(currency: str = "USD") -> st.SearchStrategy[list[ProductDocument]]:
    """Give catalogs of one or two products."""
    return st.lists(_product(currency), min_size=1, max_size=2, unique_by=lambda p: p.slug).map(
        _apart
    )


def _apart(catalog: list[ProductDocument]) -> list[ProductDocument]:
    """Keep products whose SKUs and ids are theirs alone."""
    kept, skus = [], set[str]()
    for product in catalog:
        own = {v.sku for v in product.variants} | {product.slug}
        if not own & skus:
            skus |= own
            kept.append(product)
    return kept


@st.composite
def _product(draw: st.DrawFn, currency: str) -> ProductDocument:
    slug = draw(_SLUG)
    options = tuple(draw(st.lists(names(), max_size=3, unique_by=str.casefold)))
    facets = st.fixed_dictionaries(
        {},
        optional={
            "sunlight": st.lists(
                st.sampled_from(["Low Light", "Full Sun"]), min_size=1, unique=True
            ),
            "bloom": st.lists(names(), min_size=1, max_size=3, unique_by=str.casefold),
            "pet_safe": st.sampled_from([["true"], ["false"]]),
            "height": st.sampled_from([["0"], ["12.5"], ["0.001"], ["-40"], ["999999.999"]]),
        },
    )
    return ProductDocument(
        slug=slug,
        title=draw(lines()),
        variants=draw(_variants(slug, options, currency)),
        category=draw(st.sampled_from(CATEGORIES)),
        description=draw(texts()),
        care=draw(texts()),
        brand=draw(st.one_of(st.just(""), names())),
        tags=tuple(draw(st.lists(names(), max_size=3, unique=True))),
        collections=tuple(draw(st.lists(names(), max_size=2, unique=True))),
        facets={key: tuple(values) for key, values in draw(facets).items()},
        media=tuple(draw(st.lists(_media(), max_size=3, unique_by=lambda m: m.file))),
        options=options,
        state=draw(st.sampled_from(PublishState)),
        undeliverable=tuple(draw(st.lists(st.sampled_from(["CH", "FR", "US"]), unique=True))),
    )


@st.composite
def _variants(
    draw: st.DrawFn, slug: str, options: tuple[str, ...], currency: str
) -> tuple[VariantDocument, ...]:
    values = st.tuples(*(names() for _ in options))
    chosen = draw(st.lists(values, min_size=1, max_size=3 if options else 1, unique=True))
    default = draw(st.integers(0, len(chosen) - 1))
    return tuple(
        VariantDocument(
            sku=f"{slug}_{i}",
            title=draw(names()),
            options=option_values,
            prices=(draw(_price(currency)),),
            id=f"{slug}-{i}",
            stock=draw(_stock()),
            weight_g=draw(st.integers(0, 10**6)),
            gtin=draw(st.sampled_from(["", "4006381333931", "00012345678905"])),
            default=i == default,
        )
        for i, option_values in enumerate(chosen)
    )


@st.composite
def _price(draw: st.DrawFn, currency: str) -> PriceDocument:
    amount = draw(st.integers(0, MAX_MINOR - 2))
    code = Currency(currency)
    if draw(st.booleans()):
        return PriceDocument(code, amount)
    before = draw(st.integers(amount + 1, MAX_MINOR - 1))
    first, last = sorted(draw(st.lists(_MOMENT, min_size=2, max_size=2, unique=True)))
    starts_at = first if draw(st.booleans()) else None
    ends_at = last if draw(st.booleans()) else None
    return PriceDocument(code, amount, before, starts_at, ends_at)


@st.composite
def _stock(draw: st.DrawFn) -> StockDocument:
    policy = draw(st.sampled_from(StockPolicy))
    available_at = draw(st.one_of(st.none(), _MOMENT))
    if policy is StockPolicy.UNTRACKED:
        return StockDocument(draw(st.integers(0, 5)), policy, UNTRACKED_LIMIT)
    if policy is StockPolicy.DENY:
        return StockDocument(draw(st.integers(0, 1000)))
    limit = draw(st.integers(0, 20))
    return StockDocument(draw(st.integers(-limit, 20)), policy, limit, available_at)


def _media() -> st.SearchStrategy[MediaDocument]:
    files = st.from_regex(r"[a-z0-9]{1,8}\.(webp|svg)", fullmatch=True)
    remote = st.sampled_from(
        [
            "https://cdn.example/a.png",
            "https://cdn.example/a,b.png?v=1&w=2",
            "http://cdn.example/q;w.jpg",
        ]
    )
    alts = st.one_of(st.just(""), lines())
    return st.builds(MediaDocument, st.one_of(files, remote), alts, st.just(0), st.just(0))
