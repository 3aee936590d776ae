"""Google Merchant feeds as XML: RSS 2.0 and Atom."""

from collections.abc import Iterator
from typing import Any, BinaryIO
from xml.etree.ElementTree import ParseError

from defusedxml.common import DefusedXmlException  # type: ignore[import-untyped]  # no types
from defusedxml.ElementTree import DefusedXMLParser  # type: ignore[import-untyped]  # no types

from plantly.services.formats.feed_products import FeedProducts
from plantly.services.formats.feed_rows import FeedRow
from plantly.services.formats.findings import Item, Problem, ReadContext
from plantly.services.formats.google_tsv import NAMES, attribute

_CHUNK = 1 << 16
_GOOGLE = "{http://base.google.com/ns/1.0}"
_ITEMS = frozenset({"item", "entry"})
_DETAIL = ("section_name", "attribute_name", "attribute_value")
_ATOM = {"summary": "description", "content": "description"}

MAX_ITEM = 1 << 22
"""Characters of one item."""
MAX_DEPTH = 64


class _Broken(Exception):
    """The feed holds what no feed has."""


def read_google_xml(stream: BinaryIO, context: ReadContext) -> Iterator[Item]:
    """Return the products of an RSS or Atom feed with attributes of Google's namespace."""
    products = FeedProducts(NAMES, context)
    target = _Items()
    parser = DefusedXMLParser(target=target)
    target.parser = parser.parser
    fault = ""
    try:
        while chunk := stream.read(_CHUNK):
            parser.feed(chunk)
            yield from _read(target, products)
        parser.close()
    except DefusedXmlException:
        fault = "it declares entities, which a feed does not need"
    except (ParseError, _Broken, ValueError, LookupError) as error:
        fault = " ".join(str(error).split())[:120]
    yield from _read(target, products)
    yield from products.finish()
    if fault:
        told = f"The file is no whole XML here ({fault}): export it again"
        yield Problem(target.line(), "file", f"{told}. What stands before was read.")
    elif not target.seen:
        told = "There is no <item> or <entry> in the file: export the feed again."
        yield Problem(1, "file", told)


def _read(target: "_Items", products: FeedProducts) -> Iterator[Item]:
    for found in target.taken():
        if isinstance(found, Problem):
            yield found
        else:
            yield from products.take(found)


class _Items:
    """Is told what the parser meets, and keeps the item that it is in."""

    def __init__(self) -> None:
        self.parser: Any = None
        self.seen = False
        self._depth = 0
        self._item_depth = 0
        self._size = 0
        self._text: list[str] = []
        self._detail: dict[str, str] = {}
        self._plain: dict[str, list[str]] = {}
        self._row = FeedRow(0, {})
        self._taken: list[FeedRow | Problem] = []

    def line(self) -> int:
        """Return the line at which the parser is."""
        return int(self.parser.CurrentLineNumber)

    def taken(self) -> list[FeedRow | Problem]:
        """Return the items that are whole, each once, and what is wrong with others."""
        found, self._taken = self._taken, []
        return found

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        """Enter an element."""
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise _Broken("its elements are nested too deeply")
        self._text = []
        if self._item_depth:
            if _local(tag) == "link" and "href" in attributes:
                self._text.append(attributes["href"])
            return
        if _local(tag) in _ITEMS:
            self.seen = True
            self._item_depth = self._depth
            self._size = 0
            self._plain = {}
            self._row = FeedRow(self.line(), {})

    def data(self, text: str) -> None:
        """Take text of the element."""
        if self._item_depth:
            self._size += len(text)
            if self._size > MAX_ITEM:
                # It is read to its end, and nothing of it is kept.
                self._forget()
            else:
                self._text.append(text)

    def end(self, tag: str) -> None:
        """Leave an element."""
        level = self._depth - self._item_depth
        self._depth -= 1
        if not self._item_depth:
            return
        if level == 0:
            self._item_depth = 0
            self._taken.append(self._whole())
        elif self._size > MAX_ITEM:
            self._forget()
        elif level == 1:
            self._keep(tag, "".join(self._text).strip())
        else:
            self._detail[_local(tag)] = "".join(self._text).strip()
        self._text = []

    def close(self) -> None:
        """Have nothing to return."""

    def _whole(self) -> FeedRow | Problem:
        """Return the item that ends here."""
        if self._size > MAX_ITEM:
            told = f"The item has more than {MAX_ITEM} characters and was left out: shorten it."
            return Problem(self._row.line, "item", told)
        # What is not Google's counts where Google's is not there.
        self._row.values = {**self._plain, **self._row.values}
        return self._row

    def _forget(self) -> None:
        self._text, self._detail, self._plain = [], {}, {}
        self._row = FeedRow(self._row.line, {})

    def _keep(self, tag: str, text: str) -> None:
        name = attribute(_local(tag))
        detail, self._detail = self._detail, {}
        if name == "product_detail":
            section, attribute_name, value = (detail.get(part, "") for part in _DETAIL)
            if attribute_name and value:
                self._row.details.append((section, attribute_name, value))
        elif text and tag.startswith(_GOOGLE):
            self._row.values.setdefault(name, []).append(text)
        elif text:
            self._plain.setdefault(_ATOM.get(name, name), []).append(text)


def _local(tag: str) -> str:
    return tag.rpartition("}")[2].casefold()
