"""What payments, their events and the sandbox keep."""

import sqlalchemy as sa

from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Apply the change."""
    _outbox()


def downgrade() -> None:
    """Undo the change."""
    _drop_outbox()


def _outbox() -> None:
    """Let several workers share the outbox: whoever works on a message says until when."""
    with op.batch_alter_table("outbox") as table:
        table.add_column(sa.Column("leased_until", MOMENT, nullable=True))


def _drop_outbox() -> None:
    with op.batch_alter_table("outbox") as table:
        table.drop_column("leased_until")
