"""Build each widget from `widgets-src` into one self-contained HTML file."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import rcssmin
import rjsmin
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from plantly.widgets.guard import WidgetBuildError, check_bundle, check_inline
from plantly.widgets.load import DIST
from plantly.widgets.modules import join_modules
from plantly.widgets.registry import CONVERSION, WIDGETS, WidgetEntry

SOURCES: Final = Path(__file__).parents[3] / "widgets-src"

_SHARED_STYLES: Final = ("tokens.css", "base.css", "purchase.css")


@dataclass(frozen=True, slots=True)
class BuiltWidget:
    """What was written for one widget."""

    name: str
    path: Path
    bytes: int
    gzip_bytes: int


def build_widgets(out_dir: Path = DIST, *, source_dir: Path = SOURCES) -> list[BuiltWidget]:
    """Build every widget into `out_dir`; identical sources give identical bytes.

    Nothing is written unless all of them are fine.

    Raises: WidgetBuildError.
    """
    if not source_dir.is_dir():
        raise WidgetBuildError(
            "The widget sources are not here: widgets are built from a checkout."
        )
    pages = {entry.name: render_widget(entry, source_dir) for entry in (*WIDGETS, CONVERSION)}
    sizes = {name: check_bundle(name, html) for name, html in pages.items()}
    out_dir.mkdir(parents=True, exist_ok=True)
    return [_write(out_dir, name, html, sizes[name]) for name, html in pages.items()]


def render_widget(entry: WidgetEntry, source_dir: Path = SOURCES) -> str:
    """Render one widget with its styles and its script inlined.

    Raises: WidgetBuildError.
    """
    folder = source_dir / entry.name
    styles = [source_dir / "_shared" / name for name in _SHARED_STYLES] + [folder / "style.css"]
    css = rcssmin.cssmin("\n".join(path.read_text(encoding="utf-8") for path in styles))
    script = rjsmin.jsmin(join_modules(folder / "widget.js"))
    check_inline(entry.name, "style", css)
    check_inline(entry.name, "script", script)
    environment = Environment(
        loader=FileSystemLoader(source_dir),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    template = environment.get_template(f"{entry.name}/template.html.j2")
    # Both are our own sources, checked above; everything else is escaped.
    return template.render(title=entry.title, css=Markup(css), js=Markup(script))  # noqa: S704


def _write(out_dir: Path, name: str, html: str, gzip_bytes: int) -> BuiltWidget:
    path = out_dir / f"{name}.html"
    content = html.encode()
    path.write_bytes(content)
    return BuiltWidget(name=name, path=path, bytes=len(content), gzip_bytes=gzip_bytes)
