"""What tells one statement of a listing from another.

Statements are looked up by these: a tuple is compared at once, a data class field by field.
"""

from typing import NamedTuple

from plantly.domain.catalog import Sort

_STOCK_LOOKS = 3
"""Look-ups of a row that asking for the stock of a product costs."""


class Tests(NamedTuple):
    """What each candidate is tested for.

    `marks` is an expression over the signs of its filters, `look` over its row of the index.
    """

    marks: str = ""
    look: str = ""
    min_price: bool = False
    max_price: bool = False
    ranges: tuple[tuple[bool, bool], ...] = ()
    """Of each: whether it has a least and a greatest value."""
    in_stock: bool | None = None
    published: bool = False
    """Candidates may be drafts."""

    @property
    def has_price(self) -> bool:
        """Say whether there is a least or a greatest price."""
        return self.min_price or self.max_price

    @property
    def looks(self) -> int:
        """Return what testing a candidate costs, as look-ups of a row."""
        listed = bool(self.marks or self.has_price or self.published)
        return (
            listed + bool(self.look) + len(self.ranges) + _STOCK_LOOKS * (self.in_stock is not None)
        )


class Source(NamedTuple):
    """Where candidates come from.

    `match`: the index of words and filters; `scan`: words or filters and prices, by a look at one
    product after the other, when many are found; `walk`: the index of the sort, in its order;
    `range`: the index of a facet's numbers.
    """

    kind: str
    sqlite: bool
    sort: Sort = Sort.FEATURED
    category: bool = False
    min_price: bool = False
    max_price: bool = False
    bounds: tuple[bool, bool] = (False, False)
    """Of the range that is the source: whether it has a least and a greatest value."""
    paged: bool = False
    marks: str = ""
    """Of a scan without words: an expression over the signs of a product's filters."""
    priced: bool = False
    """Of a walk: candidates come with their price, and testing it needs no look."""


class TierShape(NamedTuple):
    """One tier of relevance: its number, and on PostgreSQL whether products are walked through."""

    tier: int
    walks: bool = False
    paged: bool = False
    looks: tuple[str, ...] = ()
    """On SQLite: expressions for the tiers before it, where the ids of all of them are bound."""
