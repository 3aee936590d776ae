"""Dress the built widgets in a shop's own colors and logo."""

from collections.abc import Iterator
from dataclasses import dataclass
from html import escape
from typing import Final
from urllib.parse import quote

from plantly.domain.colors import Accent, in_widgets
from plantly.domain.shop import ShopConfig

_PLACE: Final = "</head>"
_LOGO_HEIGHT: Final = 24


@dataclass(frozen=True, slots=True)
class Dress:
    """What a shop's widgets wear: put into a bundle when it is loaded, so that none is rebuilt."""

    markup: str = ""

    def on(self, html: str) -> str:
        """Return a bundle that wears it."""
        head, place, rest = html.partition(_PLACE)
        return f"{head}{self.markup}{place}{rest}" if place else html


def dress_of(shop: ShopConfig, origin: str) -> Dress:
    """Return the dress of a shop whose pictures are served at `origin`."""
    light, dark = in_widgets(shop.accent, shop.accent_dark)
    style = f':root{{{_colors(light)}}}:root[data-theme="dark"]{{{_colors(dark)}}}'
    return Dress("".join([f"<style>{style}</style>", *_brand(shop, origin)]))


def _colors(accent: Accent) -> str:
    tokens = {
        "accent": accent.surface,
        "accent-hover": accent.hover,
        "accent-edge": accent.edge,
        "on-accent": accent.on_surface,
        "accent-text": accent.text,
    }
    return ";".join(f"--{name}:{value}" for name, value in tokens.items())


def _brand(shop: ShopConfig, origin: str) -> Iterator[str]:
    logo = shop.logo
    if logo is None:
        return
    source = logo.inline or f"{origin}/media/{quote(logo.file)}"
    width = round(logo.width * _LOGO_HEIGHT / logo.height)
    # Nothing in a template is loaded before a widget asks for it.
    yield (
        f'<template id="brand"><img class="brand" src="{escape(source)}" '
        f'alt="{escape(shop.name)}" width="{width}" height="{_LOGO_HEIGHT}"></template>'
    )
