"""Words that products are found by, the vocabulary they make, and the counts of every filter."""

import sqlalchemy as sa

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
C = sa.String(40).with_variant(sa.String(40, collation="C"), "postgresql")


def upgrade() -> None:
    """Apply the change. The index starts empty: `plantly db upgrade` fills it afterwards."""
    op.drop_column("products", "search_text")
    sqlite = op.get_bind().dialect.name == "sqlite"
    op.create_table(
        "search_words",
        sa.Column("word", C, nullable=False),
        sa.Column("titles", ID, nullable=False),
        sa.Column("labels", ID, nullable=False),
        sa.Column("products", ID, nullable=False),
        sa.PrimaryKeyConstraint("word", name="pk_search_words"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "search_fragments",
        sa.Column("fragment", C, nullable=False),
        sa.Column("word", C, nullable=False),
        sa.PrimaryKeyConstraint("fragment", "word", name="pk_search_fragments"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "catalog_counts",
        sa.Column("token", C, nullable=False),
        sa.Column("facet_key", sa.String(64), nullable=False),
        sa.Column("value", sa.String(100), nullable=False),
        sa.Column("products", ID, nullable=False),
        sa.PrimaryKeyConstraint("token", name="pk_catalog_counts"),
        sqlite_with_rowid=False,
    )
    # Words come folded by `plantly.domain.words`: the databases only split them at spaces.
    for statement in (FTS5, HASH_SIZE, AUTO_MERGE) if sqlite else (TERMS, TERMS_INDEX):
        op.execute(statement)


# Words come folded by `plantly.domain.words`: the databases only split them at spaces.
FTS5 = (
    "CREATE VIRTUAL TABLE product_search USING fts5("
    "exact, title, labels, body, filters,"
    " tokenize='ascii', detail=column, columnsize=0, prefix='2 3')"
)
# Keep more in memory before a segment is written: a bulk write is mostly merging otherwise.
HASH_SIZE = "INSERT INTO product_search(product_search, rank) VALUES ('hashsize', 16777216)"
# And merge segments later: an import ends with merging all of them. With 16, whole levels would be
# merged at once, and everybody would wait for it.
AUTO_MERGE = "INSERT INTO product_search(product_search, rank) VALUES ('automerge', 8)"
TERMS = (
    "CREATE TABLE product_search ("
    "product_id bigint CONSTRAINT pk_product_search PRIMARY KEY, "
    "terms tsvector NOT NULL, filters text NOT NULL)"
)
# What is written waits in a list that every search reads through: keep it short.
TERMS_INDEX = (
    "CREATE INDEX ix_product_search_terms ON product_search USING gin (terms) "
    "WITH (gin_pending_list_limit = 512)"
)


def downgrade() -> None:
    """Undo the change. Products are found by their titles until the catalog is loaded again."""
    op.drop_table("catalog_counts")
    op.drop_table("search_fragments")
    op.drop_table("search_words")
    op.execute("DROP TABLE product_search")
    op.add_column("products", sa.Column("search_text", sa.String(), nullable=True))
    op.execute("UPDATE products SET search_text = sort_title")
    with op.batch_alter_table("products") as table:
        table.alter_column("search_text", nullable=False)
