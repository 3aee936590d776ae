"""Words: chosen for a person, and the same in every language."""

import json
import shutil
from pathlib import Path

import pytest
from markupsafe import Markup

from plantly.words import (
    WORDS,
    Text,
    Words,
    WordsError,
    best_language,
    load_words,
    spoken_languages,
    words_for,
)
from plantly.words.texts import counting_forms


def _words(language: str = "en", /, **texts: Text) -> Words:
    return Words(language, language, "rtl" if language == "ar" else "ltr", texts)


def _folder(folder: Path, **languages: dict[str, object]) -> Path:
    for tag, texts in languages.items():
        (folder / f"{tag}.json").write_text(json.dumps(texts), encoding="utf-8")
    return folder


@pytest.mark.parametrize(
    ("tag", "language", "locale", "direction"),
    [
        ("de", "de", "de", "ltr"),
        ("de-AT", "de", "de-AT", "ltr"),
        ("DE-at", "de", "de-AT", "ltr"),
        ("de-AT-1996", "de", "de-AT", "ltr"),
        ("de-XX", "de", "de", "ltr"),
        ("ar-EG", "ar", "ar-EG", "rtl"),
        ("ar-EG-u-nu-latn", "ar", "ar-EG", "rtl"),
        ("tlh", "en", "en", "ltr"),
        ("deutsch", "en", "en", "ltr"),
        ("de_AT", "en", "en", "ltr"),
        ("../etc", "en", "en", "ltr"),
        ("de" + "-aaaaaaaa" * 9, "en", "en", "ltr"),
        ("", "en", "en", "ltr"),
        (None, "en", "en", "ltr"),
    ],
)
def test_a_tag_chooses_the_words_and_the_way_numbers_are_written(
    tag: str | None, language: str, locale: str, direction: str
) -> None:
    words = words_for(tag)
    assert (words.language, words.locale, words.direction) == (language, locale, direction)


@pytest.mark.parametrize(
    ("header", "best"),
    [
        ("de-AT,de;q=0.9,en;q=0.5", "de-AT"),
        ("en;q=0.5, es-MX;q=0.7", "es-MX"),
        ("tlh, fr;q=0.9, ar;q=0.1", "ar"),
        ("de;q=0, es;q=0.1", "es"),
        ("de;q=x, es;q=0.9", "de"),
        ("*", "en"),
        ("", "en"),
        (None, "en"),
        ("x" * 1000 + ",de", "en"),
    ],
)
def test_the_best_language_is_the_first_that_is_spoken(header: str | None, best: str) -> None:
    assert best_language(header) == best


def test_somebody_whose_languages_nobody_speaks_gets_the_default() -> None:
    assert best_language("tlh", "es") == "es"


def test_values_go_where_they_belong() -> None:
    words = _words(**{"cart.of": "{count} of {name} in {place}"})
    assert words.t("cart.of", count=1200, name="Fern", place="Rome") == "1,200 of Fern in Rome"


@pytest.mark.parametrize(
    ("language", "count", "said"),
    [
        ("en", 1, "one 1"),
        ("en", 0, "other 0"),
        ("ar", 0, "zero 0"),
        ("ar", 2, "two 2"),
        ("ar", 3, "few 3"),
        ("ar", 11, "many 11"),
        ("ar", 100, "other 100"),
    ],
)
def test_a_count_chooses_the_form(language: str, count: int, said: str) -> None:
    forms: Text = {
        form: f"{form} {{count}}" for form in ("zero", "one", "two", "few", "many", "other")
    }
    assert _words(language, **{"cart.items": forms}).t("cart.items", count=count) == said


def test_a_form_that_a_language_can_do_without_falls_back() -> None:
    forms: Text = {"one": "{count} planta", "other": "{count} plantas"}
    words = _words("es", **{"cart.items": forms})
    assert words.t("cart.items", count=1_000_000) == "1.000.000 plantas"


@pytest.mark.parametrize("values", [{}, {"nome": "x"}])
def test_a_value_that_is_not_given_is_noticed(values: dict[str, object]) -> None:
    with pytest.raises(KeyError):
        _words(**{"cart.of": "of {name}"}).t("cart.of", **values)


def test_a_word_that_does_not_exist_is_noticed() -> None:
    with pytest.raises(KeyError):
        words_for("de").t("cart.nobody_wrote_this")


def test_a_count_that_is_no_count_is_refused() -> None:
    forms: Text = {"other": "{count}"}
    with pytest.raises(TypeError, match="whole number"):
        _words(**{"cart.items": forms}).t("cart.items", count="3")


def test_a_value_may_choose_the_word() -> None:
    words = _words(**{"order.step.shipped": "Sent to {place}"})
    assert words.t_one("order.step.", "shipped", place="Rome") == "Sent to Rome"
    assert words.t_one("order.step.", "invented") == ""


