"""Give PostgreSQL an index of every eighth product, to count among.

Its index of all gives all matches or none, and counting needs a few hundred. SQLite's stops when
there are enough.
"""

from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

# As that of all: what is written waits in a list that every search reads through.
PART_INDEX = (
    "CREATE INDEX ix_product_search_part ON product_search USING gin (terms)"
    " WITH (gin_pending_list_limit = 512) WHERE product_id % 8 = 0"
)


def upgrade() -> None:
    """Apply the change."""
    if op.get_bind().dialect.name == "postgresql":
        op.execute("SET LOCAL statement_timeout = 0")
        op.execute(PART_INDEX)


def downgrade() -> None:
    """Undo the change."""
    if op.get_bind().dialect.name == "postgresql":
        op.drop_index("ix_product_search_part", "product_search")
