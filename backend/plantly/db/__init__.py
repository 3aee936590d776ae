"""The only package that talks to a database."""

from plantly.db.engine import Database, open_database
from plantly.db.unit_of_work import UnitOfWork

__all__ = ["Database", "UnitOfWork", "open_database"]
