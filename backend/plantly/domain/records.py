"""Dataclasses as dicts."""

from typing import Any


def fields_of(record: Any) -> dict[str, Any]:
    """Return the fields of a dataclass by name, as they are.

    `dataclasses.asdict` copies every value as deep as it goes, and takes ten times as long for it.
    """
    return {name: getattr(record, name) for name in record.__dataclass_fields__}
