"""Read what Stripe's library sends: forms whose names say where in a document a value belongs."""

import re
from collections.abc import Iterable, Mapping
from typing import Any, Final
from urllib.parse import parse_qsl

_PART: Final = re.compile(r"\[([^\]]*)\]")


class RefusedError(Exception):
    """An error of the API: its HTTP status, and what stands in it."""

    def __init__(self, status: int, message: str, **details: str) -> None:
        super().__init__(message)
        self.status = status
        self.details = {"type": "invalid_request_error", "message": message, **details}


def read_form(raw: str) -> dict[str, Any]:
    """Give a form or a query as the document that it stands for."""
    document: dict[str, Any] = {}
    for name, value in parse_qsl(raw, keep_blank_values=True, strict_parsing=bool(raw)):
        head = name.partition("[")[0]
        place, keys = document, [head, *_PART.findall(name)]
        for key in keys[:-1]:
            place = place.setdefault(key, {})
        place[keys[-1]] = value
    return {key: _with_lists(value) for key, value in document.items()}


def _with_lists(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    inner = {key: _with_lists(one) for key, one in value.items()}
    if inner and all(key.isdigit() for key in inner):
        return [inner[key] for key in sorted(inner, key=int)]
    return inner


def only(params: Mapping[str, Any], known: Iterable[str]) -> None:
    """Refuse what the API does not know."""
    for name in params:
        if name not in set(known):
            raise RefusedError(400, f"Received unknown parameter: {name}", param=name)


def whole(params: Mapping[str, Any], name: str) -> int:
    """Give a positive whole number."""
    text = str(params.get(name, ""))
    if not text.isascii() or not text.isdigit() or int(text) <= 0:
        raise RefusedError(400, f"Invalid integer: {text}", param=name)
    return int(text)


def needed(params: Mapping[str, Any], name: str) -> Any:
    """Give what has to be there."""
    if not params.get(name):
        code = "parameter_missing"
        raise RefusedError(400, f"Missing required param: {name}.", param=name, code=code)
    return params[name]
