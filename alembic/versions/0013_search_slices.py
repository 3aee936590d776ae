"""Divide PostgreSQL's index of words and filters into slices by the id of the product.

An index of this kind gives all matches or none. A page is what comes first by id, and counting
needs a few hundred matches: slice by slice, most searches end before the large ones are read.
"""

from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

SLICES = {
    "ix_product_search_slice_1": "product_id < 16384",
    "ix_product_search_slice_2": "product_id >= 16384 AND product_id < 131072",
    "ix_product_search_slice_3": "product_id >= 131072 AND product_id < 524288",
    "ix_product_search_slice_4": "product_id >= 524288",
}
WHOLE = {
    "ix_product_search_terms": "",
    "ix_product_search_part": " WHERE product_id % 8 = 0",
}


def upgrade() -> None:
    """Apply the change."""
    if op.get_bind().dialect.name != "postgresql":
        return
    op.execute("SET LOCAL statement_timeout = 0")
    # How long the list of what waits to be indexed may be, is said by whoever writes.
    for name, condition in SLICES.items():
        op.execute(f"CREATE INDEX {name} ON product_search USING gin (terms) WHERE {condition}")
    for name in WHOLE:
        op.drop_index(name, "product_search")


def downgrade() -> None:
    """Undo the change."""
    if op.get_bind().dialect.name != "postgresql":
        return
    op.execute("SET LOCAL statement_timeout = 0")
    for name, where in WHOLE.items():
        op.execute(
            f"CREATE INDEX {name} ON product_search USING gin (terms)"
            f" WITH (gin_pending_list_limit = 512){where}"
        )
    for name in SLICES:
        op.drop_index(name, "product_search")
