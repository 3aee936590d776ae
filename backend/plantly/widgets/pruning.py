"""Leave out what a bundle does not use: functions nobody calls, styles of classes nobody has."""

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from typing import Final

from plantly.widgets.modules import Module

_FUNCTION: Final = re.compile(
    r"^(?:async )?function (\w+)\((?:[^\n]*\}|.*?^\})\n", re.MULTILINE | re.DOTALL
)
# Only those that have lines of their own: elsewhere it could be a text or a pattern.
_COMMENT: Final = re.compile(r"^\s*(?://[^\n]*|/\*.*?\*/\s*$)", re.MULTILINE | re.DOTALL)
_RULE: Final = re.compile(r"([^{};]+)\{([^{}]*)\}")
_EMPTY: Final = re.compile(r"@(?:media|container|supports)[^{};]*\{\}")
_CLASS: Final = re.compile(r"\.([A-Za-z][\w-]*)")
# `badge-${state}` and "badge-" + state: any class may come of it.
_BEGINNING: Final = re.compile(r"([A-Za-z][\w-]*-)(?:\$\{|[\"'`]\s*\+)")
_DRAWINGS: Final = "icons.js"
_DRAWING: Final = re.compile(r'^  (\w+): "[^"\n]*",\n', re.MULTILINE)
_NAME: Final = re.compile(r"[A-Za-z_$][\w$]*")
_WORD: Final = re.compile(r"[A-Za-z][\w-]*")


def without_unused_functions(modules: Iterable[Module]) -> list[Module]:
    """Leave out every function of a module that it does not name, nor another that imports it."""
    before = list(modules)
    counts = {m.file: Counter(_NAME.findall(_COMMENT.sub("", m.body))) for m in before}
    wanted = {name for module in before for name in module.imports if counts[module.file][name] > 0}

    def kept(module: Module) -> Module:
        named = counts[module.file]
        body = _FUNCTION.sub(
            lambda match: match[0] if named[match[1]] > 1 or match[1] in wanted else "", module.body
        )
        exports = tuple(name for name in module.exports if named[name] > 1 or name in wanted)
        return replace(module, body=body, exports=exports)

    after = [kept(module) for module in before]
    return after if after == before else without_unused_functions(after)


def without_unused_drawings(modules: Iterable[Module]) -> list[Module]:
    """Leave out every icon that no other module names."""
    before = list(modules)
    rest = "\n".join(module.body for module in before if module.file != _DRAWINGS)

    def kept(match: re.Match[str]) -> str:
        return match[0] if f'"{match[1]}"' in rest else ""

    return [
        replace(module, body=_DRAWING.sub(kept, module.body))
        if module.file == _DRAWINGS
        else module
        for module in before
    ]


def without_unused_rules(style: str, users: str) -> str:
    """Leave out rules for classes that `users`, the script and the HTML, do not name."""
    named = set(_WORD.findall(users))
    beginnings = tuple(set(_BEGINNING.findall(users)))

    def is_used(selector: str) -> bool:
        # What stands in brackets may be one of several: such a selector stays.
        return "(" in selector or all(
            name in named or name.startswith(beginnings) for name in _CLASS.findall(selector)
        )

    def pruned(match: re.Match[str]) -> str:
        selectors = match[1].split(",") if "(" not in match[1] else [match[1]]
        kept = ",".join(selector for selector in selectors if is_used(selector))
        return f"{kept}{{{match[2]}}}" if kept else ""

    return _EMPTY.sub("", _RULE.sub(pruned, style))
