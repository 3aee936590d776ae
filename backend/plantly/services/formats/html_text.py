"""Descriptions: HTML becomes text with its paragraphs and lists, and text stays as it is."""

import html
import re

import nh3

from plantly.services.formats.tidy import tidy

_TAG = re.compile(
    r"<(?:/?[a-zA-Z][a-zA-Z0-9:-]*(?:\s*/?>|\s[^<>=]*=[^<>]*>)|!--|!doctype\b)", re.IGNORECASE
)
_ENTITY = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[a-zA-Z][a-zA-Z0-9]{1,31});")

_UNSEEN = {"script", "style", "head", "title", "template", "noscript", "iframe", "svg", "math"}
_HEADINGS = {"h1", "h2", "h3", "h4", "h5", "h6"}
_PARAGRAPHS = {"p", "ul", "ol", "dl", "table", "blockquote", "pre", "hr", *_HEADINGS}
_LINES = {"div", "section", "article", "tr", "dt", "dd", "figcaption"}
_KEPT = {*_PARAGRAPHS, *_LINES, "br", "li", "td", "th", "tbody", "thead"}

_CLEANER = nh3.Cleaner(
    tags=_KEPT, clean_content_tags=_UNSEEN, attributes={}, link_rel=None, strip_comments=True
)
_SPACE = re.compile(r"[ \t\r\n\f]+")
_MARK = re.compile(r" ?<(/?)([a-z0-9]+)> ?")
_BLANK_LINES = re.compile(r"\n{3,}")


def text_of(source: str) -> str:
    """Return clean text of what may be HTML or text.

    What holds a tag is HTML; what only holds entities is text whose entities are decoded once; and
    everything else (`light < 5 & humid`) is text that means itself.
    """
    if "<" in source and _TAG.search(source):
        return _text_of_html(source)
    if "&" in source and _ENTITY.search(source):
        return tidy(html.unescape(source))
    return tidy(source)


def source_of(text: str) -> str:
    """Return what `text_of` reads as exactly this clean text."""
    is_source = ("<" in text and _TAG.search(text)) or ("&" in text and _ENTITY.search(text))
    return html.escape(text, quote=False) if is_source else text


def _text_of_html(source: str) -> str:
    # What comes out of the sanitizer is well-formed: every "<" in it begins a tag.
    marked = _MARK.sub(_layout, _SPACE.sub(" ", _CLEANER.clean(source)))
    lines = tidy(html.unescape(marked)).split("\n")
    return _BLANK_LINES.sub("\n\n", "\n".join(line.strip() for line in lines)).strip()


def _layout(mark: re.Match[str]) -> str:
    closes, name = mark.groups()
    if name == "li":
        return "" if closes else "\n- "
    if name in {"td", "th"}:
        return " " if closes else ""
    if name == "br" or name in _LINES:
        return "\n"
    return "\n\n" if name in _PARAGRAPHS else ""
