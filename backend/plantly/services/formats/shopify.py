"""Shopify's product CSV, with the headers of today and of before."""

import re
from collections.abc import Iterator
from typing import BinaryIO

from plantly.domain.catalog import Facet, PublishState, StockPolicy
from plantly.domain.catalog_document import MediaDocument, PriceDocument, StockDocument
from plantly.services.formats.assembly import (
    Assembly,
    Draft,
    FieldNames,
    VariantDraft,
)
from plantly.services.formats.facet_values import FacetValues
from plantly.services.formats.findings import Item, Problem, ReadContext, Refused
from plantly.services.formats.html_text import text_of
from plantly.services.formats.measures import grams, gtin_or_note, truth, units
from plantly.services.formats.pictures import picture
from plantly.services.formats.prices import cited, minor
from plantly.services.formats.seen import SeenNames
from plantly.services.formats.supplies import UNTRACKED, ahead, supply
from plantly.services.formats.tables import Columns, Table
from plantly.services.formats.tidy import slug_of, tidy_line, tidy_names

_METAFIELD = re.compile(r"(.*?)\s*\(product\.metafields\.([^.]+)\.([^)]+)\)", re.IGNORECASE)
_OWN = "plantly"
_NO_OPTION = ("Title", "Default Title")
_STATES = {state.value: state for state in PublishState}
_GOES_ON = frozenset({"continue", "true", "yes"})


class _Shape:
    """Where this file has what. -1 is always an empty cell."""

    def __init__(self, columns: Columns, facets: FacetValues) -> None:
        at = columns.at
        self.handle = at("handle", "url handle")
        self.title = at("title")
        self.body = at("body (html)", "body html", "description")
        self.vendor = at("vendor")
        self.type = at("type", "product type", "custom product type")
        self.category = at("product category", "standard product type")
        self.tags = at("tags")
        self.collection = at("collection", "collections", "custom collections")
        self.published = at("published", "published on online store")
        self.status = at("status")
        self.option_names = [at(f"option{n} name") for n in (1, 2, 3)]
        self.option_values = [at(f"option{n} value") for n in (1, 2, 3)]
        self.sku = at("variant sku", "sku")
        self.grams = at("variant grams", "weight value (grams)")
        self.tracker = at("variant inventory tracker", "inventory tracker")
        self.quantity = at("variant inventory qty", "inventory quantity")
        self.policy = at("variant inventory policy", "continue selling when out of stock")
        self.price = at("variant price", "price")
        self.compare_at = at("variant compare at price", "compare at price")
        self.barcode = at("variant barcode", "barcode")
        self.image = at("image src", "product image url")
        self.image_position = at("image position")
        self.image_alt = at("image alt text")
        self.variant_image = at("variant image", "variant image url")
        self.titles = [*columns.titles, ""]
        self.facets: list[tuple[int, Facet]] = []
        self.own: dict[str, int] = {}
        for i, title in enumerate(columns.titles):
            self._metafield(i, title, facets)

    def _metafield(self, i: int, title: str, facets: FacetValues) -> None:
        found = _METAFIELD.fullmatch(title)
        if found is None:
            return
        name, namespace, key = found.groups()
        facet = facets.find(key, name)
        if namespace == _OWN and key in {"care", "undeliverable", "collections"}:
            self.own[key] = i
        elif facet is not None:
            self.facets.append((i, facet))

    def names(self) -> FieldNames:
        """Return what problems call the parts of a product."""
        return FieldNames(
            title=self.titles[self.title] or "Title",
            description=self.titles[self.body] or "Body (HTML)",
            sku=self.titles[self.sku] or "Variant SKU",
            option=self.titles[self.option_values[0]] or "Option1 Value",
            brand=self.titles[self.vendor] or "Vendor",
            tags=self.titles[self.tags] or "Tags",
            media=self.titles[self.image] or "Image Src",
            category=self.titles[self.type] or "Type",
            countries=self.titles[self.own.get("undeliverable", -1)] or "Undeliverable",
            key=self.titles[self.handle] or "Handle",
        )


