"""Keep the widgets of a running shop as fresh as their sources, while they are being made."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import anyio
import anyio.to_thread

from plantly.widgets import WidgetSet

if TYPE_CHECKING:
    from plantly.widgets.watch import SourceWatch


@dataclass(slots=True)
class LiveWidgets:
    """Builds and loads what has changed when somebody looks.

    `load` reads the bundles anew, `changed` forgets what was answered from the old ones.
    """

    widgets: WidgetSet
    watch: "SourceWatch"
    load: Callable[[], WidgetSet]
    changed: Callable[[], None] = lambda: None
    version: int = 0
    problem: str | None = None
    _one_at_a_time: anyio.Lock = field(default_factory=anyio.Lock)

    async def look(self) -> tuple[int, str | None]:
        """Return the number of the newest build and what is wrong with it."""
        async with self._one_at_a_time:
            build = await anyio.to_thread.run_sync(self.watch.look)
            if build is not None:
                self.version += 1
                self.problem = build.problem
                if build.problem is None:
                    self.widgets.renew(self.load())
                    self.changed()
        return self.version, self.problem
