"""Every color of the widgets on every ground it stands on: read from the tokens and computed."""

import re
from typing import Final

import pytest

from plantly.domain.colors import contrast
from tests.support.http import ROOT

Tokens = dict[str, str]
Rgb = tuple[int, int, int]

_TOKENS: Final = ROOT / "widgets-src" / "_shared" / "tokens.css"
_READ: Final = 4.5
_SEEN: Final = 3.0
_PLAIN_GROUNDS: Final = ("--ground", "--ground-soft", "--info-soft")
_TEXTS: Final = (
    *((text, ground) for text in ("--text", "--text-soft") for ground in _PLAIN_GROUNDS),
    *(
        (f"--{kind}-text", ground)
        for kind in ("accent", "danger", "warning")
        for ground in ("--ground", "--ground-soft", f"--{kind}-soft")
    ),
    ("--on-info", "--info-soft"),
    ("--on-accent", "--accent"),
    ("--on-accent", "--accent-hover"),
    ("--text-soft", "--picture"),
    ("--ground", "--text"),
)
_EDGES: Final = (
    ("--line-strong", "--ground"),
    ("--line-strong", "--ground-soft"),
    ("--accent", "--ground"),
)
# As hosts were seen to dress their frames.
_HOSTS: Final[dict[str, dict[str, Tokens]]] = {
    "none": {"light": {}, "dark": {}},
    "plain": {
        "light": {"--color-background-primary": "#ffffff", "--color-text-primary": "#0d0d0d"},
        "dark": {"--color-background-primary": "#212121", "--color-text-primary": "#ffffff"},
    },
    "warm": {
        "light": {
            "--color-background-primary": "#faf9f5",
            "--color-background-secondary": "#f0eee6",
            "--color-text-primary": "#3d3d3a",
        },
        "dark": {
            "--color-background-primary": "#30302e",
            "--color-background-secondary": "#262624",
            "--color-text-primary": "#faf9f5",
        },
    },
}
_VAR: Final = re.compile(r"var\((--[\w-]+)(?:,\s*(.+))?\)")
_MIX: Final = re.compile(r"color-mix\(in srgb, (.+) (\d+)%, (.+)\)")


def _tokens(theme: str) -> Tokens:
    light, dark = _TOKENS.read_text(encoding="utf-8").split(':root[data-theme="dark"]')
    found = dict(re.findall(r"^\s*(--[\w-]+): (.+);$", light, re.MULTILINE))
    if theme == "dark":
        found |= dict(re.findall(r"^\s*(--[\w-]+): (.+);$", dark, re.MULTILINE))
    return found


def _color(value: str, tokens: Tokens) -> Rgb:
    if named := _VAR.fullmatch(value):
        name, fallback = named.groups()
        return _color(tokens.get(name, fallback), tokens)
    if mixed := _MIX.fullmatch(value):
        share = int(mixed[2])
        one, other = _color(mixed[1], tokens), _color(mixed[3], tokens)
        red, green, blue = (
            round((a * share + b * (100 - share)) / 100) for a, b in zip(one, other, strict=True)
        )
        return red, green, blue
    assert re.fullmatch(r"#[0-9a-f]{6}", value), value
    return int(value[1:3], 16), int(value[3:5], 16), int(value[5:7], 16)


@pytest.mark.parametrize("host", sorted(_HOSTS))
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_every_text_can_be_read_and_every_edge_seen(theme: str, host: str) -> None:
    tokens = {**_tokens(theme), **_HOSTS[host][theme]}
    weak = [
        f"{one} on {other}: {ratio:.2f}"
        for pairs, enough in ((_TEXTS, _READ), (_EDGES, _SEEN))
        for one, other in pairs
        if (ratio := contrast(_color(tokens[one], tokens), _color(tokens[other], tokens))) < enough
    ]
    assert weak == []


def test_no_style_but_the_tokens_names_a_color_of_text_or_ground() -> None:
    shared = _TOKENS.parent
    for path in (shared / "base.css", shared / "purchase.css"):
        named = re.findall(r"#[0-9a-fA-F]{3,8}\b|rgba?\([^)]*\)", path.read_text(encoding="utf-8"))
        # The paper of a logo is white in every theme.
        assert [color for color in named if color != "#fff"] == [], path.name


def test_styles_know_no_left_and_no_right() -> None:
    physical = re.compile(
        r"[{;\s](?:(?:margin|padding|border)-(?:left|right|top|bottom)|left|right|top|bottom"
        r"|(?:min-|max-)?(?:width|height))\s*:|text-align:\s*(?:left|right)"
    )
    for path in sorted((ROOT / "widgets-src").rglob("*.css")):
        text = re.sub(r"\((?:min|max)-width: \d+px\)", "", path.read_text(encoding="utf-8"))
        assert physical.findall(text) == [], path.name
