"""Carts, discounts, currencies, terms and what orders keep of them."""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB

from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

DOCUMENT = sa.JSON().with_variant(JSONB(), "postgresql")
MOMENT = sa.DateTime(timezone=True)
AGREED = (
    ("breakdown", DOCUMENT),
    ("terms_version", sa.String(16)),
    ("terms_accepted_at", MOMENT),
)
TYPED = (("district", 120), ("gift_note", 300))


def upgrade() -> None:
    """Apply the change."""
    _checkouts()


def downgrade() -> None:
    """Undo the change."""
    _undo_checkouts()


def _checkouts() -> None:
    """Keep what was agreed to besides the total, and what else a buyer may type."""
    for table in ("checkout_sessions", "orders"):
        for name, kind in AGREED:
            op.add_column(table, sa.Column(name, kind, nullable=True))
    for name, width in TYPED:
        column = sa.Column(name, sa.String(width), nullable=False, server_default="")
        op.add_column("buyers", column)
    with op.batch_alter_table("buyers") as table:
        for name, _ in TYPED:
            table.alter_column(name, server_default=None)


def _undo_checkouts() -> None:
    with op.batch_alter_table("buyers") as table:
        for name, _ in TYPED:
            table.drop_column(name)
    for name in ("orders", "checkout_sessions"):
        with op.batch_alter_table(name) as table:
            for column, _ in AGREED:
                table.drop_column(column)
