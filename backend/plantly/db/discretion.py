"""Keep what stands in the rows out of every log."""

import logging

_ENGINE_LOG = "sqlalchemy.engine.Engine"


def log_no_rows() -> None:
    """Let SQLAlchemy log its statements to whoever wants to see them, but never what they found.

    `hide_parameters` hides what is written; without this, level DEBUG shows what is read.
    """
    logging.getLogger(_ENGINE_LOG).addFilter(_tells_no_row)


def _tells_no_row(record: logging.LogRecord) -> bool:
    return record.levelno > logging.DEBUG
