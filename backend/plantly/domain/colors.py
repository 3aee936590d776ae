"""Make a merchant's accent color readable, whatever it is (WCAG 2.2, contrast of 4.5 to 1)."""

from dataclasses import dataclass
from functools import lru_cache

_ENOUGH = 4.5
_STEPS = 20
_LINEAR_BELOW = 0.04045

Rgb = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class Accent:
    """An accent on one ground: as a surface, the text on it, and the same hue as text."""

    surface: str
    on_surface: str
    text: str


@lru_cache(maxsize=64)
def accent_on(color: str, ground: str) -> Accent:
    """Return how a `#rrggbb` color is used on a ground, light or dark."""
    rgb = _rgb(color)
    white = contrast(rgb, (255, 255, 255)) >= _ENOUGH
    return Accent(color, "#ffffff" if white else "#000000", _readable(rgb, _rgb(ground)))


def contrast(one: Rgb, other: Rgb) -> float:
    """Return the contrast ratio of two colors, from 1 to 21."""
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def _readable(color: Rgb, ground: Rgb) -> str:
    """Mix a color with black or white, as little as it takes to be read on the ground."""
    pole = (0, 0, 0) if _luminance(ground) > _luminance((119, 119, 119)) else (255, 255, 255)
    mixes = (_mix(color, pole, step) for step in range(_STEPS + 1))
    return next("#{:02x}{:02x}{:02x}".format(*m) for m in mixes if contrast(m, ground) >= _ENOUGH)


def _mix(color: Rgb, pole: Rgb, step: int) -> Rgb:
    red, green, blue = (
        (c * (_STEPS - step) + p * step) // _STEPS for c, p in zip(color, pole, strict=True)
    )
    return red, green, blue


def _rgb(color: str) -> Rgb:
    return int(color[1:3], 16), int(color[3:5], 16), int(color[5:7], 16)


def _luminance(color: Rgb) -> float:
    red, green, blue = (
        c / 255 / 12.92 if c / 255 <= _LINEAR_BELOW else ((c / 255 + 0.055) / 1.055) ** 2.4
        for c in color
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
