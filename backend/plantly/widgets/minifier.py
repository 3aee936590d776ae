"""Make scripts and styles small, with the best that is installed."""

from collections.abc import Callable
from dataclasses import dataclass

import rcssmin
import rjsmin

try:
    import minify as tdewolff  # type: ignore[import-untyped]
except ImportError:  # pragma: no cover - it has no wheel for Apple's own processors
    tdewolff = None


@dataclass(frozen=True, slots=True)
class Minifier:
    """One way to make them small; `shortens_names` says whether sizes can be compared."""

    name: str
    shortens_names: bool
    script: Callable[[str], str]
    style: Callable[[str], str]


PLAIN = Minifier("rjsmin", shortens_names=False, script=rjsmin.jsmin, style=rcssmin.cssmin)


def best_minifier() -> Minifier:
    """Choose the minifier that also shortens names, where it is installed."""
    if tdewolff is None:
        return PLAIN
    return Minifier(
        "tdewolff",
        shortens_names=True,
        script=lambda source: _shortened("application/javascript", source),
        style=lambda source: _shortened("text/css", source),
    )


def _shortened(kind: str, source: str) -> str:
    return str(tdewolff.string(kind, source)) if tdewolff is not None else source
