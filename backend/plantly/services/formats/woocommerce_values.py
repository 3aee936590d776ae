"""How WooCommerce's CSV writes texts, lists and attributes."""

import re
from collections.abc import Iterator

from plantly.services.formats.tables import Columns
from plantly.services.formats.tidy import tidy_line, tidy_names

_URLS = re.compile(r"\s*,\s*(?=(?:https?:)?//)")
_WEIGHT = re.compile(r"weight \(([a-z]+)\)")
_ATTRIBUTE = re.compile(r"attribute ([0-9]{1,3}) name")
_FORMULA = re.compile(r"'*[=+@-]")
_LITERAL = "\\\\n"


def unescaped(cell: str) -> str:
    """Return a cell without the apostrophe that keeps spreadsheets from calculating."""
    return cell[1:] if cell.startswith("'") and _FORMULA.match(cell) else cell


def escaped(text: str) -> str:
    """Return a text as `unescaped` reads it."""
    return f"'{text}" if _FORMULA.match(text) else text


def long_source(text: str) -> str:
    r"""Return a description as `long_text` reads it: what looks like `\n` is no new line."""
    return escaped(text.replace("\\n", _LITERAL))


def long_text(cell: str) -> str:
    r"""Return a description: a new line is written `\n`, and that itself `\\n`."""
    parts = unescaped(cell).split(_LITERAL)
    return "\\n".join(part.replace("\\n", "\n") for part in parts)


def listed(cell: str) -> tuple[str, ...]:
    r"""Return the names of a list; a comma in a name is written `\,`."""
    return tidy_names(unescaped(cell), ",")


def addresses(cell: str) -> list[str]:
    """Return the addresses of a list of pictures."""
    return [part.strip() for part in _URLS.split(cell) if part.strip(" ,")]


class Shape:
    """Where this file has what. -1 is always an empty cell."""

    def __init__(self, columns: Columns) -> None:
        at = columns.at
        self.titles = [*columns.titles, ""]
        self.id = at("id")
        self.type = at("type")
        self.sku = at("sku")
        self.gtin = at("gtin, upc, ean, or isbn", "gtin", "meta: global unique id")
        self.name = at("name")
        self.slug = at("slug", "meta: plantly slug", "post name")
        self.published = at("published")
        self.visibility = at("visibility in catalog")
        self.short = at("short description")
        self.description = at("description")
        self.starts = at("date sale price starts")
        self.ends = at("date sale price ends")
        self.in_stock = at("in stock?")
        self.stock = at("stock")
        self.backorders = at("backorders allowed?")
        self.sale = at("sale price")
        self.regular = at("regular price")
        self.categories = at("categories")
        self.tags = at("tags")
        self.images = at("images")
        self.brands = at("brands", "brand")
        self.parent = at("parent")
        self.care = at("meta: plantly care")
        self.undeliverable = at("meta: plantly undeliverable")
        self.weight, self.weight_unit = -1, "kg"
        self._attributes: list[tuple[int, int, int]] = []
        for name, i in columns.indexes.items():
            weight, attribute = _WEIGHT.fullmatch(name), _ATTRIBUTE.fullmatch(name)
            if weight:
                self.weight, self.weight_unit = i, weight[1]
            if attribute:
                n = attribute[1]
                values = at(f"attribute {n} value(s)", f"attribute {n} value")
                self._attributes.append((i, values, at(f"attribute {n} default")))

    def title(self, i: int, otherwise: str) -> str:
        """Return what the file calls a column, or what it is usually called."""
        return self.titles[i] or otherwise

    def attributes(self, cells: list[str]) -> Iterator[tuple[str, str, str]]:
        """Return the name, the values and the default of each attribute of a row."""
        for name, values, default in self._attributes:
            if cells[name]:
                title = tidy_line(unescaped(cells[name])).removeprefix("pa_")
                yield title, cells[values], tidy_line(unescaped(cells[default]))
