"""Rows of shopping feeds, by the names that Google Merchant gives their attributes."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

_URLS = re.compile(r"\s*,\s*(?=(?:https?:)?//)")
_ESCAPED = re.compile(r"\\([\\:,])")

SECTION_OF_OPTIONS = "option"
"""The section of a product detail that names an option of a variant."""


@dataclass(slots=True)
class FeedRow:
    """One row: one variant, or one product without any."""

    line: int
    values: dict[str, list[str]]
    """By name in lower case with underscores; blank ones are left out."""
    details: list[tuple[str, str, str]] = field(default_factory=list)
    """Product details: section, attribute, value."""
    options: dict[str, str] = field(default_factory=dict)
    """Options that the row names itself."""
    titles: Mapping[str, str] = field(default_factory=dict)
    """What this file calls an attribute, where that is something else."""

    def text(self, name: str) -> str:
        """Return the first value of an attribute, else an empty text."""
        found = self.values.get(name)
        return found[0].strip() if found else ""

    def title(self, name: str) -> str:
        """Return what the file calls an attribute."""
        return self.titles.get(name, name)

    def addresses(self, name: str) -> list[str]:
        """Return the addresses of an attribute, which may be divided by commas."""
        return [part for text in self.values.get(name, ()) for part in _URLS.split(text) if part]

    def names(self, name: str) -> list[str]:
        """Return the words of an attribute, which may be divided by commas."""
        return [part for text in self.values.get(name, ()) for part in text.split(",")]


def details_of(text: str) -> list[tuple[str, str, str]]:
    r"""Return the product details of a cell: `Section:Attribute:Value`, divided by commas.

    A colon, comma or backslash that belongs to a name or value has a backslash before it.
    """
    found: list[list[str]] = []
    for piece in _split(text, ","):
        parts = _split(piece, ":", 2)
        if len(parts) == 3:  # noqa: PLR2004 - section, attribute and value
            found.append(parts)
        elif found:
            # The comma belongs to the value before it.
            found[-1][2] += f",{piece}"
    plain = ([_ESCAPED.sub(r"\1", part).strip() for part in parts] for parts in found)
    return [(section, name, value) for section, name, value in plain]


def _split(text: str, mark: str, most: int = -1) -> list[str]:
    """Divide a text at its marks, at `most` so many times, but not behind a backslash."""
    if "\\" not in text:
        return text.split(mark, most)
    parts = [""]
    escaped = False
    for character in text:
        if character == mark and not escaped and len(parts) != most + 1:
            parts.append("")
        else:
            parts[-1] += character
        escaped = character == "\\" and not escaped
    return parts
