"""What payments, their events and the sandbox keep."""

import sqlalchemy as sa

from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Apply the change."""
    _sandbox()
    _outbox()
    _inbox()


def downgrade() -> None:
    """Undo the change."""
    _drop_inbox()
    _drop_outbox()
    _drop_sandbox()


def _outbox() -> None:
    """Let several workers share the outbox: whoever works on a message says until when."""
    with op.batch_alter_table("outbox") as table:
        table.add_column(sa.Column("leased_until", MOMENT, nullable=True))


def _drop_outbox() -> None:
    with op.batch_alter_table("outbox") as table:
        table.drop_column("leased_until")


def _inbox() -> None:
    """Keep by what name the provider spoke of a payment that is not known yet."""
    with op.batch_alter_table("webhook_inbox") as table:
        table.add_column(sa.Column("session_ref", sa.String(200), nullable=True))


def _drop_inbox() -> None:
    with op.batch_alter_table("webhook_inbox") as table:
        table.drop_column("session_ref")


def _sandbox() -> None:
    """Let the sandbox authorize only, misbehave, and deliver to a shop elsewhere."""
    op.create_table(
        "sandbox_calls",
        sa.Column("name", sa.String(64), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_sandbox_calls"),
    )
    with op.batch_alter_table("sandbox_payments") as table:
        table.add_column(sa.Column("captured_currency", sa.String(3), nullable=True))
        table.add_column(sa.Column("capture_key", sa.String(64), nullable=True))
        table.add_column(sa.Column("capture_asked_minor", ID, nullable=True))
        table.add_column(sa.Column("webhook_url", sa.String(2000), nullable=True))
        table.add_column(sa.Column("authorized_until", MOMENT, nullable=True))
        table.add_column(sa.Column("due_at", MOMENT, nullable=True))
        table.create_index("ix_sandbox_payments_due_at", ["due_at"])
    op.execute("UPDATE sandbox_payments SET captured_currency = currency WHERE captured_minor > 0")
    op.execute(
        "UPDATE sandbox_payments SET due_at = COALESCE(capture_at, expires_at) "
        "WHERE status IN ('open', 'pending')"
    )
    with op.batch_alter_table("sandbox_events") as table:
        table.add_column(sa.Column("repeats", sa.Integer(), nullable=False, server_default="0"))
        table.add_column(sa.Column("held", sa.Boolean(), nullable=False, server_default=sa.false()))
    with op.batch_alter_table("sandbox_events") as table:
        for name in ("repeats", "held"):
            table.alter_column(name, server_default=None)


def _drop_sandbox() -> None:
    with op.batch_alter_table("sandbox_events") as table:
        table.drop_column("held")
        table.drop_column("repeats")
    with op.batch_alter_table("sandbox_payments") as table:
        table.drop_index("ix_sandbox_payments_due_at")
        for name in (
            "due_at",
            "authorized_until",
            "webhook_url",
            "capture_asked_minor",
            "capture_key",
            "captured_currency",
        ):
            table.drop_column(name)
    op.drop_table("sandbox_calls")
