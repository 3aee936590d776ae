"""What is left of portions: looked for between them, and not while they are there."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager

from plantly.services.formats.portions import Portion

_LOOKED_FOR_AFTER = 4
"""Portions. What is looked through then is the next one, a hundred thousand objects."""


@contextmanager
def looking_between_portions() -> Iterator[None]:
    """Keep Python from looking for garbage in cycles by itself.

    Portions make none, and looking for some while they are there costs a tenth of an import. But
    something does make a few, and they may hold on to a portion: whoever lets one go has to look.
    """
    was_enabled = gc.isenabled()
    gc.freeze()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()
        gc.unfreeze()


class LeftBehind:
    """Lets go what portions hold that are done."""

    def __init__(self) -> None:
        self._portions = 0

    def let_go(self, portion: Portion) -> None:
        """Empty a portion, so that the next one finds its memory free."""
        portion.products.clear()
        portion.groundwork = None
        self._portions += 1
        if not gc.isenabled() and self._portions % _LOOKED_FOR_AFTER == 0:
            gc.collect()
