"""Which names a file has had, for a million of them in 16 megabytes."""

from array import array

_WORD = (1 << 64) - 1
_SMALLEST = 1 << 10


class SeenNames:
    """A set of names of which only 64 bits each are kept.

    With a million names, one that is taken for another turns up in one of 37 million files.
    """

    def __init__(self) -> None:
        self._slots = array("Q", bytes(8 * _SMALLEST))
        self._count = 0

    def __contains__(self, name: str) -> bool:
        return self._slots[self._slot(_mark(name))] != 0

    def add(self, name: str) -> bool:
        """Keep a name; tell whether it was there before."""
        mark = _mark(name)
        i = self._slot(mark)
        if self._slots[i]:
            return True
        self._slots[i] = mark
        self._count += 1
        # A file of many products has three of these: half empty, they would hold twice as much.
        if self._count * 4 > len(self._slots) * 3:
            self._grow()
        return False

    def _slot(self, mark: int) -> int:
        """Return where a mark is, or the free place where it goes."""
        slots, last = self._slots, len(self._slots) - 1
        i = mark & last
        while slots[i] and slots[i] != mark:
            i = (i + 1) & last
        return i

    def _grow(self) -> None:
        before = self._slots
        self._slots = array("Q", bytes(8 * len(before) * 2))
        for mark in before:
            if mark:
                self._slots[self._slot(mark)] = mark


def _mark(name: str) -> int:
    return (hash(name) & _WORD) or 1
