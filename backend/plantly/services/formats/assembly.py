"""What every reader does with a product that it gathered: check it, and make the document."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import lru_cache
from hashlib import sha256

from plantly.domain.catalog import PublishState
from plantly.domain.catalog_document import (
    MAX_DESCRIPTION,
    MAX_MEDIA,
    MAX_OPTIONS,
    MAX_TAGS,
    MAX_TITLE,
    MAX_VARIANTS,
    CategoryDocument,
    MediaDocument,
    PriceDocument,
    ProductDocument,
    StockDocument,
    VariantDocument,
)
from plantly.domain.text import slugify
from plantly.services.formats.findings import Item, Problem, ReadProduct, Refused
from plantly.services.formats.prices import cited
from plantly.services.formats.seen import SeenNames

MAX_SKU = 64
MAX_NAME = 100
MAX_ALT = 300
MAX_CATEGORY = 200
_DIGEST = 8
_COUNTRY = re.compile(r"[A-Z]{2}")


@dataclass(frozen=True, slots=True)
class FieldNames:
    """What a format calls the parts of a product: problems name them so."""

    title: str
    description: str
    sku: str
    option: str
    brand: str
    tags: str
    media: str
    category: str
    countries: str
    key: str
    """What holds the rows of a product together."""


@dataclass(slots=True)
class VariantDraft:
    """A variant as a row gives it."""

    line: int
    sku: str
    options: tuple[str, ...]
    price: PriceDocument
    stock: StockDocument | None = None
    weight_g: int | None = None
    gtin: str | None = None
    default: bool = False


@dataclass(slots=True)
class Draft:
    """A product as its rows give it, not yet checked. Texts are tidy already."""

    line: int
    slug: str
    title: str
    variants: list[VariantDraft] = field(default_factory=list)
    option_names: tuple[str, ...] = ()
    category: str = ""
    description: str | None = None
    care: str | None = None
    brand: str | None = None
    tags: tuple[str, ...] | None = None
    collections: tuple[str, ...] | None = None
    facets: dict[str, tuple[str, ...]] | None = None
    media: list[MediaDocument] | None = None
    state: PublishState | None = None
    undeliverable: tuple[str, ...] | None = None
    notes: list[Problem] = field(default_factory=list)
    place: int | None = None
    """Where it stands in the file, if products are not given in their order."""
    lost: bool = False
    """A variant of it was refused already, so that nothing more is said when none remains."""

    def note(self, field_name: str, text: str) -> None:
        """Add a note; the product is imported all the same."""
        self.notes.append(Problem(self.line, field_name, text, drops_row=False))


class Assembly:
    """Makes documents of drafts, and knows what the file has had before."""

    def __init__(self, names: FieldNames) -> None:
        self._names = names
        self._skus = SeenNames()

    def finish(self, draft: Draft) -> Iterator[Item]:
        """Return the product, and what is wrong with it or with some of its variants."""
        try:
            self._check(draft)
        except Refused as refused:
            yield refused.at(draft.line)
            return
        variants: list[VariantDocument] = []
        taken: set[tuple[str, ...]] = set()
        for variant in draft.variants:
            try:
                variants.append(self._variant(draft, variant, taken))
            except Refused as refused:
                draft.lost = True
                yield refused.at(variant.line)
        if variants:
            leads = not any(variant.default for variant in variants)
            _choose_default(variants)
            self._limit(draft)
            document = replace(_document(draft, variants), leads_with_default=leads)
            yield ReadProduct(draft.line, document, tuple(draft.notes))
        elif not draft.lost:
            told = "The product has no variant: give it a row with a price."
            yield Problem(draft.line, self._names.key, told)

    def _check(self, draft: Draft) -> None:
        names = self._names
        if not draft.title:
            raise Refused(names.title, "The title is missing: write what shoppers should read.")
        if not draft.slug:
            raise Refused(names.key, "The name that holds the product's rows together is missing.")
        _at_most(draft.title, MAX_TITLE, names.title)
        _at_most(draft.description or "", MAX_DESCRIPTION, names.description)
        _at_most(draft.care or "", MAX_DESCRIPTION, names.description)
        _at_most(draft.category, MAX_CATEGORY, names.category)
        if len(draft.option_names) > MAX_OPTIONS:
            told = f"{len(draft.option_names)} options are too many: keep {MAX_OPTIONS}."
            raise Refused(names.option, told)
        for name in draft.option_names:
            _at_most(name, MAX_NAME, names.option)
        if len(draft.variants) > MAX_VARIANTS:
            told = f"{len(draft.variants)} variants are too many: keep {MAX_VARIANTS}."
            raise Refused(names.sku, told)

    def _variant(
        self, draft: Draft, variant: VariantDraft, taken: set[tuple[str, ...]]
    ) -> VariantDocument:
        names, options = self._names, variant.options
        if len(options) != len(draft.option_names) or not all(options):
            wanted = ", ".join(draft.option_names) or "no option"
            raise Refused(names.option, f"The variant needs a value for each of: {wanted}.")
        if options in taken:
            told = f"has the options ({', '.join(options) or 'none'}) of another one"
            raise Refused(names.option, f"The variant {told}: give each variant its own.")
        for option in options:
            _at_most(option, MAX_NAME, names.option)
        sku = variant.sku or made_sku(draft.slug, options)
        _at_most(sku, MAX_SKU, names.sku)
        before = self._skus.add(sku)
        if before:
            told = f'The SKU "{sku}" stands in the file before: give each variant its own.'
            raise Refused(names.sku, told)
        taken.add(options)
        return VariantDocument(
            sku=sku,
            title=None,
            options=options,
            prices=(variant.price,),
            stock=variant.stock,
            weight_g=variant.weight_g,
            gtin=variant.gtin,
            # Most products have one variant, or mark none.
            default=variant.default or len(draft.variants) == 1,
        )

    def _limit(self, draft: Draft) -> None:
        names = self._names
        if draft.brand and len(draft.brand) > MAX_NAME:
            draft.note(names.brand, f"The brand was cut to {MAX_NAME} characters: shorten it.")
            draft.brand = draft.brand[:MAX_NAME].rstrip()
        draft.tags = _short(draft, draft.tags, names.tags)
        draft.collections = _short(draft, draft.collections, names.category)
        draft.undeliverable = _countries(draft, draft.undeliverable, names.countries)
        if draft.media is not None:
            draft.media = _pictures(draft, draft.media, names.media)


def made_sku(slug: str, options: tuple[str, ...]) -> str:
    """Return the SKU of a variant that has none: always the same for the same options."""
    words = [[slugify(word) for word in option.split()] for option in options]
    sku = "/".join([slug, *("_".join(made) for made in words)])
    plain = [option.casefold().split() for option in options] == words
    if plain and len(sku) <= MAX_SKU:
        return sku
    digest = sha256("\0".join([slug, *options]).encode()).hexdigest()[:_DIGEST]
    return f"{sku[: MAX_SKU - _DIGEST - 1]}-{digest}"


@lru_cache(maxsize=4096)
def category_of(name: str) -> CategoryDocument | None:
    """Return the shelf of a name; a path of shelves is one name."""
    return CategoryDocument(slugify(name), name) if name else None


def _document(draft: Draft, variants: list[VariantDocument]) -> ProductDocument:
    return ProductDocument(
        slug=draft.slug,
        title=draft.title,
        variants=tuple(variants),
        category=category_of(draft.category),
        description=draft.description,
        care=draft.care,
        brand=draft.brand,
        tags=draft.tags,
        collections=draft.collections,
        facets=draft.facets,
        media=None if draft.media is None else tuple(draft.media),
        options=draft.option_names,
        state=draft.state,
        undeliverable=draft.undeliverable,
        place=draft.place,
    )


def _choose_default(variants: list[VariantDocument]) -> None:
    """Leave exactly one variant the default: the first that is marked, else the first."""
    chosen = next((i for i, variant in enumerate(variants) if variant.default), 0)
    for i, variant in enumerate(variants):
        if variant.default is not (i == chosen):
            variants[i] = replace(variant, default=i == chosen)


def _at_most(text: str, most: int, field_name: str) -> None:
    if len(text) > most:
        told = f"The text has {len(text)} characters, {most} at most are kept: shorten it."
        raise Refused(field_name, told)


def _short(draft: Draft, names: tuple[str, ...] | None, field_name: str) -> tuple[str, ...] | None:
    if not names:
        return names
    kept = tuple(name for name in names if len(name) <= MAX_NAME)[:MAX_TAGS]
    if len(kept) < len(names):
        told = f"{len(names) - len(kept)} were left out: keep {MAX_TAGS}, each of {MAX_NAME}"
        draft.note(field_name, f"{told} characters at most.")
    return kept


def _countries(
    draft: Draft, named: tuple[str, ...] | None, field_name: str
) -> tuple[str, ...] | None:
    if not named:
        return named
    codes = tuple(dict.fromkeys(name.upper() for name in named))
    wrong = [code for code in codes if not _COUNTRY.fullmatch(code)]
    if wrong:
        draft.note(field_name, f"{cited(wrong[0])} was left out: write countries like CH.")
    return tuple(code for code in codes if code not in wrong)


def _pictures(draft: Draft, media: list[MediaDocument], field_name: str) -> list[MediaDocument]:
    by_file: dict[str, MediaDocument] = {}
    for picture in media:
        if picture.file not in by_file or (picture.alt and not by_file[picture.file].alt):
            by_file[picture.file] = picture
    kept = list(by_file.values())
    if len(kept) > MAX_MEDIA:
        draft.note(field_name, f"{len(kept)} pictures are too many: the first {MAX_MEDIA} stay.")
        del kept[MAX_MEDIA:]
    for i, picture in enumerate(kept):
        if len(picture.alt) > MAX_ALT:
            draft.note(field_name, f"An alternative text was cut to {MAX_ALT} characters.")
            kept[i] = replace(picture, alt=picture.alt[:MAX_ALT].rstrip())
    return kept
