"""WooCommerce's product CSV: simple products, and variable ones with their variations."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import BinaryIO

from plantly.domain.catalog import PublishState
from plantly.domain.catalog_document import MAX_VARIANTS, MediaDocument
from plantly.services.formats.assembly import (
    Assembly,
    Draft,
    FieldNames,
)
from plantly.services.formats.facet_values import FacetValues
from plantly.services.formats.findings import Item, Problem, ReadContext, Refused
from plantly.services.formats.html_text import text_of
from plantly.services.formats.pictures import picture
from plantly.services.formats.prices import cited
from plantly.services.formats.seen import SeenNames
from plantly.services.formats.tables import Table
from plantly.services.formats.tidy import slug_of, tidy_line, tidy_names
from plantly.services.formats.woocommerce_values import (
    Shape,
    addresses,
    listed,
    long_text,
    unescaped,
)
from plantly.services.formats.woocommerce_variants import Variants

MAX_HELD = 50_000_000
"""Characters of variable products that wait for variations further down in the file."""

_STATES = {
    "1": PublishState.ACTIVE,
    "0": PublishState.ARCHIVED,
    "-1": PublishState.DRAFT,
}
_REMEDIES = {
    "grouped": "import its products one by one",
    "external": "it is sold elsewhere, so leave it out",
}
_NO_CATEGORY = "uncategorized"


@dataclass(slots=True)
class _Held:
    """A variable product that waits for its variations."""

    draft: Draft
    cells: list[str]
    attributes: list[tuple[str, str, str]]
    """Name, values and default."""
    chosen: list[dict[str, str]] = field(default_factory=list)
    """Of each variant of the draft its attributes."""


def read_woocommerce(stream: BinaryIO, context: ReadContext) -> Iterator[Item]:
    """Return the products of a WooCommerce product CSV.

    Simple products come at once; variable ones at the end, when all their variations are known.
    Each knows its place in the file.
    """
    table = Table(stream)
    shape = Shape(table.columns)
    for missing, name in (
        (shape.type, "Type"),
        (shape.name, "Name"),
        (shape.regular, "Regular price"),
    ):
        if missing < 0:
            told = f'The column "{name}" is missing: export the products from WooCommerce again.'
            yield Problem(1, name, told)
            return
    reader = _Reader(shape, context)
    for row in table.rows():
        if isinstance(row, Problem):
            yield row
        else:
            yield from reader.take(*row)
    yield from reader.finish()


class _Reader:
    """Reads one row after the other, and holds variable products back."""

    def __init__(self, shape: Shape, context: ReadContext) -> None:
        self._shape = shape
        self._context = context
        self._facets = FacetValues(context.facets)
        self._variants = Variants(shape, context.currency)
        self._assembly = Assembly(_names(shape))
        self._slugs = SeenNames()
        self._told: set[str] = set()
        self._held: dict[str, _Held] = {}
        self._orphans: dict[str, list[tuple[int, list[str]]]] = {}
        self._size = 0
        self._places = 0

    def take(self, line: int, cells: list[str]) -> Iterator[Item]:
        """Take a row; return what is whole by now."""
        shape = self._shape
        kind = cells[shape.type].partition(",")[0].strip().casefold()
        if kind == "variation":
            yield from self._take_variation(line, cells)
        elif kind in {"variable", "simple"}:
            draft = self._product(line, cells)
            attributes = list(shape.attributes(cells))
            if kind == "variable":
                yield from self._hold(draft, cells, attributes)
                return
            yield from self._take_facets(draft, attributes)
            try:
                draft.variants.append(self._variants.read(line, cells, None, draft.notes))
            except Refused as refused:
                yield refused.at(line)
                return
            yield from self._assembly.finish(draft)
        else:
            remedy = _REMEDIES.get(kind, "make it a simple or a variable one")
            told = f"Products of the type {cited(kind)} cannot be sold here: {remedy}."
            yield Problem(line, shape.titles[shape.type], told)

    def finish(self) -> Iterator[Item]:
        """Return the variable products, and the variations whose parent never came."""
        yield from self._let_go(None)

    def _hold(
        self, draft: Draft, cells: list[str], attributes: list[tuple[str, str, str]]
    ) -> Iterator[Item]:
        shape, held = self._shape, _Held(draft, cells, attributes)
        own, sku = cells[shape.id].strip(), tidy_line(unescaped(cells[shape.sku]))
        for key in (f"id:{own}" if own else "", sku):
            if key:
                self._held[key] = held
                for line, row in self._orphans.pop(key, ()):
                    yield from self._add(held, line, row)
        yield from self._make_room(cells)

    def _make_room(self, cells: list[str]) -> Iterator[Item]:
        self._size += sum(map(len, cells)) + 1000
        if self._size > MAX_HELD:
            # The variations of the newest one may only be about to come.
            yield from self._let_go(next(reversed(self._held.values()), None))

    def _let_go(self, kept: _Held | None) -> Iterator[Item]:
        held = {id(one): one for one in self._held.values() if one is not kept}
        self._held = {key: one for key, one in self._held.items() if one is kept}
        self._size = 0
        for one in held.values():
            yield from self._finish(one)
        orphans, self._orphans = self._orphans, {}
        for parent, rows in orphans.items():
            for line, _ in rows:
                told = f"The parent {cited(parent)} does not stand in the file: export it as well."
                yield Problem(line, self._shape.title(self._shape.parent, "Parent"), told)

    def _take_variation(self, line: int, cells: list[str]) -> Iterator[Item]:
        parent = tidy_line(unescaped(cells[self._shape.parent]))
        held = self._held.get(parent)
        if held is None:
            self._orphans.setdefault(parent, []).append((line, cells))
        else:
            yield from self._add(held, line, cells)
        yield from self._make_room(cells)

    def _add(self, held: _Held, line: int, cells: list[str]) -> Iterator[Item]:
        draft = held.draft
        if len(draft.variants) > MAX_VARIANTS:
            return
        try:
            variant = self._variants.read(line, cells, held.cells, draft.notes)
        except Refused as refused:
            draft.lost = True
            yield refused.at(line)
            return
        draft.variants.append(variant)
        attributes = self._shape.attributes(cells)
        held.chosen.append({name: tidy_line(unescaped(value)) for name, value, _ in attributes})
        self._take_pictures(draft, line, cells)

    def _finish(self, held: _Held) -> Iterator[Item]:
        draft = held.draft
        names = [name for name, *_ in held.attributes]
        names += [name for chosen in held.chosen for name in chosen]
        draft.option_names = tuple(
            name for name in dict.fromkeys(names) if any(one.get(name) for one in held.chosen)
        )
        defaults = {name: default for name, _, default in held.attributes if default}
        for variant, chosen in zip(draft.variants, held.chosen, strict=True):
            variant.options = tuple(chosen.get(name, "") for name in draft.option_names)
            variant.default = bool(defaults) and defaults.items() <= chosen.items()
        if draft.variants:
            others = [one for one in held.attributes if one[0] not in draft.option_names]
            yield from self._take_facets(draft, others)
        yield from self._assembly.finish(draft)

    def _product(self, line: int, cells: list[str]) -> Draft:
        shape = self._shape
        draft = Draft(line, "", tidy_line(unescaped(cells[shape.name])))
        draft.place, self._places = self._places, self._places + 1
        draft.slug = self._slug(cells, draft.title)
        draft.state = self._state(draft, cells)
        if shape.description >= 0 or shape.short >= 0:
            text = cells[shape.description] or cells[shape.short]
            draft.description = text_of(long_text(text))
        if shape.categories >= 0:
            named = listed(cells[shape.categories])
            shelves = tuple(name for name in named if name.casefold() != _NO_CATEGORY)
            draft.category = shelves[0] if shelves else ""
            draft.collections = shelves[1:]
        if shape.tags >= 0:
            draft.tags = listed(cells[shape.tags])
        if shape.brands >= 0:
            draft.brand = next(iter(listed(cells[shape.brands])), "")
        if shape.care >= 0:
            draft.care = text_of(long_text(cells[shape.care]))
        if shape.undeliverable >= 0:
            draft.undeliverable = tidy_names(cells[shape.undeliverable], ";")
        if shape.images >= 0:
            draft.media = []
            self._take_pictures(draft, line, cells)
        return draft

    def _slug(self, cells: list[str], title: str) -> str:
        shape = self._shape
        slug = slug_of(cells[shape.slug]) or slug_of(title)
        if slug and self._slugs.add(slug):
            # Two products of one name: what tells them apart in the file does so here.
            own = cells[shape.id].strip() or tidy_line(cells[shape.sku])
            slug = slug_of(f"{title} {own}")
            self._slugs.add(slug)
        return slug

    def _state(self, draft: Draft, cells: list[str]) -> PublishState | None:
        shape = self._shape
        published = cells[shape.published].strip()
        if cells[shape.visibility].strip().casefold() == "hidden":
            told = "A hidden product was taken as draft: publish it to have it seen."
            draft.note(shape.titles[shape.visibility], told)
            return PublishState.DRAFT
        if published and published not in _STATES:
            told = f"{cited(published)} was taken as draft: write 1, 0 or -1."
            draft.note(shape.titles[shape.published], told)
            return PublishState.DRAFT
        return _STATES.get(published)

    def _take_pictures(self, draft: Draft, line: int, cells: list[str]) -> None:
        shape = self._shape
        found: list[MediaDocument] = [] if draft.media is None else draft.media
        for address in addresses(cells[shape.images]):
            media = picture(address, "", self._context.media_url)
            if media is not None:
                found.append(media)
            else:
                told = f"{cited(address)} was left out: write a whole http(s) address."
                title = shape.titles[shape.images]
                draft.notes.append(Problem(line, title, told, drops_row=False))

    def _take_facets(
        self, draft: Draft, attributes: list[tuple[str, str, str]]
    ) -> Iterator[Problem]:
        for name, values, _ in attributes:
            facet = self._facets.find(name)
            if facet is not None:
                found, notes = self._facets.read(facet, listed(values), draft.line, name)
                draft.facets = {**(draft.facets or {}), facet.key: found}
                draft.notes += notes
            elif name.casefold() not in self._told:
                self._told.add(name.casefold())
                told = f"The attribute {cited(name)} is no facet of the shop and was left out"
                yield Problem(
                    draft.line, name, f"{told}: define it as a facet to keep it.", drops_row=False
                )


def _names(shape: Shape) -> FieldNames:
    return FieldNames(
        title=shape.title(shape.name, "Name"),
        description=shape.title(shape.description, "Description"),
        sku=shape.title(shape.sku, "SKU"),
        option="Attribute 1 value(s)",
        brand=shape.title(shape.brands, "Brands"),
        tags=shape.title(shape.tags, "Tags"),
        media=shape.title(shape.images, "Images"),
        category=shape.title(shape.categories, "Categories"),
        countries=shape.title(shape.undeliverable, "Meta: plantly_undeliverable"),
        key=shape.title(shape.name, "Name"),
    )
