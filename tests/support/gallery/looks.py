"""How a host can look: its theme, its width, its language and with it the direction."""

from dataclasses import asdict, dataclass
from itertools import product
from typing import Any, Final

THEMES: Final = ("light", "dark")
WIDTHS: Final = (320, 390, 800)
LANGUAGES: Final = ("en-US", "ar-EG", "de-DE")
"""English, right to left, and the one with the long words."""

_AXE_WIDTH: Final = 390


@dataclass(frozen=True, slots=True)
class Look:
    """One way in which a host shows a widget."""

    locale: str = "en-US"
    theme: str = "light"
    width: int = 390
    axe: bool = False
    text: int = 1
    """How many times larger the shopper has made all text."""
    calm: bool = False
    """The shopper wants no motion."""
    forced: bool = False
    """The shopper's own few colors stand instead of ours."""

    @property
    def name(self) -> str:
        """Say it in a word that can be part of a file's name."""
        return f"{self.locale[:2]}-{self.theme}-{self.width}"

    def for_page(self) -> dict[str, Any]:
        """Give what the page needs to know."""
        return asdict(self)


def looks_of_need() -> dict[str, Look]:
    """List what shoppers ask of their browsers: half the width is what twice the zoom leaves."""
    return {
        "zoom of 200 %": Look(width=400),
        "German at a zoom of 400 %": Look("de-DE", width=320),
        "no motion": Look(calm=True),
        "forced colors": Look(axe=True, forced=True),
        "text of 200 %": Look(width=800, text=2),
        "text of 200 % on a phone": Look(width=390, text=2),
    }


def every_look() -> list[Look]:
    """List every combination; axe reads one width of each theme and language."""
    return [
        Look(locale, theme, width, width == _AXE_WIDTH)
        for locale, theme, width in product(LANGUAGES, THEMES, WIDTHS)
    ]


def some_looks() -> list[Look]:
    """List a few in which every language, theme and width is there with every other."""
    return [
        Look(locale, theme, WIDTHS[(row + 2 * column) % len(WIDTHS)])
        for row, locale in enumerate(LANGUAGES)
        for column, theme in enumerate(THEMES)
    ]
