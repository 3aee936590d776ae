"""Join JavaScript modules into one script that needs no loader.

Sources use a small, strict part of the module syntax, so that they also run unbundled in a browser:
`import { a, b } from "./other.js";` and `export function` or `export async function`.
Each module keeps its own scope, so names never collide.
"""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from plantly.widgets.guard import WidgetBuildError, check_script

_IMPORT: Final = re.compile(
    r'^import\s*\{([^}]*)\}\s*from\s*"(\.{1,2}/[^"]+)";[^\S\n]*\n', re.MULTILINE
)
_EXPORT: Final = re.compile(r"^export (?=(?:async )?function (\w+))", re.MULTILINE)
_LEFT_OVER: Final = re.compile(r"^\s*(?:import|export)\b.*$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Module:
    """One source file, and what it becomes in the bundle."""

    file: str
    source: str
    name: str
    body: str
    exports: tuple[str, ...]


def read_modules(entry: Path) -> list[Module]:
    """Read the entry module and all it imports, each once, dependencies first.

    Raises: WidgetBuildError on a cycle, a missing file or name, or syntax outside the small part.
    """
    done: dict[Path, Module] = {}
    _collect(entry.resolve(), done, ())
    return list(done.values())


def join_modules(modules: list[Module]) -> str:
    """Make one script of what was read."""
    *needed, last = modules
    parts = [_wrapped(module) for module in needed]
    return '"use strict";\n(()=>{\n' + "\n".join(parts) + "\n" + last.body + "\n})();\n"


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
    lines: list[str] = []
    for names, target in _IMPORT.findall(source):
        module = _collect((path.parent / target).resolve(), done, (*above, path))
        lines.append(_binding(path, names, module))
    body = _IMPORT.sub("", source)
    exports = tuple(_EXPORT.findall(body))
    body = _EXPORT.sub("", body)
    if left := _LEFT_OVER.search(body):
        raise WidgetBuildError(f"{path.name}: the builder does not know {left[0].strip()!r}.")
    done[path] = Module(path.name, source, f"m{len(done)}", "\n".join([*lines, body]), exports)
    return done[path]


def _binding(path: Path, names: str, module: Module) -> str:
    wanted = [name.strip() for name in names.split(",") if name.strip()]
    if missing := [name for name in wanted if name not in module.exports]:
        raise WidgetBuildError(f"{path.name} imports {', '.join(missing)}, which nobody exports.")
    return f"const {{ {', '.join(wanted)} }} = {module.name};"


def _wrapped(module: Module) -> str:
    given = f"return {{ {', '.join(module.exports)} }};" if module.exports else ""
    return f"const {module.name} = (() => {{\n{module.body}\n{given}\n}})();"
