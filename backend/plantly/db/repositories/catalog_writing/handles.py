"""Public ids for variants whose source gives none: readable, and never anybody else's."""

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from plantly.db.repositories.catalog_writing.plan import PlannedVariant
from plantly.domain.catalog_checks import MAX_HANDLE
from plantly.domain.text import slugify

Taken = Callable[[Iterable[str]], Iterable[str]]

_SPARE = 10
_ROOM = 8
"""Characters that are left for the number."""


def give_handles(variants: Iterable[PlannedVariant], claimed: set[str], taken: Taken) -> None:
    """Give each variant without an id one that nobody has: `fern-12-cm`, else `fern-12-cm-2`.

    `claimed` are those of the batch; `taken` says which of some the shop has.
    """
    waiting = [(v, slugify(v.handle_from, MAX_HANDLE)) for v in variants if v.handle_from]
    if not waiting:
        return
    claimed.update(taken({base for _, base in waiting}))
    clashing: dict[str, _Clash] = defaultdict(_Clash)
    for variant, base in waiting:
        if base in claimed:
            clashing[base[: MAX_HANDLE - _ROOM].rstrip("-")].waiting.append(variant)
        else:
            _give(variant, base, claimed)
    while clashing:
        _number(clashing, claimed, taken)


@dataclass(slots=True)
class _Clash:
    """Variants that would have the same id, and the next number to tell them apart."""

    waiting: list[PlannedVariant] = field(default_factory=list)
    number: int = 2


def _number(clashing: dict[str, _Clash], claimed: set[str], taken: Taken) -> None:
    """Give numbered ids, and leave who got none."""
    names: dict[str, list[str]] = {}
    for stem, clash in clashing.items():
        end = clash.number + len(clash.waiting) + _SPARE
        names[stem] = [f"{stem}-{number}" for number in range(clash.number, end)]
        clash.number = end
    claimed.update(taken(name for tried in names.values() for name in tried))
    for stem, tried in names.items():
        waiting = clashing[stem].waiting
        free = [name for name in tried if name not in claimed]
        for variant, handle in zip(waiting, free, strict=False):
            _give(variant, handle, claimed)
        del waiting[: len(free)]
        if not waiting:
            del clashing[stem]


def _give(variant: PlannedVariant, handle: str, claimed: set[str]) -> None:
    claimed.add(handle)
    variant.values = variant.values._replace(handle=handle)
