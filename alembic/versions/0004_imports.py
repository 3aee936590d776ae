"""Imports that can be continued, feeds that repeat, and pictures that were fetched."""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
DOCUMENT = sa.JSON().with_variant(JSONB(), "postgresql")
MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Apply the change."""
    op.create_table(
        "catalog_imports",
        sa.Column("id", ID, nullable=False),
        sa.Column("source", sa.String(500), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("options", DOCUMENT, nullable=False),
        sa.Column("context", DOCUMENT, nullable=False),
        sa.Column("state", sa.String(32), nullable=False),
        sa.Column("owner", sa.String(64), nullable=False),
        sa.Column("products_done", sa.Integer(), nullable=False),
        sa.Column("counts", DOCUMENT, nullable=False),
        sa.Column("refusals", DOCUMENT, nullable=False),
        sa.Column("started_at", MOMENT, nullable=False),
        sa.Column("finished_at", MOMENT, nullable=True),
        sa.CheckConstraint(
            "state IN ('running', 'done', 'failed')", name=op.f("ck_catalog_imports_state")
        ),
        sa.PrimaryKeyConstraint("id", name="pk_catalog_imports"),
    )
    op.create_index("ix_catalog_imports_digest", "catalog_imports", ["digest", "id"])
    op.create_table(
        "fetched_pictures",
        sa.Column("url_digest", sa.String(64), nullable=False),
        sa.Column("path", sa.String(200), nullable=False),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("height", sa.Integer(), nullable=False),
        sa.Column("fetched_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("url_digest", name="pk_fetched_pictures"),
    )
    op.create_table(
        "catalog_syncs",
        sa.Column("id", ID, nullable=False),
        sa.Column("url", sa.String(2000), nullable=False),
        sa.Column("options", DOCUMENT, nullable=False),
        sa.Column("every_seconds", sa.Integer(), nullable=False),
        sa.Column("next_at", MOMENT, nullable=False),
        sa.Column("state", sa.String(32), nullable=False),
        sa.Column("last_run_at", MOMENT, nullable=True),
        sa.Column("last_said", sa.String(500), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("etag", sa.String(500), nullable=False),
        sa.Column("last_modified", sa.String(100), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.CheckConstraint("every_seconds > 0", name=op.f("ck_catalog_syncs_every")),
        sa.CheckConstraint(
            "state IN ('waiting', 'running', 'done', 'unchanged', 'failed')",
            name=op.f("ck_catalog_syncs_state"),
        ),
        sa.PrimaryKeyConstraint("id", name="pk_catalog_syncs"),
    )
    op.create_index("ix_catalog_syncs_due", "catalog_syncs", ["next_at"])


def downgrade() -> None:
    """Undo the change."""
    for name in ("catalog_syncs", "fetched_pictures", "catalog_imports"):
        op.drop_table(name)
