"""Somebody who has a keyboard and nothing else."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, Final

from playwright.sync_api import Frame, Page

from tests.support.http import wait_until

_MOST_TABS: Final = 90
_FOCUSED: Final = """() => {
  const at = document.activeElement;
  if (!at || at === document.body) return null;
  const labels = [...(at.labels ?? [])].map((label) => label.textContent).join(" ");
  const name = at.getAttribute("aria-label") ?? (labels || at.textContent || at.title);
  const shows = (node) => [null, "::after", "::before"].some((part) => {
    const style = getComputedStyle(node, part);
    return (style.outlineStyle !== "none" && style.outlineWidth !== "0px")
      || style.boxShadow !== "none";
  });
  const around = [at, at.nextElementSibling, at.parentElement].filter(Boolean);
  return {
    tag: at.tagName.toLowerCase(),
    type: at.type ?? "",
    name: name.trim().replace(/\\s+/g, " "),
    // A heading that was moved to is read, not pressed: nothing has to mark it.
    seen: at.tabIndex < 0 || at.tagName === "IFRAME" || around.some(shows),
  };
}"""
Step = Callable[[], object]


@dataclass
class Keyboard:
    """Press keys on a page, as a person does who looks where the focus is.

    `unseen` lists what had the focus and did not show it.
    """

    page: Page
    unseen: list[str] = field(default_factory=list)

    def focused(self) -> dict[str, Any] | None:
        """Say what has the focus: its tag, its type and its name."""
        for frame in reversed(self._path()):
            found: dict[str, Any] | None = frame.evaluate(_FOCUSED)
            if found:
                if not found["seen"]:
                    self.unseen.append(f"{found['tag']} {found['name']}")
                return found
        return None

    def to(self, name: str | re.Pattern[str], *tags: str) -> None:
        """Go on with Tab until something with this name has the focus."""
        passed: list[str] = []
        for _ in range(_MOST_TABS):
            found = self.focused()
            if found and _is(found, name, tags):
                return
            passed.append(f"{found['tag']} {found['name'][:40]}" if found else "nothing")
            self.page.keyboard.press("Tab")
        raise AssertionError(f"Tab never came to {name!r}; it came by {passed}.")

    def press(self, name: str | re.Pattern[str], key: str = "Enter", *tags: str) -> None:
        """Go to what has this name and press a key there."""
        self.to(name, *tags)
        self.page.keyboard.press(key)

    def write(self, name: str | re.Pattern[str], text: str) -> None:
        """Go to the field of this name and type."""
        self.to(name, "input", "textarea")
        self.page.keyboard.type(text)

    def choose(self, name: str | re.Pattern[str], beginning: str) -> None:
        """Go to the list of this name and type how the wanted entry begins."""
        self.to(name, "select")
        self.page.keyboard.type(beginning)

    def arrives(self, names: Iterable[str | re.Pattern[str]]) -> None:
        """Wait until the page itself has moved the focus to one of these."""
        wanted = list(names)

        def there() -> bool:
            found = self.focused()
            return bool(found) and any(_is(found or {}, name, ()) for name in wanted)

        wait_until(there, f"the focus to come to {wanted}")

    def _path(self) -> list[Frame]:
        """List the frames from the page down to the one that has the focus."""
        path = [self.page.main_frame]
        while True:
            handle = path[-1].evaluate_handle("document.activeElement").as_element()
            frame = handle.content_frame() if handle else None
            if frame is None:
                return path
            path.append(frame)


def _is(found: dict[str, Any], name: str | re.Pattern[str], tags: tuple[str, ...]) -> bool:
    if tags and found["tag"] not in tags:
        return False
    if isinstance(name, str):
        return bool(found["name"] == name)
    return name.search(found["name"]) is not None
