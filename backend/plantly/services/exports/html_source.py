"""Descriptions for formats that hold HTML."""

import html
import re

from plantly.services.formats.html_text import source_of, text_of

_PARAGRAPH = re.compile(r"\n{2,}")


def html_of(text: str) -> str:
    """Return a text with its paragraphs and lines as HTML that is read back as exactly this text.

    What HTML has no way to say, such as two spaces, stays text.
    """
    if "\n" not in text:
        return source_of(text)
    paragraphs = _PARAGRAPH.split(html.escape(text, quote=False))
    marked = "".join(f"<p>{p.replace(chr(10), '<br>')}</p>" for p in paragraphs)
    return marked if text_of(marked) == text else source_of(text)
