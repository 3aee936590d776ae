"""What can be worked out of products before the shop is asked: what is wrong, what finds them."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import NamedTuple

from plantly.domain.catalog import COLLECTION, Facet, FacetKind, PublishState
from plantly.domain.catalog_checks import MAX_NAME, Found, is_storable, problems_of
from plantly.domain.catalog_document import (
    DEFAULT_CATEGORY,
    MAX_VARIANT_TITLE,
    CategoryDocument,
    ProductDocument,
    VariantDocument,
)
from plantly.domain.word_counts import Columns, Tally, columns
from plantly.domain.words import SearchEntry, search_entry

COLLECTIONS = Facet(COLLECTION, "Collection", ())
"""The facet that a shop gets with the first product of a collection."""


class OwnTexts(NamedTuple):
    """Texts of a product itself."""

    title: str
    brand: str
    description: str
    care: str
    tags: Sequence[str]
    facet_values: Mapping[str, Sequence[str]]


class SearchTexts(NamedTuple):
    """All texts that a product is found by: its entry is made of nothing else."""

    title: str
    labels: tuple[str, ...]
    body: tuple[str, ...]
    filters: tuple[tuple[str, str], ...]

    def entry(self) -> SearchEntry:
        """Return what the index keeps."""
        return search_entry(*self)


@dataclass(frozen=True, slots=True)
class Groundwork:
    """What was worked out of products, each in its place, as if all of them were new.

    Whoever writes one that comes to other texts has to work it out again.
    """

    problems: Sequence[Sequence[Found]]
    texts: Sequence[SearchTexts | None]
    """None: that one is not to be found."""
    columns: Sequence[Columns | None]
    words: Sequence[tuple[str, int, int, int]]
    filters: Sequence[tuple[str, str, str, int]]
    """What all of them together add to the counts."""

    def fits(self, found: Mapping[int, SearchTexts]) -> bool:
        """Say whether exactly these products, by their place, are found by exactly these texts."""
        expected = sum(texts is not None for texts in self.texts)
        texts = self.texts
        return len(found) == expected and all(texts[i] == own for i, own in found.items())


@dataclass(frozen=True, slots=True)
class Groundworks:
    """Works out product by product of a file."""

    facets: dict[str, Facet] = field(default_factory=dict)

    def know(self, facets: Iterable[Facet]) -> None:
        """Take note of facets that the shop has, or will have."""
        self.facets.update((facet.key, facet) for facet in facets)

    def of(self, products: Iterable[ProductDocument]) -> Groundwork:
        """Work out what can be said of products that are written together."""
        facets = {COLLECTION: COLLECTIONS, **self.facets}
        tally = Tally()
        problems: list[list[Found]] = []
        texts: list[SearchTexts | None] = []
        entries: list[SearchEntry | None] = []
        for product in products:
            wrong = problems_of(product)
            own = None if wrong else _texts_as_new(product, facets)
            problems.append(wrong)
            texts.append(own)
            entries.append(own.entry() if own else None)
        tally.add([entry for entry in entries if entry])
        kept = [columns(entry) if entry else None for entry in entries]
        return Groundwork(problems, texts, kept, tally.words(), tally.counts())


def title_as_new(variant: VariantDocument) -> str:
    """Return what a variant is called that the shop does not have: by its options, if need be."""
    if variant.title is not None:
        return variant.title
    return " / ".join(variant.options)[:MAX_VARIANT_TITLE]


def search_texts(
    product: OwnTexts,
    category: CategoryDocument,
    facets: Mapping[str, Facet],
    variants: Iterable[tuple[str, ...]],
) -> SearchTexts:
    """Return what a product is found by; `variants` are texts of those on sale."""
    chosen = product.facet_values
    labels = [product.brand, category.name, *product.tags, *_facet_labels(chosen, facets)]
    labels += dict.fromkeys(chain.from_iterable(variants))
    filters = [("category", category.slug)]
    filters += (
        (key, value)
        for key, values in chosen.items()
        if key in facets and facets[key].kind is not FacetKind.RANGE
        for value in values
    )
    body = (product.description, product.care)
    return SearchTexts(product.title, tuple(labels), body, tuple(filters))


def _facet_labels(
    chosen: Mapping[str, Sequence[str]], facets: Mapping[str, Facet]
) -> Iterator[str]:
    """Give the names among the values of facets; of a yes, what is true of the product."""
    for key, values in chosen.items():
        facet = facets.get(key)
        if facet is None:
            continue
        if facet.kind is FacetKind.ENUM:
            yield from values
        elif facet.kind is FacetKind.BOOL and "true" in values:
            yield facet.title


def _texts_as_new(product: ProductDocument, facets: Mapping[str, Facet]) -> SearchTexts | None:
    """Return what a product is found by that the shop does not have; None: it is not."""
    values = {key: tuple(dict.fromkeys(v)) for key, v in (product.facets or {}).items() if v}
    if product.collections:
        values[COLLECTION] = tuple(dict.fromkeys(product.collections))
    if product.state not in {None, PublishState.ACTIVE} or not _are_storable(values.values()):
        return None
    own = OwnTexts(
        product.title,
        product.brand or "",
        product.description or "",
        product.care or "",
        product.tags or (),
        values,
    )
    variants = ((title_as_new(v), v.sku, *v.options, v.gtin or "") for v in product.variants)
    return search_texts(own, product.category or DEFAULT_CATEGORY, facets, variants)


def _are_storable(values: Iterable[Sequence[str]]) -> bool:
    return all(is_storable(value, MAX_NAME) for chosen in values for value in chosen)
