"""Plantly's own JSON, `plantly-catalog/1`: what the shop knows of a product, and nothing else."""

from collections.abc import Iterable, Iterator
from typing import Any, BinaryIO

from pydantic import ValidationError

from plantly.domain.catalog import Facet
from plantly.domain.catalog_document import CatalogHead, CategoryDocument
from plantly.domain.money import currency
from plantly.services.formats.encoding import TextStream
from plantly.services.formats.findings import Item, Problem, ReadContext, ReadProduct, Refused
from plantly.services.formats.json_stream import BEGIN, BrokenJson, members
from plantly.services.formats.own_json_parts import HeadPart, ProductPart
from plantly.services.formats.own_json_products import Shelves, product_of
from plantly.services.formats.seen import SeenNames

_LISTED = "products"
_NAMED = 5
"""Problems of one product that are named; the first ones lead to the rest."""


def read_own_json(stream: BinaryIO, context: ReadContext) -> Iterator[Item]:
    """Return the head and the products of a catalog in our own format.

    `line` is which product of the file it is, from 1. The head stands before the products.
    """
    text = TextStream(stream)
    reader = _Reader(context)
    try:
        for name, value in members(text, _LISTED):
            if value is BEGIN:
                yield from reader.begin()
            elif name == _LISTED:
                yield from reader.take(value)
            else:
                yield from reader.take_member(name, value)
            if reader.refused:
                return
        if not reader.begun:
            told = 'There is no list "products" in the file: export the catalog again.'
            yield Problem(1, _LISTED, told)
    except BrokenJson as broken:
        told = f"The file is no whole JSON here ({broken}): export it again"
        yield Problem(reader.line + 1, "file", f"{told}. What stands before was read.")
    yield from text.notes()


class _Reader:
    """Reads one member or product after the other."""

    def __init__(self, context: ReadContext) -> None:
        self.line = 0
        """Products so far."""
        self.begun = False
        self.refused = False
        self._context = context
        self._raw: dict[str, Any] = {}
        self._shelves = Shelves(context.currency, {}, {})
        self._seen = {"slug": SeenNames(), "variant id": SeenNames(), "SKU": SeenNames()}

    def take_member(self, name: str, value: Any) -> Iterator[Item]:
        """Keep a member of the head."""
        if not self.begun:
            self._raw[name] = value
            return
        told = f'"{name}" stands after the products and was not read: put it before them.'
        yield Problem(self.line, name, told, drops_row=name in HeadPart.model_fields)

    def begin(self) -> Iterator[Item]:
        """Read the head."""
        self.begun = True
        try:
            head = self._head(HeadPart.model_validate(self._raw))
        except ValidationError as error:
            self.refused = True
            yield from _named(error, 1)
        except Refused as refused:
            self.refused = True
            yield refused.at(1)
        else:
            facets = {facet.key: facet for facet in (*self._context.facets, *head.facets)}
            categories = {category.slug: category for category in head.categories}
            self._shelves = Shelves(head.currency, facets, categories)
            yield head

    def take(self, value: Any) -> Iterator[Item]:
        """Read a product."""
        self.line += 1
        try:
            part = ProductPart.model_validate(value)
            names = _names(part)
            self._check_names(part.slug, names)
            product = product_of(part, self._shelves)
        except ValidationError as error:
            yield from _named(error, self.line)
        except Refused as refused:
            yield refused.at(self.line)
        else:
            for kind, found in names.items():
                for name in found:
                    self._seen[kind].add(name)
            yield ReadProduct(self.line, product)

    def _head(self, part: HeadPart) -> CatalogHead:
        try:
            code = currency(part.currency)
        except ValueError as error:
            raise Refused("currency", f"{error}.") from error
        selling = self._context.currency
        if code != selling:
            told = f"The catalog is in {code}, but the shop sells in {selling}"
            raise Refused("currency", f"{told}: give prices in that.")
        for field, names in (
            ("facets", [facet.key for facet in part.facets]),
            *((f"facets.{facet.key}", facet.values) for facet in part.facets),
            ("categories", [category.slug for category in part.categories]),
            ("categories", [category.name for category in part.categories]),
        ):
            twice = ", ".join(_twice(names))
            if twice:
                raise Refused(field, f"{field}: {twice} stands there twice: keep one of them.")
        return CatalogHead(
            code,
            tuple(Facet(f.key, f.title, f.values, f.kind, f.unit) for f in part.facets),
            tuple(CategoryDocument(c.slug, c.name) for c in part.categories),
        )

    def _check_names(self, slug: str, names: dict[str, list[str]]) -> None:
        wrong = [
            f"{kind} {name} is used twice"
            for kind, found in names.items()
            for name in dict.fromkeys(found)
            if name in self._seen[kind] or found.count(name) > 1
        ]
        if wrong:
            raise Refused(f"products.{slug}", f"{'; '.join(wrong)}: give each its own.")


def _names(part: ProductPart) -> dict[str, list[str]]:
    return {
        "slug": [part.slug],
        "variant id": [variant.id for variant in part.variants if variant.id is not None],
        "SKU": [variant.sku for variant in part.variants],
    }


def _twice(names: Iterable[str]) -> list[str]:
    seen: set[str] = set()
    twice = {name for name in names if name in seen or seen.add(name)}  # type: ignore[func-returns-value]
    return sorted(twice)


def _named(error: ValidationError, line: int) -> Iterator[Problem]:
    found = error.errors(include_url=False, include_input=False)
    # A list whose items were all refused is told to be empty: that is no problem of its own.
    inner = {one["loc"][:depth] for one in found for depth in range(1, len(one["loc"]))}
    for one in [one for one in found if one["loc"] not in inner][:_NAMED]:
        place = ".".join(str(part) for part in one["loc"]) or "file"
        yield Problem(line, place, f"{place}: {one['msg'].removeprefix('Value error, ')}.")
