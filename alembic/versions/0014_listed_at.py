"""Keep the price that a product is listed at beside its filters, in the rows that counting reads.

A look at the product itself reads a wide row somewhere else, and counting needs hundreds.
"""

import sqlalchemy as sa

from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TEXT = sa.String().with_variant(sa.String(collation="C"), "postgresql")


def upgrade() -> None:
    """Apply the change."""
    _write_anew(
        "f.product_id, f.filters, p.list_price_minor FROM filters_before AS f"
        " JOIN products AS p ON p.id = f.product_id",
        sa.Column("list_price_minor", ID, nullable=False),
    )


def downgrade() -> None:
    """Undo the change."""
    _write_anew("f.product_id, f.filters FROM filters_before AS f")


def _write_anew(rows: str, *more: sa.Column[int]) -> None:
    """Write the table again, in the order of its key: quicker than to change every row of it."""
    if op.get_bind().dialect.name == "postgresql":
        op.execute("SET LOCAL statement_timeout = 0")
        # Names of indexes are taken until their table is gone.
        op.execute("ALTER TABLE product_filters RENAME CONSTRAINT pk_product_filters TO pk_before")
    op.rename_table("product_filters", "filters_before")
    op.create_table(
        "product_filters",
        sa.Column("product_id", ID, autoincrement=False, nullable=False),
        sa.Column("filters", TEXT, nullable=False),
        *more,
        sa.PrimaryKeyConstraint("product_id", name="pk_product_filters"),
    )
    op.execute(f"INSERT INTO product_filters SELECT {rows} ORDER BY f.product_id")
    op.drop_table("filters_before")
    if op.get_bind().dialect.name == "postgresql":
        op.execute("ANALYZE product_filters")
