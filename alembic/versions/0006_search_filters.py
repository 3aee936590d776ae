"""Filters of a product in a narrow table, a sign for each of them."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
C = sa.String(40).with_variant(sa.String(40, collation="C"), "postgresql")
TEXT = sa.String().with_variant(sa.String(collation="C"), "postgresql")
PORTION = 5000
EVERY_PRODUCT = "f6e340b9cffb37a989ca5"
"""The token of the filter that every product passes."""

SURROGATES = 0xD800
SINGLES = 0x10F000 - 0x21 - 0x800

RENAMED = "ALTER TABLE written RENAME TO product_search"
WHOLE = (
    "ALTER TABLE product_search ALTER COLUMN product_id SET NOT NULL,"
    " ALTER COLUMN terms SET NOT NULL, ALTER COLUMN filters SET NOT NULL,"
    " ADD CONSTRAINT pk_product_search PRIMARY KEY (product_id)"
)
TERMS_INDEX = (
    "CREATE INDEX ix_product_search_terms ON product_search USING gin (terms)"
    " WITH (gin_pending_list_limit = 512)"
)
COUNTS = sa.table(
    "catalog_counts", *map(sa.column, ("token", "facet_key", "value", "products", "number"))
)
FILTERS = sa.table("product_filters", sa.column("product_id", ID), sa.column("filters", sa.String))
TOKENS = {
    "sqlite": "SELECT id, c4 FROM product_search_content WHERE id > :last ORDER BY id LIMIT :most",
    "postgresql": (
        "SELECT product_id, filters FROM product_search WHERE product_id > :last"
        " ORDER BY product_id LIMIT :most"
    ),
}


def upgrade() -> None:
    """Apply the change. The table is filled from what the index keeps already."""
    _count_anew(numbered=True)
    op.create_table(
        "product_filters",
        sa.Column("product_id", ID, autoincrement=False, nullable=False),
        sa.Column("filters", TEXT, nullable=False),
        sa.PrimaryKeyConstraint("product_id", name="pk_product_filters"),
    )
    connection = op.get_bind()
    numbers = connection.execute(sa.select(COUNTS.c.token, COUNTS.c.number)).all()
    signs = {token: _sign(number) for token, number in numbers if token != EVERY_PRODUCT}
    for portion in _kept(connection):
        rows = [
            {
                "product_id": product_id,
                "filters": "".join([signs.get(token, "") for token in tokens.split()]),
            }
            for product_id, tokens in portion
        ]
        connection.execute(FILTERS.insert(), rows)
    if connection.dialect.name == "postgresql":
        _write_terms_anew("f.filters FROM product_search JOIN product_filters AS f")


def downgrade() -> None:
    """Undo the change."""
    if op.get_bind().dialect.name == "postgresql":
        _write_terms_anew(
            "(SELECT coalesce(string_agg(term, ' '), '') FROM unnest(tsvector_to_array(terms))"
            " AS term WHERE term LIKE 'f%') AS filters FROM product_search"
            " JOIN product_filters AS f"
        )
    op.drop_table("product_filters")
    _count_anew(numbered=False)


def _write_terms_anew(filters: str) -> None:
    """Write PostgreSQL's table of words again with other filters: at once, and its index after."""
    op.execute("SET LOCAL statement_timeout = 0")
    op.execute(
        f"CREATE TABLE written AS SELECT product_id, terms, {filters} USING (product_id)"
        " ORDER BY product_id"
    )
    op.execute("DROP TABLE product_search")
    for statement in (RENAMED, WHOLE, TERMS_INDEX, "ANALYZE product_search, product_filters"):
        op.execute(statement)


def _count_anew(*, numbered: bool) -> None:
    """Make the table of counts again, with numbers for the filters or without."""
    connection = op.get_bind()
    names = ("token", "facet_key", "value", "products")
    order = "products DESC, token"
    found = connection.execute(
        sa.select(*map(sa.column, names)).select_from(COUNTS).order_by(sa.text(order))
    )
    rows: list[dict[str, Any]] = [dict(row) for row in found.mappings()]
    op.drop_table("catalog_counts")
    op.create_table(
        "catalog_counts",
        sa.Column("token", C, nullable=False),
        sa.Column("facet_key", sa.String(64), nullable=False),
        sa.Column("value", sa.String(100), nullable=False),
        sa.Column("products", ID, nullable=False),
        *([sa.Column("number", ID, nullable=False)] if numbered else []),
        sa.PrimaryKeyConstraint("token", name="pk_catalog_counts"),
        *([sa.UniqueConstraint("number", name="uq_catalog_counts_number")] if numbered else []),
        sqlite_with_rowid=False,
    )
    for start in range(0, len(rows), PORTION):
        portion: Sequence[Mapping[str, Any]] = rows[start : start + PORTION]
        numbers = ({"number": start + i} if numbered else {} for i in range(1, len(portion) + 1))
        connection.execute(
            COUNTS.insert(), [{**row, **n} for row, n in zip(portion, numbers, strict=True)]
        )


def _kept(connection: sa.Connection) -> Iterator[Sequence[Any]]:
    """Give product and tokens of every row of the index, so many at a time."""
    statement, last = sa.text(TOKENS[connection.dialect.name]), 0
    while rows := connection.execute(statement, {"last": last, "most": PORTION}).all():
        yield rows
        last = rows[-1][0]


def _sign(number: int) -> str:
    """Return what stands for a filter, as `plantly.db.search.signs` did at that time."""
    place = number - 1
    if place >= SINGLES:
        lead, follower = divmod(place - SINGLES, 0x800)
        return chr(0x10F000 + lead) + chr(0x10F800 + follower)
    code = 0x21 + place
    return chr(code if code < SURROGATES else code + 0x800)