def read_shopify(stream: BinaryIO, context: ReadContext) -> Iterator[Item]:
    """Return the products of a Shopify product CSV. Rows of one handle stand together."""
    table = Table(stream)
    facets = FacetValues(context.facets)
    shape = _Shape(table.columns, facets)
    for missing, name in ((shape.title, "Title"), (shape.price, "Variant Price")):
        if missing < 0:
            told = f'The column "{name}" is missing: export the products from Shopify again.'
            yield Problem(1, name, told)
            return
    reader = _Reader(shape, facets, context)
    for row in table.rows():
        if isinstance(row, Problem):
            yield row
        else:
            yield from reader.take(*row)
    yield from reader.finish()


class _Reader:
    """Gathers the rows of one handle after the other."""

    def __init__(self, shape: _Shape, facets: FacetValues, context: ReadContext) -> None:
        self._shape = shape
        self._facets = facets
        self._context = context
        self._names = shape.names()
        self._assembly = Assembly(self._names)
        self._slugs = SeenNames()
        self._handle: str | None = None
        self._draft: Draft | None = None
        self._images: list[tuple[int, MediaDocument]] = []

    def take(self, line: int, cells: list[str]) -> Iterator[Item]:
        """Take a row; return what became of the handle before when this is another's."""
        shape = self._shape
        handle, title = cells[shape.handle].strip(), cells[shape.title]
        handle = handle or (slug_of(title) if title else self._handle or "")
        first = handle != self._handle
        if first:
            yield from self.finish()
            self._handle = handle
            slug = slug_of(handle)
            if slug and self._slugs.add(slug):
                told = f"The rows of {cited(handle)} do not stand together: move them together"
                yield Problem(line, self._names.key, f"{told}, or give one another handle.")
                return
            self._draft = self._product(line, slug, cells)
        draft = self._draft
        if draft is None:
            return
        if shape.image >= 0:
            self._take_images(line, cells, draft)
        values = [cells[i] for i in shape.option_values]
        if first or cells[shape.price] or cells[shape.sku] or any(values):
            try:
                draft.variants.append(self._variant(line, cells, draft, values))
            except Refused as refused:
                draft.lost = True
                yield refused.at(line)

    def finish(self) -> Iterator[Item]:
        """Return the product whose rows have been taken."""
        draft, self._draft = self._draft, None
        if draft is None:
            return
        if self._shape.image >= 0:
            # Sorting is stable: pictures without a position keep their order at the end.
            draft.media = [media for _, media in sorted(self._images, key=lambda pair: pair[0])]
        yield from self._assembly.finish(draft)

    def _product(self, line: int, slug: str, cells: list[str]) -> Draft:
        shape = self._shape
        self._images = []
        draft = Draft(line, slug, tidy_line(cells[shape.title]))
        draft.option_names = self._option_names(cells)
        draft.category = tidy_line(cells[shape.type] or _taxonomy(cells[shape.category]))
        if shape.body >= 0:
            draft.description = text_of(cells[shape.body])
        if shape.vendor >= 0:
            draft.brand = tidy_line(cells[shape.vendor])
        if shape.tags >= 0:
            draft.tags = tidy_names(cells[shape.tags], ",")
        draft.state = self._state(draft, cells)
        self._take_own(draft, cells)
        if shape.facets:
            self._take_facets(draft, cells)
        return draft

    def _option_names(self, cells: list[str]) -> tuple[str, ...]:
        shape = self._shape
        names = [tidy_line(cells[i]) for i in shape.option_names]
        first = tidy_line(cells[shape.option_values[0]])
        if (names[0], first) == _NO_OPTION or not any((*names, first)):
            return ()
        return tuple(name for name in (names[0] or "Option", *names[1:]) if name)

    def _state(self, draft: Draft, cells: list[str]) -> PublishState | None:
        shape = self._shape
        status = cells[shape.status].strip().casefold()
        state = _STATES.get(status)
        if status and state is None:
            told = f"{cited(status)} was taken as draft: write active, draft or archived."
            draft.note(shape.titles[shape.status], told)
            return PublishState.DRAFT
        published = truth(cells[shape.published])
        if published is False and state is not PublishState.ARCHIVED:
            return PublishState.DRAFT
        return PublishState.ACTIVE if published and state is None else state

    def _take_own(self, draft: Draft, cells: list[str]) -> None:
        own, shape = self._shape.own, self._shape
        if "care" in own:
            draft.care = text_of(cells[own["care"]])
        if "undeliverable" in own:
            draft.undeliverable = tidy_names(cells[own["undeliverable"]], ";")
        if "collections" in own or shape.collection >= 0:
            listed = tidy_names(cells[own.get("collections", -1)], ";")
            one = tidy_line(cells[shape.collection])
            draft.collections = tuple(dict.fromkeys((*listed, *([one] if one else ()))))

    def _take_facets(self, draft: Draft, cells: list[str]) -> None:
        draft.facets = {}
        for i, facet in self._shape.facets:
            title = self._shape.titles[i]
            values, notes = self._facets.read_list(facet, cells[i], draft.line, title)
            draft.facets[facet.key] = values
            draft.notes += notes

    def _take_images(self, line: int, cells: list[str], draft: Draft) -> None:
        shape = self._shape
        position = cells[shape.image_position].strip()
        for i, alt, order in (
            (shape.image, cells[shape.image_alt], position),
            (shape.variant_image, "", ""),
        ):
            if not cells[i]:
                continue
            media = picture(cells[i], alt, self._context.media_url)
            if media is None:
                told = f"{cited(cells[i])} was left out: write a whole http(s) address."
                draft.notes.append(Problem(line, shape.titles[i], told, drops_row=False))
                continue
            place = int(order) if order.isdecimal() and len(order) < 6 else 10**6  # noqa: PLR2004
            self._images.append((place, media))

    def _variant(
        self, line: int, cells: list[str], draft: Draft, values: list[str]
    ) -> VariantDraft:
        shape, count = self._shape, len(draft.option_names)
        barcode = cells[shape.barcode]
        weight = cells[shape.grams]
        return VariantDraft(
            line=line,
            sku=_sku(cells[shape.sku]),
            options=tuple(map(tidy_line, values[:count])) if count else (),
            price=self._price(line, cells, draft),
            stock=self._stock(line, cells, draft),
            weight_g=grams(weight, shape.titles[shape.grams]) if weight else None,
            gtin=gtin_or_note(barcode, line, shape.titles[shape.barcode], draft.notes),
        )

    def _price(self, line: int, cells: list[str], draft: Draft) -> PriceDocument:
        shape, code = self._shape, self._context.currency
        title = shape.titles[shape.price]
        if not cells[shape.price].strip():
            raise Refused(title, "The price is missing: write it like 14.99.")
        amount = minor(cells[shape.price], code, title)
        if not cells[shape.compare_at].strip():
            return PriceDocument(code, amount, of_the_moment=True)
        compare_title = shape.titles[shape.compare_at]
        compare_at = minor(cells[shape.compare_at], code, compare_title)
        if 0 < compare_at < amount:
            told = f"{cited(cells[shape.compare_at])} was left out: it is below the price."
            draft.notes.append(Problem(line, compare_title, told, drops_row=False))
        before = compare_at if compare_at > amount else None
        return PriceDocument(code, amount, before, of_the_moment=True)

    def _stock(self, line: int, cells: list[str], draft: Draft) -> StockDocument | None:
        shape = self._shape
        if shape.tracker < 0 and shape.quantity < 0:
            return None
        if shape.tracker >= 0 and not cells[shape.tracker].strip():
            return UNTRACKED
        title, quantity = shape.titles[shape.quantity], cells[shape.quantity].strip()
        on_hand = units(quantity, title) if quantity else None
        if cells[shape.policy].strip().casefold() in _GOES_ON:
            return ahead(on_hand)
        if on_hand is not None and on_hand < 0:
            told = f"{cited(quantity)} was taken as 0: nothing is sold ahead of the goods."
            draft.notes.append(Problem(line, title, told, drops_row=False))
        return supply(on_hand, StockPolicy.DENY)


def _sku(cell: str) -> str:
    """Return a SKU without the apostrophe that keeps spreadsheets from rounding it."""
    sku = tidy_line(cell)
    return sku[1:] if sku.startswith("'") and sku[1:].isdigit() else sku


def _taxonomy(path: str) -> str:
    """Return the path of a standard category; numbers of one and the lack of one are none."""
    path = path.strip()
    return "" if path.isdecimal() or path.casefold() == "uncategorized" else path
