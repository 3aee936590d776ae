"""Mark what the merchant wrote, which stays in the shop's language on every page."""

from markupsafe import Markup

from plantly.web.languages import Edition
from plantly.words import best_language

_MARK = Markup(' lang="{}" dir="auto"')


def merchant_text(edition: Edition) -> Markup:
    """Return the attributes of merchant's text: none where the page speaks the same language."""
    own = best_language(edition.shop.language)
    return Markup("") if own == edition.tongue.words.language else _MARK.format(own)