def test_a_name_of_the_other_direction_stands_alone() -> None:
    texts = {"cart.gone": "{name}!"}
    assert _words("ar", **texts).t("cart.gone", name="Fern") == "\u2068Fern\u2069!"
    assert _words("ar", **texts).t("cart.gone", name="سرخس") == "سرخس!"
    assert _words("en", **texts).t("cart.gone", name="سرخس") == "\u2068سرخس\u2069!"
    assert _words("en", **texts).t("cart.gone", name="Fern") == "Fern!"
    assert _words("ar", **texts).t("cart.gone", name=7) == "7!"


def test_a_link_in_a_sentence_stays_a_link_and_the_rest_is_escaped() -> None:
    words = _words(**{"form.accept": "I <really> accept the {terms}, {name}"})
    said = words.t("form.accept", terms=Markup("<a>terms</a>"), name="<b>")
    assert said == "I &lt;really&gt; accept the <a>terms</a>, &lt;b&gt;"


def test_a_count_is_written_as_the_person_writes_it() -> None:
    assert words_for("de").number(12_345) == "12.345"
    assert words_for("de-CH").number(12_345) == "12\u2019345"
    assert words_for("en").number(12_345) == "12,345"


def test_every_language_is_named_in_its_own_words() -> None:
    names = spoken_languages()
    assert list(names) == ["en", "ar", "de", "es"]
    assert (names["en"], names["de"], names["es"]) == ("English", "Deutsch", "Español")


@pytest.mark.parametrize(
    ("language", "forms"),
    [
        ("en", {"one", "other"}),
        ("es", {"one", "other"}),
        ("ar", {"zero", "one", "two", "few", "many", "other"}),
        ("ja", {"other"}),
        ("pl", {"one", "few", "many"}),
    ],
)
def test_every_language_has_its_own_plural_forms(language: str, forms: set[str]) -> None:
    assert counting_forms(language) == forms


@pytest.mark.parametrize(
    ("english", "german", "problem"),
    [
        ({"a.b": "x"}, {}, "de: a.b is missing"),
        ({}, {"a.b": "x"}, "de: a.b is not in en"),
        ({"a.b": "{x}"}, {"a.b": "{y}"}, r"de: a.b has the placeholders \['y'\], not \['x'\]"),
        ({"a.b": "x"}, {"a.b": ""}, "de: a.b must be text"),
        ({"a.b": "x "}, {"a.b": "x"}, "en: a.b must be text without spaces around it"),
        ({"A b": "x"}, {"A b": "x"}, "is no key such as cart.title"),
        ({"a.b": ["x"]}, {"a.b": "x"}, "en: a.b must be text"),
        ({"a.b": {"other": 3}}, {"a.b": "x"}, "en: a.b must be text"),
        (
            {"a.b": {"one": "{count}", "other": "{count}"}},
            {"a.b": {"other": "{count}"}},
            "de: a.b needs the form one",
        ),
        (
            {"a.b": {"one": "x", "other": "x"}},
            {"a.b": {"one": "x", "other": "x"}},
            "without {count}",
        ),
        (
            {"a.b": {"one": "{x} {count}", "other": "{x} {count}"}},
            {"a.b": {"one": "{count}", "other": "{x} {count}"}},
            "de: a.b leaves a placeholder out of a form",
        ),
    ],
)
def test_words_that_differ_are_named(
    tmp_path: Path, english: dict[str, object], german: dict[str, object], problem: str
) -> None:
    with pytest.raises(WordsError, match=problem):
        load_words(_folder(tmp_path, en=english, de=german))


def test_a_form_may_say_its_count_in_words(tmp_path: Path) -> None:
    texts: dict[str, object] = {"a.b": {"one": "a leaf", "other": "{count} leaves"}}
    assert load_words(_folder(tmp_path, en=texts))["en"] == texts


def test_a_language_may_need_forms_where_another_does_without(tmp_path: Path) -> None:
    folder = _folder(
        tmp_path,
        en={"a.b": "{count} left"},
        es={"a.b": {"one": "Queda {count}", "other": "Quedan {count}"}},
    )
    assert list(load_words(folder)) == ["en", "es"]


def test_what_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(WordsError, match=r"no en\.json"):
        load_words(tmp_path)
    (tmp_path / "en.json").write_text('{"a.b": "x", "a.b": "y"}')
    with pytest.raises(WordsError, match=r"en\.json cannot be read: a\.b is there twice"):
        load_words(tmp_path)
    (tmp_path / "en.json").write_text("[]")
    with pytest.raises(WordsError, match=r"en\.json must be one object"):
        load_words(tmp_path)
    _folder(tmp_path, en={}, english={})
    with pytest.raises(WordsError, match=r"english\.json is not named for a language"):
        load_words(tmp_path)


def test_many_problems_are_told_in_short(tmp_path: Path) -> None:
    with pytest.raises(WordsError, match="and 5 more"):
        load_words(_folder(tmp_path, en={f"a.b{n}": "x" for n in range(25)}, de={}))


def test_a_language_is_added_by_adding_a_file(tmp_path: Path) -> None:
    folder = Path(shutil.copytree(WORDS, tmp_path / "words"))
    shutil.copy(folder / "es.json", folder / "fr.json")
    assert list(load_words(folder)) == ["en", "ar", "de", "es", "fr"]
