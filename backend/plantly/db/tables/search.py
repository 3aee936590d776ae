"""What a search knows about its words and filters. The index itself is no table of SQLAlchemy's.

`product_search` is an FTS5 table on SQLite, and a table with a `tsvector` on PostgreSQL: see
`plantly.db.search.index`, which writes everything here.
"""

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from plantly.db.base import Id, Table

_Word = String(40).with_variant(String(40, collation="C"), "postgresql")


class SearchWordRow(Table):
    """A word of the catalog, and how many products have it in each kind of place."""

    __tablename__ = "search_words"
    __table_args__ = {"sqlite_with_rowid": False}  # noqa: RUF012 - SQLAlchemy reads it so

    word: Mapped[str] = mapped_column(_Word, primary_key=True)
    titles: Mapped[int] = mapped_column(Id)
    """In the title."""
    labels: Mapped[int] = mapped_column(Id)
    """In the title or the labels."""
    products: Mapped[int] = mapped_column(Id)
    """Anywhere."""


class SearchFragmentRow(Table):
    """A word with one letter missing: how a misspelled word finds its way back."""

    __tablename__ = "search_fragments"
    __table_args__ = {"sqlite_with_rowid": False}  # noqa: RUF012 - SQLAlchemy reads it so

    fragment: Mapped[str] = mapped_column(_Word, primary_key=True)
    word: Mapped[str] = mapped_column(_Word, primary_key=True)


class CatalogCountRow(Table):
    """How many published products have one value of a filter.

    `category` counts slugs; the row with an empty key counts all products.
    """

    __tablename__ = "catalog_counts"
    __table_args__ = {"sqlite_with_rowid": False}  # noqa: RUF012 - SQLAlchemy reads it so

    token: Mapped[str] = mapped_column(_Word, primary_key=True)
    facet_key: Mapped[str] = mapped_column(String(64))
    value: Mapped[str] = mapped_column(String(100))
    products: Mapped[int] = mapped_column(Id)
    number: Mapped[int] = mapped_column(Id, unique=True)
    """Counted up from 1: what makes the sign that stands for it in `product_filters`."""


class ProductFilterRow(Table):
    """The filters of a published product, a sign for each of them, and the price it is listed at.

    Rows are narrow, so that those of a thousand products are read at once: see
    `plantly.db.search.signs`.
    """

    __tablename__ = "product_filters"

    product_id: Mapped[int] = mapped_column(Id, primary_key=True, autoincrement=False)
    filters: Mapped[str] = mapped_column(String().with_variant(String(collation="C"), "postgresql"))
    list_price_minor: Mapped[int] = mapped_column(Id)
    """The same as the product's."""
