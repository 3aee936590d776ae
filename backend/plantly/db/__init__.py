"""The only package that talks to a database."""

from plantly.db.engine import Database, Work, open_database
from plantly.db.repositories.limits import LimitsUnavailable
from plantly.db.unit_of_work import UnitOfWork

__all__ = ["Database", "LimitsUnavailable", "UnitOfWork", "Work", "open_database"]
