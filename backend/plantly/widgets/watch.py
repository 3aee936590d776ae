"""Notice that the sources of the widgets have changed, and build them anew."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from jinja2 import TemplateError

from plantly.widgets.build import SOURCES, BuiltWidget, build_widgets
from plantly.widgets.guard import WidgetBuildError
from plantly.widgets.load import DIST
from plantly.words import WORDS

Stamp = frozenset[tuple[str, int, int]]


@dataclass(frozen=True, slots=True)
class Build:
    """What became of a change: the bundles, or the sentence that says why there are none."""

    widgets: tuple[BuiltWidget, ...]
    problem: str | None
    seconds: float

    def line(self) -> str:
        """Say it in one line."""
        if self.problem is not None:
            return f"not built: {' '.join(self.problem.split())}"
        sizes = ", ".join(f"{w.name} {w.gzip_bytes:,}" for w in self.widgets)
        return f"built in {self.seconds:.2f} s, bytes gzip: {sizes}"


class SourceWatch:
    """Looks at the times and sizes of templates, styles, scripts and words; builds what changed.

    A build that fails leaves the bundles as they are, and the next change is another chance.
    """

    def __init__(
        self, out_dir: Path = DIST, *, source_dir: Path = SOURCES, words_dir: Path = WORDS
    ) -> None:
        self._out_dir, self._source_dir, self._words_dir = out_dir, source_dir, words_dir
        self._seen = self._stamp()

    def look(self) -> Build | None:
        """Build if something has changed since the last look; None when nothing has."""
        now = self._stamp()
        if now == self._seen:
            return None
        self._seen = now
        return self.build()

    def build(self) -> Build:
        """Build as things stand."""
        since = time.perf_counter()
        try:
            built = tuple(
                build_widgets(self._out_dir, source_dir=self._source_dir, words_dir=self._words_dir)
            )
            problem = None
        except TemplateError as error:
            built, problem = (), f"{getattr(error, 'name', None) or 'a template'}: {error}"
        # An editor may be halfway through saving.
        except (WidgetBuildError, OSError, UnicodeError) as error:
            built, problem = (), str(error)
        return Build(built, problem, time.perf_counter() - since)

    def _stamp(self) -> Stamp:
        return frozenset(self._files())

    def _files(self) -> Iterator[tuple[str, int, int]]:
        for folder in (self._source_dir, self._words_dir):
            for path in folder.rglob("*"):
                try:
                    known = path.stat()
                except FileNotFoundError:
                    continue
                if path.suffix in {".j2", ".css", ".js", ".json"}:
                    yield str(path), known.st_mtime_ns, known.st_size
