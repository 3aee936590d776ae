"""Imported by the one process that all others are forked from: what every start would do again."""

import gc

import asyncpg  # noqa: F401 - loaded when a database is opened
import httpcore  # noqa: F401 - loaded with the first client
import httptools  # noqa: F401 - loaded by the server
import sqlalchemy.dialects.postgresql.asyncpg  # noqa: F401 - the same
import uvicorn.protocols.http.httptools_impl  # noqa: F401 - the same

from plantly.app import create_app
from plantly.settings import load_settings
from tests.chaos import children, racing

create_app(load_settings({"PLANTLY_DATABASE_URL": "sqlite:///:memory:"}))
gc.collect()
gc.freeze()

__all__ = ["children", "racing"]
