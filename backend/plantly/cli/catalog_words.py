"""How prices, stocks and states of the catalog are told to people."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, time
from typing import Any

from plantly.cli.output import money
from plantly.domain.catalog import UNTRACKED_LIMIT

_Word = Callable[[Any, Mapping[str, Any]], str]
_WORDS: Mapping[str, _Word] = {
    "amount_minor": lambda value, all_: money(value, all_["currency"]),
    "compare_at_minor": lambda value, all_: f"compare at {money(value, all_['currency'])}",
    "starts_at": lambda value, _: f"from {moment(value)}",
    "ends_at": lambda value, _: f"until {moment(value)}",
    "on_hand": lambda value, _: f"{value} at hand",
    "policy": lambda value, _: str(value),
    "backorder_limit": lambda value, _: f"up to {value} ahead",
    "available_at": lambda value, _: f"expected {moment(value)}",
    "state": lambda value, _: str(value),
}


def moment(text: str) -> str:
    """Write a moment as people read it: a day at midnight is a day."""
    at = datetime.fromisoformat(text).astimezone(UTC)
    return f"{at:%Y-%m-%d}" if at.time() == time.min else f"{at:%Y-%m-%d %H:%M} UTC"


def described(values: Mapping[str, Any]) -> str:
    """Say what a price, a stock or a state is; what it does not have is left out."""
    said = [
        word(values[key], values)
        for key, word in _WORDS.items()
        if values.get(key) is not None
        and not (key == "backorder_limit" and values[key] in {0, UNTRACKED_LIMIT})
    ]
    return ", ".join(said) or "none"
