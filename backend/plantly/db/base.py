"""What every table shares: naming of constraints, and columns for times, states and documents."""

from collections.abc import Mapping
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, BigInteger, DateTime, Dialect, Enum, Integer, MetaData, String
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase
from sqlalchemy.types import TypeDecorator

_NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}

Id = BigInteger().with_variant(Integer, "sqlite")
"""A row id. SQLite counts up only in a column of type INTEGER."""

Document = JSON().with_variant(JSONB, "postgresql")
"""A JSON document."""


class UtcDateTime(TypeDecorator[datetime]):
    """A moment: aware UTC in Python, whatever the database keeps."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Refuse times without a zone; store UTC."""
        if value is None:
            return None
        if value.tzinfo is None:
            msg = "times must be aware"
            raise ValueError(msg)
        moment = value.astimezone(UTC)
        return moment.replace(tzinfo=None) if dialect.name == "sqlite" else moment

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Return aware UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if dialect.name == "sqlite" else value.astimezone(UTC)


def one_of(states: type[StrEnum], name: str) -> Enum:
    """Return a column type that stores a state by its value and refuses every other one."""
    longest = max(len(state.value) for state in states)
    return Enum(
        states,
        name=name,
        native_enum=False,
        create_constraint=True,
        length=max(32, longest),
        values_callable=lambda cls: [member.value for member in cls],
        validate_strings=True,
    )


class Table(DeclarativeBase):
    """A mapped class. Repositories say what they load of it; nothing comes unasked."""

    metadata = MetaData(naming_convention=_NAMING)
    type_annotation_map: Mapping[Any, Any] = {
        datetime: UtcDateTime(),
        str: String(),
        dict[str, Any]: Document,
        list[Any]: Document,
        list[str]: Document,
    }
