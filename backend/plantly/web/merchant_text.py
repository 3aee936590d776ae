"""Mark what the merchant wrote, which stays in the shop's language on every page."""

from markupsafe import Markup

from plantly.web.languages import Edition
from plantly.words import words_for

_MARK = Markup(' lang="{}" dir="auto"')


def merchant_text(edition: Edition) -> Markup:
    """Return the attributes of merchant's text: none where the page speaks the same language."""
    own = words_for(edition.shop.language)
    same = own.language == edition.tongue.words.language
    return Markup("") if same else _MARK.format(own.locale)
