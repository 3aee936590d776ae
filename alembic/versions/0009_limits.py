"""How often somebody did something."""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB

from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply the change."""
    op.create_table(
        "rate_limits",
        sa.Column("key", sa.String(32), nullable=False),
        sa.Column("spent_until", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("key", name="pk_rate_limits"),
    )
    op.create_index("ix_rate_limits_expires_at", "rate_limits", ["expires_at"])
    row_id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        "payment_origins",
        sa.Column("payment_id", row_id, autoincrement=False, nullable=False),
        sa.Column("costs", sa.JSON().with_variant(JSONB(), "postgresql"), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["payment_id"],
            ["payments.id"],
            name="fk_payment_origins_payment_id",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("payment_id", name="pk_payment_origins"),
    )
    op.create_index("ix_payment_origins_expires_at", "payment_origins", ["expires_at"])


def downgrade() -> None:
    """Undo the change."""
    op.drop_table("payment_origins")
    op.drop_table("rate_limits")
