"""Keep what was asked for often, and forget what was asked for longest ago."""

from collections import OrderedDict
from typing import Generic, TypeVar

T = TypeVar("T")


class Kept(Generic[T]):
    """So many values, each by what it answers."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._values: OrderedDict[object, T] = OrderedDict()

    def get(self, key: object) -> T | None:
        """Return the value of a key, if it is still kept."""
        value = self._values.get(key)
        if value is not None:
            self._values.move_to_end(key)
        return value

    def put(self, key: object, value: T) -> T:
        """Keep a value, and return it."""
        self._values[key] = value
        if len(self._values) > self._most:
            self._values.popitem(last=False)
        return value

    def keys(self) -> list[object]:
        """Return what is kept, the longest unasked first."""
        return list(self._values)

    def clear(self) -> None:
        """Forget everything."""
        self._values.clear()
