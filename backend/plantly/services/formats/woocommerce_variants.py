"""What a row of WooCommerce's CSV says of one variant: price, stock, weight, product number."""

from datetime import datetime

from plantly.domain.catalog import StockPolicy
from plantly.domain.catalog_document import PriceDocument, StockDocument
from plantly.domain.money import Currency
from plantly.services.formats.assembly import VariantDraft
from plantly.services.formats.findings import Problem, Refused
from plantly.services.formats.measures import grams, gtin_or_note, instant, truth, units
from plantly.services.formats.prices import cited, minor
from plantly.services.formats.supplies import UNTRACKED, ahead, supply
from plantly.services.formats.tidy import tidy_line
from plantly.services.formats.woocommerce_values import Shape, unescaped

_BACKORDERS = frozenset({"1", "yes", "notify"})
_OF_PARENT = "parent"


class Variants:
    """Reads rows as variants; what a variation leaves open is its parent's."""

    def __init__(self, shape: Shape, code: Currency) -> None:
        self._shape = shape
        self._code = code

    def read(
        self, line: int, cells: list[str], parent: list[str] | None, notes: list[Problem]
    ) -> VariantDraft:
        """Return the variant of a row, still without options.

        Raises:
            Refused: A price, number, weight or date cannot be read.
        """
        shape = self._shape
        weight = cells[shape.weight] or (parent[shape.weight] if parent else "")
        return VariantDraft(
            line=line,
            sku=tidy_line(unescaped(cells[shape.sku])),
            options=(),
            price=self._price(line, cells, notes),
            stock=self._stock(line, cells, parent, notes),
            weight_g=grams(weight, shape.titles[shape.weight], shape.weight_unit)
            if weight
            else None,
            gtin=gtin_or_note(cells[shape.gtin], line, shape.titles[shape.gtin], notes),
        )

    def _price(self, line: int, cells: list[str], notes: list[Problem]) -> PriceDocument:
        shape = self._shape
        title = shape.title(shape.regular, "Regular price")
        if not cells[shape.regular].strip():
            raise Refused(title, "The price is missing: write it like 14.99.")
        amount = minor(cells[shape.regular], self._code, title)
        if not cells[shape.sale].strip():
            return PriceDocument(self._code, amount)
        sale_title = shape.titles[shape.sale]
        sale = minor(cells[shape.sale], self._code, sale_title)
        if sale >= amount:
            if sale > amount:
                told = f"{cited(cells[shape.sale])} was left out: it is above the regular price."
                notes.append(Problem(line, sale_title, told, drops_row=False))
            return PriceDocument(self._code, amount)
        starts = self._moment(cells, shape.starts)
        ends = self._moment(cells, shape.ends, ends=True)
        if starts and ends and starts >= ends:
            told = f"{cited(cells[shape.ends])} is not after the beginning: write a later time."
            raise Refused(shape.titles[shape.ends], told)
        return PriceDocument(self._code, sale, amount, starts, ends)

    def _moment(self, cells: list[str], i: int, *, ends: bool = False) -> datetime | None:
        return instant(cells[i], self._shape.titles[i], ends=ends) if cells[i].strip() else None

    def _stock(
        self, line: int, cells: list[str], parent: list[str] | None, notes: list[Problem]
    ) -> StockDocument | None:
        shape = self._shape
        number, title = cells[shape.stock].strip(), shape.titles[shape.stock]
        owner = cells
        if number.casefold() == _OF_PARENT and parent is not None:
            owner, number = parent, parent[shape.stock].strip()
            told = "The stock of the parent counts for each of its variations: give each its own."
            notes.append(Problem(line, title, told, drops_row=False))
        in_stock = cells[shape.in_stock].strip().casefold()
        if number:
            more = owner[shape.backorders].strip().casefold() in _BACKORDERS
            counted = units(number, title)
            return ahead(counted) if more else supply(counted, StockPolicy.DENY)
        if not in_stock:
            return None
        if in_stock.startswith("backorder"):
            return ahead(None)
        return supply(0, StockPolicy.DENY) if truth(in_stock) is False else UNTRACKED
