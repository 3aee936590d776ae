"""Read a catalog in our own JSON format, and write it into the shop."""

from collections.abc import Callable, Sequence
from typing import Annotated, Literal

from pydantic import Field, ValidationError

from plantly.db import UnitOfWork
from plantly.domain.catalog import Facet, FacetKind, PublishState
from plantly.domain.catalog_document import (
    CatalogDocument,
    CatalogHead,
    CategoryDocument,
    MediaDocument,
    PriceDocument,
    ProductDocument,
    StockDocument,
    VariantDocument,
)
from plantly.domain.catalog_writing import WriteProblem, WriteRules
from plantly.domain.errors import InvalidInput
from plantly.domain.money import MAX_MINOR, Currency, currency
from plantly.services.file_part import FilePart

Progress = Callable[[int, int], None]
"""Is told how many of how many products are done."""

_AT_ONCE = 500
_TOLD = 5

Slug = Annotated[str, Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=100)]
Title = Annotated[str, Field(min_length=1, max_length=200)]
Name = Annotated[str, Field(min_length=1, max_length=100)]
Label = Annotated[str, Field(min_length=1, max_length=64)]
Minor = Annotated[int, Field(ge=0, le=MAX_MINOR, strict=True)]
Count = Annotated[int, Field(ge=0, le=10**9, strict=True)]


class _Facet(FilePart):
    key: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,40}$")]
    title: Name
    kind: FacetKind = FacetKind.ENUM
    unit: Annotated[str, Field(max_length=32)] = ""
    values: tuple[Name, ...] = ()


class _Category(FilePart):
    slug: Slug
    name: Name


class _Media(FilePart):
    file: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$", max_length=200)]
    alt: Annotated[str, Field(max_length=300)] = ""
    width: Count
    height: Count


class _Variant(FilePart):
    sku: Label
    id: Slug
    title: Name
    option: Label
    default: bool = False
    price_minor: Minor
    compare_at_minor: Minor | None = None
    stock: Count
    weight_g: Count = 0


class _Product(FilePart):
    slug: Slug
    title: Title
    category: Slug
    description: str
    care: str = ""
    brand: Annotated[str, Field(max_length=100)] = ""
    tags: tuple[str, ...] = ()
    facets: Annotated[dict[str, tuple[str, ...]], Field(default_factory=dict)]
    media: tuple[_Media, ...] = ()
    option: Label = "Option"
    variants: Annotated[list[_Variant], Field(min_length=1)]


class _File(FilePart):
    format: Literal["plantly-catalog/1"]
    currency: str
    facets: tuple[_Facet, ...] = ()
    categories: list[_Category]
    products: list[_Product]


def read_catalog_file(text: str | bytes) -> CatalogDocument:
    """Return the catalog that a JSON document describes.

    Raises:
        InvalidInput: It is malformed or contradicts itself; the first problems are named.
    """
    try:
        file = _File.model_validate_json(text)
        code = currency(file.currency)
    except ValidationError as error:
        first = error.errors()[:5]
        problems = "; ".join(f"{'.'.join(str(p) for p in e['loc'])}: {e['msg']}" for e in first)
        raise InvalidInput("catalog", f"The catalog has to be mended: {problems}.") from error
    except ValueError as error:
        raise InvalidInput("currency", f"currency: {error}.") from error
    _check(file)
    categories = {c.slug: CategoryDocument(c.slug, c.name) for c in file.categories}
    return CatalogDocument(
        CatalogHead(
            currency=code,
            facets=tuple(
                Facet(f.key, f.title, tuple(f.values), f.kind, f.unit) for f in file.facets
            ),
            categories=tuple(categories.values()),
        ),
        products=tuple(_product(p, categories[p.category], code) for p in file.products),
    )


