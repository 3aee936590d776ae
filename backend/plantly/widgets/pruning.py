"""Leave out what a bundle does not use: functions nobody calls, styles of classes nobody has."""

import re
from collections import Counter
from typing import Final

_FUNCTION: Final = re.compile(
    r"^(?:async )?function (\w+)\((?:[^\n]*\}|.*?^\})\n", re.MULTILINE | re.DOTALL
)
_RULE: Final = re.compile(r"([^{};]+)\{([^{}]*)\}")
_EMPTY: Final = re.compile(r"@(?:media|container|supports)[^{};]*\{\}")
_CLASS: Final = re.compile(r"\.([A-Za-z][\w-]*)")
# `badge-${state}` and "badge-" + state: any class may come of it.
_BEGINNING: Final = re.compile(r"([A-Za-z][\w-]*-)(?:\$\{|[\"'`]\s*\+)")
_NAME: Final = re.compile(r"[A-Za-z_$][\w$]*")
_WORD: Final = re.compile(r"[A-Za-z][\w-]*")


def without_unused_functions(script: str) -> str:
    """Leave out every function of the outermost level whose name comes up nowhere else."""
    counts = Counter(_NAME.findall(script))
    kept = _FUNCTION.sub(lambda match: "" if counts[match[1]] == 1 else match[0], script)
    return kept if kept == script else without_unused_functions(kept)


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
