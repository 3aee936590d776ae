"""A bundle carries the words that its scripts use, and no others."""

import json
import re
import shutil
from pathlib import Path
from typing import Any

import pytest

from plantly.widgets import WIDGETS
from plantly.widgets.build import SOURCES, build_widgets, open_workshop
from plantly.widgets.guard import WidgetBuildError
from plantly.widgets.modules import Module
from plantly.widgets.wording import UsedWords, check_words, put_words, used_words
from plantly.words import WORDS

LANGUAGES = {
    "en": {"a.one": "One", "a.two": "Two", "step.up": "Up", "step.down": "Down"},
    "ar": {"a.one": "واحد", "a.two": "اثنان", "step.up": "فوق", "step.down": "تحت"},
}


def _module(source: str, file: str = "leaf.js") -> Module:
    return Module(file, source, source, frozenset(), ())


def _table(script: str) -> dict[str, Any]:
    table: dict[str, Any] = json.loads(script.splitlines()[0])
    return table


def _texts(table: dict[str, Any]) -> list[list[str]]:
    """Read the texts as a bundle does."""
    return [
        [
            re.sub("[A-Za-z]", lambda m: letters[ord(m[0]) - 65], text) if letters else text  # noqa: B023
            for text in texts
        ]
        for texts, letters in zip(table["texts"], table["letters"], strict=True)
    ]


def test_keys_and_beginnings_of_keys_are_found() -> None:
    source = (
        'x(t("a.one"), t("a.two", { n }), tParts("a.three", v), tOne("step.", s), '
        'tForeign("message.", code)); // t(other)\nlist.at(2); const s = "//"; t("a.four");'
    )
    assert used_words(_module(source)) == UsedWords(
        frozenset({"a.one", "a.two", "a.three", "a.four"}),
        frozenset({"step."}),
        frozenset({"message."}),
    )


@pytest.mark.parametrize(
    "call", ["t(key)", 't(b ? "a.one" : "a.two")', 't("a." + b)', "t(`a.one`)", "tOne(prefix, x)"]
)
def test_a_key_that_the_build_cannot_read_is_refused(call: str) -> None:
    with pytest.raises(WidgetBuildError, match=r"leaf\.js: the first argument .* literal"):
        check_words([_module(f"x({call});")], LANGUAGES)


@pytest.mark.parametrize(
    ("call", "missing"), [('t("a.three")', r"a\.three"), ('tOne("leaf.", x)', r"leaf\.\*")]
)
def test_a_word_that_nobody_wrote_is_refused(call: str, missing: str) -> None:
    with pytest.raises(
        WidgetBuildError, match=rf"leaf\.js uses words that nobody wrote: {missing}"
    ):
        check_words([_module(f"x({call});")], LANGUAGES)


def test_the_module_that_speaks_may_pass_keys_on() -> None:
    assert check_words([_module("t(key)", "words.js")], LANGUAGES) == UsedWords()


def test_only_the_words_in_use_are_put_in_and_keys_become_places() -> None:
    source = '__WORDS__\nsay(t("a.two"), tOne("step.", x));'
    script = put_words(source, used_words(_module(source)), LANGUAGES)
    table = _table(script)
    assert table["languages"] == ["en", "ar"]
    assert table["rtl"] == ["ar"]
    assert _texts(table) == [["Two", "Down", "Up"], ["اثنان", "تحت", "فوق"]]
    assert table["choices"] == {"step.": {"down": 1, "up": 2}}
    assert script.splitlines()[1] == 'say(t(0), tOne("step.", x));'


def test_another_script_takes_one_byte_a_letter() -> None:
    source = '__WORDS__\nsay(t("a.two"));'
    table = _table(put_words(source, used_words(_module(source)), LANGUAGES))
    assert table["letters"][0] == ""
    assert table["texts"][1][0].isascii()


def test_what_the_shop_says_in_english_itself_is_left_out_there() -> None:
    source = '__WORDS__\nsay(tForeign("step.", x), t("step.up"));'
    script = put_words(source, used_words(_module(source)), LANGUAGES)
    assert _texts(_table(script)) == [["", "Up"], ["تحت", "فوق"]]


def test_a_function_that_was_left_out_takes_its_words_with_it() -> None:
    used = UsedWords(frozenset({"a.one", "a.two"}), frozenset({"step."}))
    script = put_words('__WORDS__\nt("a.one")', used, LANGUAGES)
    assert _texts(_table(script)) == [["One"], ["واحد"]]
    assert _table(script)["choices"] == {}


def test_a_language_is_added_to_every_bundle_by_adding_a_file(tmp_path: Path) -> None:
    words = Path(shutil.copytree(WORDS, tmp_path / "words"))
    french = json.loads((words / "es.json").read_text("utf-8"))
    french["common.loading"] = "Ça pousse"
    (words / "fr.json").write_text(json.dumps(french), "utf-8")
    built = build_widgets(tmp_path / "out", words_dir=words)
    assert {widget.languages for widget in built} == {("en", "ar", "de", "es", "fr")}
    assert all("Ça pousse" in widget.path.read_text("utf-8") for widget in built)


def test_words_that_are_not_complete_stop_the_build(tmp_path: Path) -> None:
    words = Path(shutil.copytree(WORDS, tmp_path / "words"))
    (words / "de.json").write_text("{}")
    with pytest.raises(WidgetBuildError, match=r"de: \S+ is missing"):
        build_widgets(tmp_path / "out", words_dir=words)
    assert not (tmp_path / "out").exists()


def test_a_word_that_a_widget_invents_stops_the_build(tmp_path: Path) -> None:
    sources = Path(shutil.copytree(SOURCES, tmp_path / "widgets-src"))
    script = sources / "checkout" / "widget.js"
    words = 'import { t } from "../_shared/words.js";\n'
    script.write_text(words + script.read_text("utf-8") + '\nt("checkout.invented");\n', "utf-8")
    with pytest.raises(WidgetBuildError, match=r"widget\.js uses .*: checkout\.invented"):
        build_widgets(tmp_path / "out", source_dir=sources)


def test_no_sentence_of_a_script_is_written_in_one_language_only() -> None:
    """A sentence in a script is one that only English speakers can read."""
    spoken = re.compile("[\"'`>]([A-Z][a-z\u2019']+(?: [\\w\u2019'{}$.,]+)+)[\"'`<]")
    found = {
        f"{path.parent.name}/{path.name}: {sentence}"
        for path in sorted(SOURCES.rglob("*.js"))
        for line in path.read_text("utf-8").splitlines()
        for sentence in spoken.findall(line)
        # Said to developers and to the model, which speak English.
        if not re.search(r"^\s*(?://|/?\*)|The shopper|new Error\(", line)
    }
    assert found == set()


def test_the_workshop_speaks_english_first() -> None:
    assert next(iter(open_workshop().languages)) == "en"
    assert len(WIDGETS) == len({entry.bundle for entry in WIDGETS})
