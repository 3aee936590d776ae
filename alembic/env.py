"""Run migrations on the connection that was handed in, or on the configured database."""

from alembic import context
from plantly.db import tables as _tables
from plantly.db.base import Table
from plantly.db.migrations import upgrade
from plantly.settings import load_settings, read_environment

__all__ = ["_tables"]


def run(connection: object) -> None:
    """Run the migrations in one transaction."""
    context.configure(
        connection=connection,  # type: ignore[arg-type]
        target_metadata=Table.metadata,
        render_as_batch=True,
        compare_type=True,
    )
    with context.begin_transaction():
        context.run_migrations()


handed_in = context.config.attributes.get("connection")
if handed_in is not None:
    run(handed_in)
else:
    upgrade(load_settings(read_environment()).database_url)
