"""Build each widget from `widgets-src` into one self-contained HTML file."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from plantly.widgets.guard import (
    WidgetBuildError,
    check_bundle,
    check_inline,
    check_weight,
)
from plantly.widgets.load import DIST
from plantly.widgets.minifier import PLAIN, Minifier, best_minifier
from plantly.widgets.modules import join_modules, read_modules
from plantly.widgets.pruning import (
    without_unused_drawings,
    without_unused_functions,
    without_unused_rules,
)
from plantly.widgets.registry import WIDGETS, WidgetEntry
from plantly.widgets.wording import Languages, check_words, put_words
from plantly.words import WORDS, WordsError, load_words

SOURCES: Final = Path(__file__).parents[3] / "widgets-src"

_SHARED_STYLES: Final = ("tokens.css", "base.css", "purchase.css")


@dataclass(frozen=True, slots=True)
class BuiltWidget:
    """What was written for one widget."""

    name: str
    path: Path
    bytes: int
    gzip_bytes: int
    languages: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Workshop:
    """What widgets are built from and with: sources, words, minifier."""

    source_dir: Path
    languages: Languages
    minifier: Minifier


def build_widgets(
    out_dir: Path = DIST,
    *,
    source_dir: Path = SOURCES,
    words_dir: Path = WORDS,
    minifier: Minifier | None = None,
) -> list[BuiltWidget]:
    """Build every widget into `out_dir`; identical sources give identical bytes.

    Nothing is written unless all of them are fine. Sizes have a limit only where names are
    shortened: other minifiers are there so that a shop runs everywhere.

    Raises: WidgetBuildError.
    """
    if not source_dir.is_dir():
        raise WidgetBuildError(
            "The widget sources are not here: widgets are built from a checkout."
        )
    workshop = open_workshop(source_dir, words_dir, minifier)
    pages = {entry.name: render_widget(entry, workshop) for entry in WIDGETS}
    sizes = {name: check_bundle(name, html) for name, html in pages.items()}
    if workshop.minifier.shortens_names:
        check_weight(sizes, len(workshop.languages))
    out_dir.mkdir(parents=True, exist_ok=True)
    for old in set(out_dir.glob("*.html")) - {out_dir / f"{name}.html" for name in pages}:
        old.unlink()
    spoken = tuple(workshop.languages)
    return [_write(out_dir, name, html, (sizes[name], spoken)) for name, html in pages.items()]


def open_workshop(
    source_dir: Path = SOURCES, words_dir: Path = WORDS, minifier: Minifier | None = None
) -> Workshop:
    """Read the words and choose the minifier.

    Raises: WidgetBuildError.
    """
    try:
        return Workshop(source_dir, load_words(words_dir), minifier or best_minifier())
    except WordsError as error:
        raise WidgetBuildError(str(error)) from None


def render_widget(entry: WidgetEntry, workshop: Workshop) -> str:
    """Render one widget with its styles, its words and its script inlined.

    Raises: WidgetBuildError.
    """
    script = _script(entry, workshop)
    css = _style(entry, workshop, script)
    css, script = workshop.minifier.style(css), workshop.minifier.script(script)
    check_inline(entry.name, "style", css)
    check_inline(entry.name, "script", script)
    environment = Environment(
        loader=FileSystemLoader(workshop.source_dir),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    template = environment.get_template(f"{entry.name}/template.html.j2")
    # Both are our own sources, checked above; everything else is escaped.
    return template.render(title=entry.title, css=Markup(css), js=Markup(script))  # noqa: S704


def _script(entry: WidgetEntry, workshop: Workshop) -> str:
    read = read_modules(workshop.source_dir / entry.name / "widget.js")
    modules = [module.with_name(entry.name) for module in read]
    used = check_words(modules, workshop.languages)
    script = join_modules(without_unused_drawings(without_unused_functions(modules)))
    return put_words(script, used, workshop.languages)


def _style(entry: WidgetEntry, workshop: Workshop, script: str) -> str:
    shared = workshop.source_dir / "_shared"
    folder = workshop.source_dir / entry.name
    sheets = [*(shared / name for name in _SHARED_STYLES), folder / "style.css"]
    pages = [*sorted(shared.glob("*.html.j2")), folder / "template.html.j2"]
    users = "\n".join([script, *(path.read_text("utf-8") for path in pages)])
    # Without comments first: what is left out is found by its braces.
    whole = PLAIN.style("\n".join(path.read_text("utf-8") for path in sheets))
    return without_unused_rules(whole, users)


def _write(out_dir: Path, name: str, html: str, made: tuple[int, tuple[str, ...]]) -> BuiltWidget:
    gzip_bytes, languages = made
    path = out_dir / f"{name}.html"
    content = html.encode()
    path.write_bytes(content)
    return BuiltWidget(name, path, len(content), gzip_bytes, languages)
