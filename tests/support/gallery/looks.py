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

    @property
    def name(self) -> str:
        """Say it in a word that can be part of a file's name."""
        return f"{self.locale[:2]}-{self.theme}-{self.width}"

    def for_page(self) -> dict[str, Any]:
        """Give what the page needs to know."""
        return asdict(self)


def every_look(*, axe: bool) -> list[Look]:
    """List every combination; axe reads one width of each theme and language."""
    return [
        Look(locale, theme, width, axe and width == _AXE_WIDTH)
        for locale, theme, width in product(LANGUAGES, THEMES, WIDTHS)
    ]
