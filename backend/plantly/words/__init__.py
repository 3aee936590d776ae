"""Words of pages and widgets, in every language that the shop speaks."""

from plantly.words.speaking import Words, best_language, spoken_languages, words_for
from plantly.words.texts import FIRST, WORDS, Text, WordsError, load_words

__all__ = [
    "FIRST",
    "WORDS",
    "Text",
    "Words",
    "WordsError",
    "best_language",
    "load_words",
    "spoken_languages",
    "words_for",
]
