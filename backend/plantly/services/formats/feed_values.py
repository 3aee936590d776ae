"""What the attributes of a shopping feed mean: prices, stock, and which slug a product has."""

import re
from datetime import datetime

from plantly.domain.catalog import StockPolicy
from plantly.domain.catalog_document import PriceDocument, StockDocument
from plantly.domain.money import Currency
from plantly.services.formats.feed_rows import FeedRow
from plantly.services.formats.findings import Problem, Refused
from plantly.services.formats.measures import instant, interval, units
from plantly.services.formats.prices import cited, minor_with_code
from plantly.services.formats.supplies import SOME, counted, supply
from plantly.services.formats.tidy import slug_of

_PRODUCT_PAGE = re.compile(
    r"https?://[^/]+/(?:[^?#]*/)?(?:p|products?|items?)/([^/?#]+)/?(?:[?#]|$)"
)
_ALWAYS = 1970
_FOREVER = 9999
"""Years that stand for no beginning and no end, since a span needs both."""
_GAP = re.compile(r"[\s_-]+")
_DATES = ("sale_price_start_date", "sale_price_end_date")
_AVAILABILITY: dict[str, StockPolicy | None] = {
    "instock": StockPolicy.UNTRACKED,
    "limitedavailability": StockPolicy.UNTRACKED,
    "outofstock": StockPolicy.DENY,
    "discontinued": StockPolicy.DENY,
    "preorder": StockPolicy.PREORDER,
    "backorder": StockPolicy.BACKORDER,
    "unknown": None,
}


def slug_in(row: FeedRow, title: str) -> str:
    """Return the slug that the address of a product's page ends in, else that of its title."""
    page = _PRODUCT_PAGE.match(row.text("link"))
    return slug_of(page[1]) if page else slug_of(title)


def price_of(row: FeedRow, code: Currency, notes: list[Problem]) -> PriceDocument:
    """Return the price of a row; a sale price holds within its dates.

    Raises:
        Refused: A price or a date cannot be read.
    """
    written = row.text("price")
    if not written:
        raise Refused(row.title("price"), f"The price is missing: write it like 14.99 {code}.")
    amount = _minor(row, "price", code)
    if not row.text("sale_price"):
        return PriceDocument(code, amount)
    sale = _minor(row, "sale_price", code)
    if sale >= amount:
        if sale > amount:
            told = f"{cited(row.text('sale_price'))} was left out: it is above the price."
            notes.append(Problem(row.line, row.title("sale_price"), told, drops_row=False))
        return PriceDocument(code, amount)
    if row.text("sale_price_effective_date"):
        return PriceDocument(code, sale, amount, *_span(row, "sale_price_effective_date"))
    first, last = (row.text(name) for name in _DATES)
    starts = instant(first, row.title(_DATES[0])) if first else None
    ends = instant(last, row.title(_DATES[1]), ends=True) if last else None
    if starts and ends and starts >= ends:
        told = f"{cited(last)} is not after the beginning of the sale: write a later time."
        raise Refused(row.title(_DATES[1]), told)
    return PriceDocument(code, sale, amount, starts, ends)


def _span(row: FeedRow, name: str) -> tuple[datetime | None, datetime | None]:
    """Return a span whose ends are open where they lie beyond every sale."""
    starts_at, ends_at = interval(row.text(name), row.title(name))
    return (
        starts_at if starts_at.year > _ALWAYS else None,
        ends_at if ends_at.year < _FOREVER else None,
    )


def _minor(row: FeedRow, name: str, code: Currency) -> int:
    text, stated = row.text(name), row.text("currency")
    if stated and not any(c.isalpha() for c in text):
        text = f"{text} {stated}"
    return minor_with_code(text, code, row.title(name))


def stock_of(row: FeedRow) -> StockDocument | None:
    """Return the stock of a row, or None when it says nothing of it.

    Raises:
        Refused: The availability is none that is known, or a number or date cannot be read.
    """
    written, number = row.text("availability"), row.text("quantity")
    units_title = row.title("quantity")
    on_hand = units(number, units_title) if number else None
    if not written:
        return None if on_hand is None else counted(on_hand)
    word = _GAP.sub("", written.casefold())
    if word not in _AVAILABILITY:
        told = "write in_stock, out_of_stock, preorder or backorder"
        raise Refused(row.title("availability"), f"{cited(written)} is not known: {told}.")
    policy = _AVAILABILITY[word]
    if policy in {StockPolicy.PREORDER, StockPolicy.BACKORDER}:
        due = row.text("availability_date")
        due_at = instant(due, row.title("availability_date")) if due else None
        return supply(on_hand, policy, due_at)
    if policy is StockPolicy.DENY:
        return supply(on_hand or 0, StockPolicy.DENY)
    if on_hand is not None:
        return counted(on_hand)
    return SOME if policy is StockPolicy.UNTRACKED else None
