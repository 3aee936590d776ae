"""Refuse bundles that could load, run or store what they should not, or that are too heavy."""

import gzip
import re
from collections.abc import Mapping
from typing import Final

GZIP_LIMIT: Final = 25 * 1024
"""For one bundle, and for all of them below, with the languages that Plantly has."""
GZIP_LIMIT_TOGETHER: Final = 80 * 1024
_LANGUAGES: Final = 4
_GZIP_A_LANGUAGE: Final = 2 * 1024
_BUNDLES: Final = 4

# The name of the SVG language is an address only in form: nothing is loaded from it.
_SVG_NAMESPACE: Final = "http://www.w3.org/2000/svg"

_FORBIDDEN: Final[tuple[tuple[str, str], ...]] = (
    (r"https?://[^\s\"'`<>)]*", "an address outside the bundle"),
    (r"(?:src|href|action)\s*=\s*[\"']?\s*//", "an address outside the bundle"),
    (r"(?-i:\burl\()\s*[\"']?(?!data:)", "a style that loads a file"),
    (r"@import\b|@font-face\b", "a style that loads a file"),
    (r"<(?:link|base|iframe|object|embed|form)\b", "an element that loads or sends"),
    (r"<script\s", "a script element with attributes"),
    (r"\binnerHTML\b|\bouterHTML\b|\binsertAdjacentHTML\b|\bsetHTML\w*\b", "HTML made from text"),
    (r"\bcreateContextualFragment\b|\bDOMParser\b|\bsrcdoc\b", "HTML made from text"),
    (r"\bdocument\.write", "HTML made from text"),
    (r"\beval\s*\(|\bFunction\s*\(", "code made from text"),
    (r"\bset(?:Timeout|Interval)\s*\(\s*[\"'`]", "code made from text"),
    (r"javascript:", "code made from text"),
    (r"<[a-z][^>]*\son[a-z]+\s*=", "a handler written into the HTML"),
    (r"\bfetch\s*\(|\bXMLHttpRequest\b|\bWebSocket\b|\bEventSource\b", "a request of its own"),
    (r"\bsendBeacon\b|\bimport\s*\(|\bnew Worker\b", "a request of its own"),
    (r"\blocalStorage\b|\bsessionStorage\b|\bindexedDB\b|\bdocument\.cookie\b", "storage"),
    (r"\b(?:alert|confirm|prompt)\s*\(", "a dialog that sandboxes forbid"),
)
# Comments and texts are tokens too, so that a quote inside one does not begin another.
_TOKENS: Final = re.compile(
    r"//[^\n]*|/\*.*?\*/|'(?:\\.|[^'\\\n])*'|\"(?:\\.|[^\"\\\n])*\"|`(?:\\.|[^`\\])*`", re.DOTALL
)
# Read up to the next backtick, a nested template looks like an expression that is still open.
_INNER_TEMPLATE: Final = re.compile(r"\$\{[^}]*`$")
_RULES: Final = tuple((re.compile(pattern, re.IGNORECASE), what) for pattern, what in _FORBIDDEN)


class WidgetBuildError(Exception):
    """A widget cannot be built from its sources."""


def check_bundle(name: str, html: str) -> int:
    """Return the gzip size in bytes of an acceptable bundle.

    Raises: WidgetBuildError that names everything that is wrong.
    """
    text = html.replace(_SVG_NAMESPACE, "")
    problems = [f"{what} ({match[0]!r})" for rule, what in _RULES if (match := rule.search(text))]
    gzip_bytes = len(gzip.compress(html.encode(), mtime=0))
    if problems:
        raise WidgetBuildError(f"The bundle of {name} has {'; '.join(problems)}.")
    return gzip_bytes


def weight_limits(languages: int) -> tuple[int, int]:
    """Say how heavy one bundle, and all together, may be with so many languages."""
    more = max(0, languages - _LANGUAGES) * _GZIP_A_LANGUAGE
    return GZIP_LIMIT + more, GZIP_LIMIT_TOGETHER + _BUNDLES * more


def check_weight(sizes: Mapping[str, int], languages: int) -> None:
    """Refuse bundles that are too heavy, by their gzip sizes in bytes.

    Raises: WidgetBuildError that names each of them.
    """
    most, most_together = weight_limits(languages)
    problems = [
        f"The bundle of {name} has {size} bytes gzip, {most} at most."
        for name, size in sizes.items()
        if size > most
    ]
    if (together := sum(sizes.values())) > most_together:
        problems.append(f"All bundles have {together} bytes gzip, {most_together} at most.")
    if problems:
        raise WidgetBuildError(" ".join(problems))


def check_script(name: str, source: str) -> None:
    """Refuse a template literal inside another one: the minifier takes spaces out of it.

    Raises: WidgetBuildError.
    """
    for match in _TOKENS.finditer(source):
        if match[0].startswith("`") and _INNER_TEMPLATE.search(match[0]):
            raise WidgetBuildError(f"{name} has a template inside a template: {match[0][:60]!r}.")


def check_inline(name: str, kind: str, text: str) -> None:
    """Check that inlined script or style cannot end its own element.

    Raises: WidgetBuildError.
    """
    if re.search(rf"</{kind}|<!--", text, re.IGNORECASE):
        raise WidgetBuildError(f"The {kind} of {name} would end its own element.")
