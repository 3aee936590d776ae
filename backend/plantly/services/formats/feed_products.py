"""Products of shopping feeds: rows of one group are the variants of one product."""

import re
from collections.abc import Iterable, Iterator, Sequence

from plantly.domain.catalog import Facet
from plantly.domain.catalog_document import MAX_OPTIONS, MAX_VARIANTS, MediaDocument
from plantly.services.formats.assembly import (
    Assembly,
    Draft,
    FieldNames,
    VariantDraft,
)
from plantly.services.formats.facet_values import FacetValues
from plantly.services.formats.feed_rows import SECTION_OF_OPTIONS, FeedRow
from plantly.services.formats.feed_values import price_of, slug_in, stock_of
from plantly.services.formats.findings import Item, Problem, ReadContext, Refused
from plantly.services.formats.html_text import text_of
from plantly.services.formats.measures import grams, gtin_or_note
from plantly.services.formats.pictures import picture
from plantly.services.formats.prices import cited
from plantly.services.formats.seen import SeenNames
from plantly.services.formats.tidy import slug_of, tidy_line

_VARYING = ("color", "size", "material", "pattern")
_LAST_WORD = re.compile(r"\w+$")
_LOOSE = " -\u2013\u2014/|,:;("
_LEAST_PREFIX = 3
_NO_FACETS = frozenset({"id", "title", "description", "link", "price", "brand", "availability"})


class FeedProducts:
    """Gathers the rows of one group after the other."""

    def __init__(self, names: FieldNames, context: ReadContext) -> None:
        self._names = names
        self._context = context
        self._facets = FacetValues(context.facets)
        self._by_name: dict[str, Facet | None] = {}
        self._assembly = Assembly(names)
        self._keys = SeenNames()
        self._slugs = SeenNames()
        self._key = ""
        self._rows: list[FeedRow] = []
        self._skipping = False

    def take(self, row: FeedRow) -> Iterator[Item]:
        """Take a row; return what became of the group before when this is another's."""
        own = tidy_line(row.text("id"))
        if not own:
            told = "The id is missing: give each row its own, such as the SKU."
            yield Problem(row.line, row.title("id"), told)
            return
        group = tidy_line(row.text("item_group_id"))
        # A group and a row without one may have the same name.
        key = f"group {group}" if group else f"row {own}"
        if key != self._key:
            yield from self.finish()
            self._key = key
            self._skipping = self._keys.add(key)
            if self._skipping:
                yield Problem(row.line, row.title("item_group_id" if group else "id"), _apart(key))
        elif not group:
            told = f"The id {cited(own)} stands in the row before: give each row its own."
            yield Problem(row.line, row.title("id"), told)
            return
        if not self._skipping and len(self._rows) <= MAX_VARIANTS:
            self._rows.append(row)

    def finish(self) -> Iterator[Item]:
        """Return the product whose rows have been taken."""
        rows, self._rows = self._rows, []
        if not rows:
            return
        draft = self._draft(rows)
        if len(rows) > MAX_VARIANTS:
            told = f"The group has more than {MAX_VARIANTS} rows: divide it."
            yield Problem(draft.line, rows[0].title("item_group_id"), told)
            return
        draft.option_names, options = _options(rows)
        for row, chosen in zip(rows, options, strict=True):
            try:
                draft.variants.append(self._variant(row, chosen, draft))
            except Refused as refused:
                draft.lost = True
                yield refused.at(row.line)
        yield from self._assembly.finish(draft)

    def _draft(self, rows: Sequence[FeedRow]) -> Draft:
        first = rows[0]
        draft = Draft(first.line, "", _title(rows))
        draft.slug = self._slug(first, draft.title)
        # Feeds demand both: the title and the seller stand in for what a product lacks.
        if first.text("description") not in {"", first.text("title")}:
            draft.description = text_of(first.text("description"))
        if first.text("brand") not in {"", first.text("seller_name")}:
            draft.brand = tidy_line(first.text("brand"))
        taxonomy = first.text("google_product_category")
        shelf = first.text("product_type") or ("" if taxonomy.isdecimal() else taxonomy)
        draft.category = tidy_line(shelf)
        self._take_pictures(draft, rows)
        self._take_facets(draft, rows)
        countries = (tidy_line(name) for name in first.names("excluded_countries"))
        draft.undeliverable = tuple(name for name in countries if name) or None
        return draft

    def _slug(self, row: FeedRow, title: str) -> str:
        slug = slug_in(row, title)
        if slug and self._slugs.add(slug):
            # Two products of one name: what tells them apart in the file does so here.
            slug = slug_of(f"{title} {self._key.split(' ', 1)[1]}")
            self._slugs.add(slug)
        return slug

    def _variant(self, row: FeedRow, options: tuple[str, ...], draft: Draft) -> VariantDraft:
        weight = row.text("shipping_weight")
        unit = row.text("shipping_weight_unit")
        return VariantDraft(
            line=row.line,
            sku=tidy_line(row.text("id")),
            options=options,
            price=price_of(row, self._context.currency, draft.notes),
            stock=stock_of(row),
            weight_g=grams(weight, row.title("shipping_weight"), unit) if weight else None,
            gtin=gtin_or_note(row.text("gtin"), row.line, row.title("gtin"), draft.notes),
        )

    def _take_pictures(self, draft: Draft, rows: Sequence[FeedRow]) -> None:
        found: list[MediaDocument] = []
        # All first pictures come before all others.
        for name in ("image_link", "additional_image_link"):
            for row in rows:
                for address in row.addresses(name):
                    media = picture(address, "", self._context.media_url)
                    if media is not None:
                        found.append(media)
                        continue
                    told = f"{cited(address)} was left out: write a whole http(s) address."
                    draft.notes.append(Problem(row.line, row.title(name), told, drops_row=False))
        draft.media = found or None

    def _take_facets(self, draft: Draft, rows: Sequence[FeedRow]) -> None:
        found: dict[str, dict[str, None]] = {}
        for row in rows:
            for name, texts in _attributes(row):
                facet = self._facet(name)
                if facet is None:
                    continue
                values, notes = self._facets.read(facet, texts, row.line, row.title(name))
                found.setdefault(facet.key, {}).update(dict.fromkeys(values))
                draft.notes += notes
        if found:
            draft.facets = {key: tuple(values) for key, values in found.items()}

    def _facet(self, name: str) -> Facet | None:
        if name in _NO_FACETS:
            return None
        if name not in self._by_name:
            self._by_name[name] = self._facets.find(name)
        return self._by_name[name]


