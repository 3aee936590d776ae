"""Public ids for variants whose source gives none: readable, and never anybody else's."""

from collections.abc import Callable, Iterable
from itertools import islice

from plantly.db.repositories.catalog_writing.plan import PlannedVariant
from plantly.domain.catalog_checks import MAX_HANDLE
from plantly.domain.text import slugify

_TRIES = 50
_ROOM = 8
"""Characters that are left for the number."""


def give_handles(
    variants: Iterable[PlannedVariant],
    claimed: set[str],
    taken: Callable[[Iterable[str]], Iterable[str]],
) -> None:
    """Give each variant without an id one that nobody has: `fern-12-cm`, else `fern-12-cm-2`.

    `claimed` are those of the batch; `taken` says which of some the shop has.
    """
    waiting = [(v, slugify(v.handle_from, MAX_HANDLE)) for v in variants if v.handle_from]
    if not waiting:
        return
    claimed.update(taken({base for _, base in waiting}))
    clashing: list[tuple[PlannedVariant, str]] = []
    for variant, base in waiting:
        if base in claimed:
            clashing.append((variant, base))
        else:
            _give(variant, base, claimed)
    next_numbers: dict[str, int] = {}
    for variant, base in clashing:
        stem = base[: MAX_HANDLE - _ROOM].rstrip("-")
        found = None
        while found is None:
            start = next_numbers.get(stem, 2)
            tried = [f"{stem}-{number}" for number in range(start, start + _TRIES)]
            claimed.update(taken(tried))
            free = (name for name in enumerate(tried, start) if name[1] not in claimed)
            found = next(islice(free, 1), None)
            next_numbers[stem] = start + _TRIES if found is None else found[0] + 1
        _give(variant, found[1], claimed)


def _give(variant: PlannedVariant, handle: str, claimed: set[str]) -> None:
    claimed.add(handle)
    variant.values = variant.values._replace(handle=handle)
