"""Text from outside, made safe to keep: nothing invisible, nothing that turns the page around."""

import re
import unicodedata
from hashlib import sha256

# Control characters, zero-width and bidirectional marks, and halves of characters.
_JOINERS = "\u200c\u200d"
# A superset of what may have to go, so that plain text is looked at once, and quickly.
_SUSPECT = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u0600-\u0605\u061c\u06dd\u070f\u0890\u0891\u08e2\u180e"
    "\u200b-\u200f\u2028-\u202e\u2060-\u206f\ud800-\udfff\ufdd0-\ufdef\ufeff\ufff0-\uffff"
    "\U00010000-\U0010ffff]"
)
_SLUG = re.compile(r"[^a-z0-9]+")
_DIGEST = 8


def clean(text: str) -> str:
    """Return text without control, bidirectional and zero-width characters, in composed form.

    Codes that will never be characters go as well: no XML can hold them.
    New lines and tabs stay, and so do the joiners between letters that some scripts and emoji need.
    """
    composed = unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\r", "\n"))
    return _SUSPECT.sub(lambda at: at[0] if _is_kept(composed, at.start(), at[0]) else "", composed)


def clean_line(text: str) -> str:
    """Return text as one clean line, with single spaces."""
    return " ".join(clean(text).split())


def slugify(text: str, longest: int = 100) -> str:
    """Return an address-safe name: `Crème Brûlée` becomes `creme-brulee`.

    Text without any Latin letter or digit gets a name made of its digest; a text that is too long
    ends in one, so that two long ones stay two.
    """
    plain = text
    if not text.isascii():
        apart = unicodedata.normalize("NFKD", text)
        plain = "".join(c for c in apart if not unicodedata.combining(c))
    slug = _SLUG.sub("-", plain.casefold()).strip("-")
    if slug and len(slug) <= longest:
        return slug
    digest = sha256(text.encode()).hexdigest()[:_DIGEST]
    return f"{slug[: longest - _DIGEST - 1].strip('-')}-{digest}".strip("-")


def _is_kept(text: str, i: int, character: str) -> bool:
    if character in _JOINERS:
        around = (text[i - 1], text[i + 1]) if 0 < i < len(text) - 1 else ("", "")
        return not any(neighbor.isascii() for neighbor in around)
    category = unicodedata.category(character)
    return category not in {"Cc", "Cf", "Cs"} and not (category == "Cn" and _is_never(character))


def _is_never(character: str) -> bool:
    code = ord(character)
    return code & 0xFFFE == 0xFFFE or 0xFDD0 <= code <= 0xFDEF  # noqa: PLR2004 - Unicode, 23.7