def _attributes(row: FeedRow) -> Iterable[tuple[str, list[str]]]:
    """Return what may be a facet. A row that states its options has its facets beside them."""
    stated = [(name, [value]) for section, name, value in row.details if not _is_option(section)]
    if any(_is_option(section) for section, *_ in row.details):
        return stated
    return [*row.values.items(), *stated]


def _is_option(section: str) -> bool:
    return section.casefold() == SECTION_OF_OPTIONS


def _apart(key: str) -> str:
    name = cited(key.split(" ", 1)[1])
    if key.startswith("group "):
        return f"The rows of the group {name} do not stand together: sort the feed by group."
    return f"The id {name} stands in the feed before: give each row its own."


def _title(rows: Sequence[FeedRow]) -> str:
    """Return the title of a group: what the titles of its rows have in common."""
    stated = tidy_line(rows[0].text("item_group_title"))
    titles = [tidy_line(row.text("title")) for row in rows]
    if stated or len(set(titles)) == 1:
        return stated or titles[0]
    common = _common(titles)
    return common if len(common) >= _LEAST_PREFIX else titles[0]


def _common(titles: Sequence[str]) -> str:
    first, last = min(titles), max(titles)
    pairs = enumerate(zip(first, last, strict=False))
    length = next((i for i, (a, b) in pairs if a != b), min(len(first), len(last)))
    prefix = first[:length]
    if any(title[length : length + 1].isalnum() for title in titles):
        # Not in the middle of a word.
        prefix = _LAST_WORD.sub("", prefix)
    return prefix.rstrip(_LOOSE)


def _options(rows: Sequence[FeedRow]) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
    """Return the names of what tells the rows of a group apart, and the values of each."""
    stated = [_stated(row) for row in rows]
    names = tuple(dict.fromkeys(name for options in stated for name in options))
    if names:
        return names, [tuple(options.get(name, "") for name in names) for options in stated]
    if len(rows) == 1:
        return (), [()]
    columns = {name: [tidy_line(row.text(name)) for row in rows] for name in _VARYING}
    varying = [name for name, values in columns.items() if len(set(values)) > 1][:MAX_OPTIONS]
    if varying:
        chosen = zip(*(columns[name] for name in varying), strict=True)
        return tuple(name.capitalize() for name in varying), list(chosen)
    titles = [tidy_line(row.text("title")) for row in rows]
    common = _common(titles)
    rests = [title[len(common) :].strip(_LOOSE + ")") for title in titles]
    if all(rests):
        return ("Option",), [(rest,) for rest in rests]
    return (), [() for _ in rows]


def _stated(row: FeedRow) -> dict[str, str]:
    stated = {tidy_line(name): tidy_line(value) for name, value in row.options.items()}
    for section, name, value in row.details:
        if _is_option(section):
            stated[tidy_line(name)] = tidy_line(value)
    return {name: value for name, value in stated.items() if name}
