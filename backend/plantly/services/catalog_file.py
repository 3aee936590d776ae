"""Read a catalog in our own JSON format, and write it into the shop."""

from collections.abc import Callable
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from plantly.db import UnitOfWork
from plantly.domain.catalog import Facet
from plantly.domain.catalog_document import (
    CatalogDocument,
    MediaDocument,
    ProductDocument,
    VariantDocument,
)
from plantly.domain.errors import InvalidInput
from plantly.domain.money import currency

Progress = Callable[[int, int], None]
"""Is told how many of how many products are done."""

Slug = Annotated[str, Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=100)]
Short = Annotated[str, Field(min_length=1, max_length=200)]
Minor = Annotated[int, Field(ge=0, le=10**15, strict=True)]
Count = Annotated[int, Field(ge=0, le=10**9, strict=True)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid")


class _Facet(_Part):
    key: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,40}$")]
    title: Short
    values: Annotated[list[Short], Field(min_length=1)]


class _Category(_Part):
    slug: Slug
    name: Short


class _Media(_Part):
    file: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$", max_length=200)]
    alt: str = ""
    width: Count
    height: Count


class _Variant(_Part):
    sku: Annotated[str, Field(min_length=1, max_length=64)]
    id: Slug
    title: Short
    option: Short
    default: bool = False
    price_minor: Minor
    compare_at_minor: Minor | None = None
    stock: Count
    weight_g: Count = 0


class _Product(_Part):
    slug: Slug
    title: Short
    category: Slug
    description: str
    care: str = ""
    brand: str = ""
    tags: list[str] = []
    facets: dict[str, list[str]] = {}
    media: list[_Media] = []
    option: str = "Option"
    variants: Annotated[list[_Variant], Field(min_length=1)]


class _File(_Part):
    format: Literal["plantly-catalog/1"]
    currency: str
    facets: list[_Facet] = []
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
    return CatalogDocument(
        currency=code,
        facets=tuple(Facet(f.key, f.title, tuple(f.values)) for f in file.facets),
        categories=tuple((c.slug, c.name) for c in file.categories),
        products=tuple(_product(product) for product in file.products),
    )


def write_catalog(
    uow: UnitOfWork, document: CatalogDocument, progress: Progress | None = None
) -> int:
    """Insert or update everything in the catalog; return the number of products.

    Writing the same catalog again changes nothing. Stock is set for new variants only.
    """
    categories = uow.catalog_writer.write_categories(document.categories)
    uow.catalog_writer.write_facets(document.facets)
    for position, product in enumerate(document.products):
        uow.catalog_writer.write_product(
            product,
            position=position,
            category_id=categories[product.category],
            currency=document.currency,
            now=uow.now,
        )
        if progress is not None:
            progress(position + 1, len(document.products))
    uow.shop.catalog_changed(uow.ids.token("c_"))
    return len(document.products)


def _check(file: _File) -> None:
    allowed = {facet.key: set(facet.values) for facet in file.facets}
    categories = {category.slug for category in file.categories}
    seen: set[str] = set()
    for product in file.products:
        at = f"products.{product.slug}"
        ids = [product.slug, *(v.id for v in product.variants), *(v.sku for v in product.variants)]
        twice = [name for name in dict.fromkeys(ids[1:]) if name in seen or ids[1:].count(name) > 1]
        problems = {
            "two products have this slug": product.slug in seen,
            f"variant id or SKU {', '.join(twice)} is used twice": bool(twice),
            "exactly one variant must be the default": sum(v.default for v in product.variants)
            != 1,
            f"category {product.category!r} is not listed": product.category not in categories,
            "a facet has a value that is not listed": any(
                not set(values) <= allowed.get(key, set()) for key, values in product.facets.items()
            ),
            "compare_at_minor must be above price_minor": any(
                v.compare_at_minor is not None and v.compare_at_minor <= v.price_minor
                for v in product.variants
            ),
        }
        wrong = [text for text, is_wrong in problems.items() if is_wrong]
        if wrong:
            raise InvalidInput(at, f"{at}: {'; '.join(wrong)}.")
        seen.update(ids)


def _product(product: _Product) -> ProductDocument:
    return ProductDocument(
        slug=product.slug,
        title=product.title,
        category=product.category,
        description=product.description,
        care=product.care,
        brand=product.brand,
        tags=tuple(product.tags),
        facets={key: tuple(values) for key, values in product.facets.items()},
        media=tuple(MediaDocument(m.file, m.alt, m.width, m.height) for m in product.media),
        option=product.option,
        variants=tuple(
            VariantDocument(
                sku=v.sku,
                id=v.id,
                title=v.title,
                option=v.option,
                price_minor=v.price_minor,
                stock=v.stock,
                weight_g=v.weight_g,
                default=v.default,
                compare_at_minor=v.compare_at_minor,
            )
            for v in product.variants
        ),
    )
