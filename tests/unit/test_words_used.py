"""Every word is used somewhere, and every word that is used exists."""

import re
from pathlib import Path

from plantly.words import load_words

ROOT = Path(__file__).parents[2]
FIRST = load_words()["en"]
# Only these: what a language test says proves nothing about a page.
USERS = [
    path
    for folder, kinds in (
        ("widgets-src", ("*.js",)),
        ("backend/plantly", ("*.py", "*.html", "*.js")),
    )
    for kind in kinds
    for path in sorted((ROOT / folder).rglob(kind))
    if "dist" not in path.parts
]
# The build puts the name of a widget where this is.
TEXTS = {path: path.read_text(encoding="utf-8").replace("__WIDGET__", "{") for path in USERS}
# A key, or the beginning of one that a value completes: "order.step.", f"trouble.{code}".
NAMED = {
    name
    for text in TEXTS.values()
    for name in re.findall(r"[\"'`]([a-z]+\.[\w.-]*)(?=[\"'`{$])", text)
}


def test_no_word_is_kept_that_nobody_uses() -> None:
    beginnings = tuple(name for name in NAMED if name.endswith((".", "_")))
    # A heading and what is said below it: f"{key}_text".
    unused = {key for key in FIRST if key.removesuffix("_text") not in NAMED and key not in NAMED}
    assert {key for key in unused if not key.startswith(beginnings)} == set()


def test_every_word_that_is_used_exists() -> None:
    asked = {
        f"{path.relative_to(ROOT)}: {key}"
        for path, text in TEXTS.items()
        for key in re.findall(r"(?<![\w$])t\(\s*[\"']([^\"'\n]+)[\"']\s*[,)]", text)
        if key not in FIRST and "{" not in key
    }
    assert asked == set()
