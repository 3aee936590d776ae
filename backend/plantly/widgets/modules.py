"""Join JavaScript modules into one script that needs no loader.

Sources use a small, strict part of the module syntax, so that they also run unbundled in a browser:
`import { a, b } from "./other.js";` and `export function` or `export async function`.
In the bundle they share one scope, where names can be shortened; a module whose own names would
collide with another's keeps a scope of its own.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from plantly.widgets.guard import WidgetBuildError, check_script

_IMPORT: Final = re.compile(
    r'^import\s*\{([^}]*)\}\s*from\s*"(\.{1,2}/[^"]+)";[^\S\n]*\n', re.MULTILINE
)
_EXPORT: Final = re.compile(r"^export (?=(?:async )?function (\w+))", re.MULTILINE)
_LEFT_OVER: Final = re.compile(r"^\s*(?:import|export)\b.*$", re.MULTILINE)
_DECLARED: Final = re.compile(
    r"^(?:(?:async )?function\*? *|class |(?:const|let|var) )([^=;({]+|[{\[][^}\]]*)", re.MULTILINE
)
_NAME: Final = "__WIDGET__"
# What modules use without importing it: one that gives the name to something else takes it away.
_GIVEN: Final = frozenset(
    {
        *("Array", "Error", "Intl", "JSON", "Map", "Math", "Number", "Object", "Promise", "Set"),
        *("ResizeObserver", "String", "URL", "clearTimeout", "setTimeout", "document", "history"),
        *("location", "navigator", "window"),
    }
)


@dataclass(frozen=True, slots=True)
class Module:
    """One source file, without its imports and exports."""

    file: str
    source: str
    body: str
    imports: frozenset[str]
    exports: tuple[str, ...]

    @property
    def own(self) -> set[str]:
        """Name what it declares for itself."""
        found = " ".join(_DECLARED.findall(self.body))
        return set(re.findall(r"[A-Za-z_$][\w$]*", found)) - set(self.exports)

    def with_name(self, widget: str) -> "Module":
        """Say in which widget it is, where it wants to know."""
        source, body = (text.replace(_NAME, widget) for text in (self.source, self.body))
        return replace(self, source=source, body=body)


def read_modules(entry: Path) -> list[Module]:
    """Read the entry module and all it imports, each once, dependencies first.

    Raises: WidgetBuildError on a cycle, a missing file or name, or syntax outside the small part.
    """
    done: dict[Path, Module] = {}
    _collect(entry.resolve(), done, ())
    return list(done.values())


def join_modules(modules: Iterable[Module]) -> str:
    """Make one script of what was read.

    Raises: WidgetBuildError when two modules export the same name, or one takes a browser's.
    """
    exporters: dict[str, str] = {}
    for module in modules:
        for name in module.exports:
            if name in exporters:
                raise WidgetBuildError(f"{module.file} and {exporters[name]} both export {name}.")
            exporters[name] = module.file
    taken = set(exporters)
    parts: list[str] = []
    for module in modules:
        if lost := _GIVEN & (module.own | set(module.exports)):
            raise WidgetBuildError(f"{module.file} takes the name {min(lost)} from the browser.")
        collides = bool(module.own & taken)
        parts.append(_wrapped(module) if collides else module.body)
        taken |= set() if collides else module.own
    return '"use strict";\n(()=>{\n' + "\n".join(parts) + "\n})();\n"


def _collect(path: Path, done: dict[Path, Module], above: tuple[Path, ...]) -> Module:
    if path in above:
        raise WidgetBuildError(f"{path.name} imports itself through {above[-1].name}.")
    if path in done:
        return done[path]
    try:
        source = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise WidgetBuildError(
            f"{above[-1].name if above else 'The build'} needs {path.name}, which is missing."
        ) from None

    check_script(path.name, source)
    imports: set[str] = set()
    for names, target in _IMPORT.findall(source):
        module = _collect((path.parent / target).resolve(), done, (*above, path))
        imports.update(_checked(path, names, module))
    body = _IMPORT.sub("", source)
    exports = tuple(_EXPORT.findall(body))
    body = _EXPORT.sub("", body)
    if left := _LEFT_OVER.search(body):
        raise WidgetBuildError(f"{path.name}: the builder does not know {left[0].strip()!r}.")
    done[path] = Module(path.name, source, body, frozenset(imports), exports)
    return done[path]


def _checked(path: Path, names: str, module: Module) -> list[str]:
    wanted = [name.strip() for name in names.split(",") if name.strip()]
    if missing := [name for name in wanted if name not in module.exports]:
        raise WidgetBuildError(f"{path.name} imports {', '.join(missing)}, which nobody exports.")
    return wanted


def _wrapped(module: Module) -> str:
    if not module.exports:
        return f"{{\n{module.body}\n}}"
    names = f"{{ {', '.join(module.exports)} }}"
    return f"const {names} = (() => {{\n{module.body}\nreturn {names};\n}})();"
