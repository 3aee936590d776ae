"""Orders keep titles whole, as long as the catalog's."""

import sqlalchemy as sa

from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

WIDTHS = {"title": 200, "variant_title": 120}


def upgrade() -> None:
    """Apply the change."""
    with op.batch_alter_table("order_lines") as table:
        for name in WIDTHS:
            table.alter_column(name, type_=sa.String(300), existing_nullable=False)


def downgrade() -> None:
    """Undo the change. What is longer is cut."""
    with op.batch_alter_table("order_lines") as table:
        for name, width in WIDTHS.items():
            table.alter_column(
                name,
                type_=sa.String(width),
                existing_nullable=False,
                postgresql_using=f"substr({name}, 1, {width})",
            )
