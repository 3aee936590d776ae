"""What every part of a merchant's file has in common: nothing unknown, nothing unkeepable."""

from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, field_validator

T = TypeVar("T")


class FilePart(BaseModel):
    """A part of `shop.toml` or of a catalog."""

    model_config = ConfigDict(extra="forbid")

    @field_validator("*")
    @classmethod
    def _without_nul(cls, value: Any) -> Any:
        return without_nul(value)


def without_nul(value: T) -> T:
    """Return a value in which no text holds a NUL, however deep.

    Raises:
        ValueError: One does.
    """
    if "\x00" in value if isinstance(value, str) else _holds_nul(value):
        msg = "holds a NUL character, which no database keeps: take it out"
        raise ValueError(msg)
    return value


def _holds_nul(value: object) -> bool:
    if isinstance(value, str):
        return "\x00" in value
    if isinstance(value, dict):
        return any(_holds_nul(part) for pair in value.items() for part in pair)
    return isinstance(value, list | tuple) and any(_holds_nul(part) for part in value)
