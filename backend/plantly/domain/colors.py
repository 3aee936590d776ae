"""Make a merchant's accent color readable, whatever it is (WCAG 2.2, contrast of 4.5 to 1)."""

from dataclasses import dataclass
from functools import lru_cache

_ENOUGH = 4.5
_STEPS = 20
_LINEAR_BELOW = 0.04045

Rgb = tuple[int, int, int]


_SEEN = 3
_TOLD = 1.3
"""Contrast from which people can tell two colors apart that are not beside each other."""
_WHITE = "#ffffff"
_HOVER_STEPS = 2
LIGHT_HOST = "#ececec"
"""The darkest ground of a light assistant, and the lightest of a dark one: text holds between."""
DARK_HOST = "#303030"
LIGHT_TINT = 12
"""Percent of the accent in a soft ground made of it."""
DARK_TINT = 18


@dataclass(frozen=True, slots=True)
class Accent:
    """An accent on one ground: as a surface, the text on it, and the same hue as text."""

    surface: str
    on_surface: str
    text: str
    hover: str
    """The surface under a pointer: further from the text on it."""
    edge: str
    """What outlines a surface that cannot be told from the ground."""


@lru_cache(maxsize=64)
def accent_on(color: str, ground: str, tint: int = 0) -> Accent:
    """Return how a `#rrggbb` color is used on a ground, light or dark.

    As text it also holds on a ground with `tint` percent of the color in it.
    """
    rgb, below = _rgb(color), _rgb(ground)
    white = contrast(rgb, (255, 255, 255)) >= _ENOUGH
    text = _readable(rgb, (below, _mix(below, rgb, tint, 100)))
    return Accent(
        surface=color,
        on_surface=_WHITE if white else "#000000",
        text=text,
        hover=_hex(_mix(rgb, (0, 0, 0) if white else (255, 255, 255), _HOVER_STEPS)),
        edge="transparent" if contrast(rgb, below) >= _SEEN else text,
    )


def in_widgets(accent: str, accent_dark: str) -> tuple[Accent, Accent]:
    """Return both accents as they are used inside of an assistant, light and dark."""
    light = accent_on(accent.lower(), LIGHT_HOST, LIGHT_TINT)
    return light, accent_on(accent_dark.lower(), DARK_HOST, DARK_TINT)


def shifted(accent: str, accent_dark: str) -> list[str]:
    """Say in sentences what becomes of accents that cannot be read as they are."""
    light, dark = in_widgets(accent, accent_dark)
    return [
        f"{name} {used.surface} cannot be read as text on a {ground} ground: there it is shown as "
        f"{used.text}. Buttons keep it, under {'white' if used.on_surface == _WHITE else 'black'} "
        "letters."
        for name, ground, used in (
            ("colors.accent", "light", light),
            ("colors.accent_dark", "dark", dark),
        )
        if contrast(_rgb(used.text), _rgb(used.surface)) >= _TOLD
    ]


def contrast(one: Rgb, other: Rgb) -> float:
    """Return the contrast ratio of two colors, from 1 to 21."""
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def _readable(color: Rgb, grounds: tuple[Rgb, ...]) -> str:
    """Mix a color with black or white, as little as it takes to be read on every ground."""
    pole = (0, 0, 0) if _luminance(grounds[0]) > _luminance((119, 119, 119)) else (255, 255, 255)
    mixes = (_mix(color, pole, step) for step in range(_STEPS + 1))
    return next(_hex(m) for m in mixes if all(contrast(m, g) >= _ENOUGH for g in grounds))


def _mix(color: Rgb, pole: Rgb, step: int, steps: int = _STEPS) -> Rgb:
    red, green, blue = (
        (c * (steps - step) + p * step) // steps for c, p in zip(color, pole, strict=True)
    )
    return red, green, blue


def _hex(color: Rgb) -> str:
    return "#{:02x}{:02x}{:02x}".format(*color)


def _rgb(color: str) -> Rgb:
    return int(color[1:3], 16), int(color[3:5], 16), int(color[5:7], 16)


def _luminance(color: Rgb) -> float:
    red, green, blue = (
        c / 255 / 12.92 if c / 255 <= _LINEAR_BELOW else ((c / 255 + 0.055) / 1.055) ** 2.4
        for c in color
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
