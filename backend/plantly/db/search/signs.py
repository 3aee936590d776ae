"""A sign for each value of a filter: what `product_filters` keeps, and what counting reads.

A thousand products' filters are one text of some thousand signs. Counting them takes a tenth of the
time that their tokens would take, and looking for one is looking for a letter.
"""

_FIRST = 0x21
_SURROGATES, _AFTER_SURROGATES = 0xD800, 0xE000
_LEADS, _FOLLOWERS, _END = 0x10F000, 0x10F800, 0x110000
_SINGLES = _LEADS - _FIRST - (_AFTER_SURROGATES - _SURROGATES)

BETWEEN = " "
"""Stands between products, and for a value that no product has."""


def sign(number: int) -> str:
    """Return what stands for a filter, by its number: one letter, or two of the last million ones.

    The first of two is never the second of others, so that neither is found where it is not.
    """
    place = number - 1
    if place >= _SINGLES:
        lead, follower = divmod(place - _SINGLES, _END - _FOLLOWERS)
        return chr(_LEADS + lead) + chr(_FOLLOWERS + follower)
    code = _FIRST + place
    return chr(code if code < _SURROGATES else code + _AFTER_SURROGATES - _SURROGATES)
