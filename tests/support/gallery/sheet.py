"""One page with all the pictures of the gallery."""

from html import escape
from itertools import groupby
from pathlib import Path
from typing import Final

_HEAD: Final = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Widgets</title>
<style>
  body { margin: 24px; font: 15px/1.4 system-ui, sans-serif; background: #dfe3e0; color: #161d18; }
  div { display: flex; gap: 16px; overflow-x: auto; align-items: flex-start; padding-block: 8px; }
  figure { margin: 0; flex: none; }
  figcaption { font-size: 12px; }
  img { display: block; max-inline-size: 400px; }
</style></head><body>
<h1>Every widget, every state</h1>
"""


def write_sheet(folder: Path) -> None:
    """Write index.html about the pictures below `folder`: widget/state/look.png."""
    pictures = sorted(folder.glob("*/*/*.png"))
    parts = [_HEAD]
    for state, looks in groupby(pictures, key=lambda picture: picture.parent):
        where = state.relative_to(folder)
        parts.append(f"<h2>{escape(str(where))}</h2>\n<div>")
        for look in looks:
            source = escape(look.relative_to(folder).as_posix())
            caption = f"<figcaption>{escape(look.stem)}</figcaption>"
            parts.append(f'<figure>{caption}<img src="{source}" alt="" loading="lazy"></figure>')
        parts.append("</div>")
    if pictures:
        (folder / "index.html").write_text("\n".join([*parts, "</body></html>\n"]))