def write_catalog(
    uow: UnitOfWork,
    document: CatalogDocument,
    progress: Progress | None = None,
    *,
    actor: str = "catalog",
) -> int:
    """Insert or update everything in the catalog, or nothing; return the number of products.

    Writing the same catalog again changes nothing. Stock is set for new variants only. `actor` is
    who the history names.

    Raises:
        InvalidInput: The shop sells in another currency, or products contradict what it has; the
            first problems are named. The caller must roll back.
    """
    head, products = document.head, document.products
    _check_currency(uow, head.currency)
    rules = WriteRules(head.currency, actor)
    uow.catalog_writer.write_head(head)
    for start in range(0, len(products), _AT_ONCE):
        batch = products[start : start + _AT_ONCE]
        result = uow.catalog_writer.write_products(batch, start, rules)
        if result.problems:
            raise _refusal(batch, result.problems)
        if progress is not None:
            progress(start + len(batch), len(products))
    uow.search_index.refresh_counts()
    uow.shop.catalog_changed(uow.ids.token("c_"))
    return len(products)


def _refusal(batch: Sequence[ProductDocument], problems: Sequence[WriteProblem]) -> InvalidInput:
    told = (f"products.{batch[p.index].slug}: {p.text}" for p in problems[:_TOLD])
    return InvalidInput(problems[0].field, " ".join(told))


def _check_currency(uow: UnitOfWork, code: str) -> None:
    selling = uow.shop.current().config.currency if uow.shop.exists() else code
    if selling != code:
        text = f"The catalog is in {code}, but the shop sells in {selling}: give prices in that."
        raise InvalidInput("currency", text)


def _check_shelves(file: _File) -> None:
    for field, names in (
        ("facets", [facet.key for facet in file.facets]),
        *((f"facets.{facet.key}", facet.values) for facet in file.facets),
        ("categories", [category.slug for category in file.categories]),
        ("categories", [category.name for category in file.categories]),
    ):
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise InvalidInput(field, f"{field}: {', '.join(twice)} stands there twice.")


def _check(file: _File) -> None:
    _check_shelves(file)
    # An enumeration without values is open, and yes or no and ranges have none.
    allowed = {facet.key: set(facet.values) or None for facet in file.facets}
    categories = {category.slug for category in file.categories}
    seen: dict[str, set[str]] = {"slug": set(), "variant id": set(), "SKU": set()}
    for product in file.products:
        names = {
            "slug": [product.slug],
            "variant id": [variant.id for variant in product.variants],
            "SKU": [variant.sku for variant in product.variants],
        }
        wrong = [
            f"{kind} {name} is used twice"
            for kind, found in names.items()
            for name in dict.fromkeys(found)
            if name in seen[kind] or found.count(name) > 1
        ]
        wrong += _contradictions(product, allowed, categories)
        if wrong:
            at = f"products.{product.slug}"
            raise InvalidInput(at, f"{at}: {'; '.join(wrong)}.")
        for kind, found in names.items():
            seen[kind].update(found)


def _contradictions(
    product: _Product, allowed: dict[str, set[str] | None], categories: set[str]
) -> list[str]:
    chosen = product.facets.items()
    problems = {
        "exactly one variant must be the default": sum(v.default for v in product.variants) != 1,
        f"category {product.category!r} is not listed": product.category not in categories,
        "a facet has a value that is not listed": any(
            listed is not None and not set(values) <= listed
            for key, values in chosen
            for listed in [allowed.get(key, set())]
        ),
        "a facet has a value twice": any(len(set(values)) < len(values) for _, values in chosen),
        "compare_at_minor must be above price_minor": any(
            v.compare_at_minor is not None and v.compare_at_minor <= v.price_minor
            for v in product.variants
        ),
    }
    return [text for text, is_wrong in problems.items() if is_wrong]


def _product(product: _Product, category: CategoryDocument, code: Currency) -> ProductDocument:
    return ProductDocument(
        slug=product.slug,
        title=product.title,
        category=category,
        description=product.description,
        care=product.care,
        brand=product.brand,
        tags=product.tags,
        collections=(),
        facets=product.facets,
        media=tuple(MediaDocument(m.file, m.alt, m.width, m.height) for m in product.media),
        options=(product.option,),
        state=PublishState.ACTIVE,
        undeliverable=(),
        variants=tuple(
            VariantDocument(
                sku=v.sku,
                id=v.id,
                title=v.title,
                options=(v.option,),
                prices=(PriceDocument(code, v.price_minor, v.compare_at_minor),),
                stock=StockDocument(v.stock),
                weight_g=v.weight_g,
                gtin="",
                default=v.default,
            )
            for v in product.variants
        ),
    )
