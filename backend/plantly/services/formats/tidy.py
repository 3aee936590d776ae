"""Text as the shop keeps it, at the price of one look for text that already is."""

import re
import unicodedata
from collections.abc import Iterable

from plantly.domain.text import clean, slugify

# Every character that `clean` may take away (Cc, Cf and Cs without tab and new line, and codes that
# will never be characters).
_SUSPECT = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u0600-\u0605\u061c\u06dd\u070f\u0890\u0891\u08e2\u180e"
    "\u200b-\u200f\u202a-\u202e\u2060-\u206f\ud800-\udfff\ufeff\ufff9-\ufffb\U000110bd\U000110cd"
    "\ufdd0-\ufdef\ufffe\uffff"
    "\U0001fffe\U0001ffff\U0002fffe\U0002ffff\U0003fffe\U0003ffff\U0004fffe\U0004ffff"
    "\U0005fffe\U0005ffff\U0006fffe\U0006ffff\U0007fffe\U0007ffff\U0008fffe\U0008ffff"
    "\U0009fffe\U0009ffff\U000afffe\U000affff\U000bfffe\U000bffff\U000cfffe\U000cffff"
    "\U000dfffe\U000dffff\U000efffe\U000effff\U000ffffe\U000fffff\U0010fffe\U0010ffff"
    "\U00013430-\U0001345f\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e007f]"
)

_SLUG = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_LONGEST_SLUG = 100
_HELD = "\x00"
"""Stands for a separator in a name; no name holds it."""


def tidy(text: str) -> str:
    """Return the text as `clean` does, and without space around it."""
    if text.isascii() and text.isprintable():
        return text.strip()
    if _SUSPECT.search(text) is None and (text.isascii() or unicodedata.is_normalized("NFC", text)):
        return text.strip()
    return clean(text).strip()


def tidy_line(text: str) -> str:
    """Return the text as one clean line, with single spaces."""
    if text.isascii() and text.isprintable():
        return " ".join(text.split())
    return " ".join(tidy(text).split())


def tidy_names(text: str, separator: str) -> tuple[str, ...]:
    """Return the names in a list, each once, in their order.

    A separator that belongs to a name has a backslash before it.
    """
    escaped = f"\\{separator}"
    if escaped in text:
        text = text.replace(escaped, _HELD)
        parts = [part.replace(_HELD, separator) for part in text.split(separator)]
    else:
        parts = text.split(separator)
    return tuple(dict.fromkeys(name for name in map(tidy_line, parts) if name))


def joined_names(names: Iterable[str], separator: str) -> str:
    """Return names as `tidy_names` reads them."""
    escaped = [name.replace(separator, f"\\{separator}") for name in names]
    # A backslash at the end of a name is kept apart from the separator.
    apart = [f"{name} " if name.endswith("\\") else name for name in escaped]
    return f"{separator} ".join(apart)


def slug_of(text: str) -> str:
    """Return the address-safe name of a text, which most handles already are."""
    if len(text) <= _LONGEST_SLUG and _SLUG.fullmatch(text):
        return text
    line = tidy_line(text)
    return slugify(line) if line else ""
