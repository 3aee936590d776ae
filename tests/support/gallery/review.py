"""Look at a state in every look, and keep pictures of it."""

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import axe_core_python
from playwright.sync_api import Frame

from tests.support.browser import Watched
from tests.support.gallery.looks import Look, every_look, looks_of_need, some_looks
from tests.support.gallery.sheet import write_sheet
from tests.support.gallery.stage import Stage, State
from tests.support.http import ROOT
from tests.support.widget_host import WidgetHost, settled

_CHECKS: Final = (Path(__file__).parent / "checks.js").read_text(encoding="utf-8")
_AXE: Final = Path(axe_core_python.__file__).with_name("axe.min.js").read_text(encoding="utf-8")
_ALL_PICTURES: Final = os.environ.get("PLANTLY_GALLERY")  # noqa: TID251 - a setting of the tests
_PICTURES: Final = Path(_ALL_PICTURES or ROOT / "build" / "gallery")


@dataclass
class Room:
    """Where the states of one widget are shown."""

    widget: str
    watched: Watched
    host: WidgetHost

    def close(self) -> None:
        """Put the pictures of this widget beside the others."""
        write_sheet(_PICTURES)


def open_room(widget: str, watched: Watched, host: WidgetHost) -> Room:
    """Open the page on which the states of a widget are shown."""
    watched.page.goto(f"{host.url}/gallery")
    return Room(widget, watched, host)


def review(room: Room, name: str, state: State, bridge: str) -> None:
    """Bring the widget into a state and check it in every look.

    Axe reads what both bridges draw the same way over one of them.
    """
    room.watched.console_errors.clear()
    room.watched.outside.clear()
    frame = state(Stage(room.watched.page, room.host, bridge))
    apps = bridge == "apps"
    # What a widget draws does not depend on its bridge; that it draws at all does.
    looks = every_look() if apps or _ALL_PICTURES else some_looks()
    if any(look.axe for look in looks):
        frame.evaluate(_AXE + "\n;0")
    problems = [] if _ALL_PICTURES and apps else _check(frame, looks)
    if apps:
        for look in looks if _ALL_PICTURES else ():
            problems += _check(frame, [look])
            _picture(room, name, look, frame)
        if not _ALL_PICTURES:
            _check(frame, [Look()])
            _picture(room, name, Look(), frame)
    assert problems == [], "\n".join(problems)
    room.watched.assert_clean()


def review_needs(room: Room, state: State) -> None:
    """Check a state for those who zoom, enlarge, calm down or recolor what they read."""
    page = room.watched.page
    room.watched.console_errors.clear()
    frame = state(Stage(page, room.host))
    frame.evaluate(_AXE + "\n;0")
    problems: list[str] = []
    for need, look in looks_of_need().items():
        motion: Any = "reduce" if look.calm else "no-preference"
        page.emulate_media(reduced_motion=motion, forced_colors="active" if look.forced else "none")
        problems += [f"{need}: {problem}" for problem in _check(frame, [look])]
    page.emulate_media(reduced_motion="no-preference", forced_colors="none")
    assert problems == [], "\n".join(problems)
    room.watched.assert_clean()


def _check(frame: Frame, looks: Sequence[Look]) -> list[str]:
    found: list[str] = frame.evaluate(_CHECKS, [look.for_page() for look in looks])
    return found


def _picture(room: Room, name: str, look: Look, frame: Frame) -> None:
    page = room.watched.page
    if frame.locator("html[data-display=fullscreen]").count() == 0:
        settled(frame)
    # What lies outside the window is not painted into the frame.
    height = int(frame.evaluate("window.innerHeight"))
    page.set_viewport_size({"width": 900, "height": max(height, 1000)})
    folder = _PICTURES / room.widget / re.sub(r"\W+", "-", name)
    folder.mkdir(parents=True, exist_ok=True)
    picture = folder / f"{look.name}.png"
    page.locator("#frame").screenshot(path=picture, animations="disabled")
