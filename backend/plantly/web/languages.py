"""In which language a page is written: asked for, kept, preferred, the shop's own, or English."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Final
from urllib.parse import urlencode

from fastapi import Request
from fastapi.responses import Response

from plantly.domain.checkout import looks_like_card_number
from plantly.domain.shop import ShopConfig
from plantly.web.tongue import Tongue, tongue_of
from plantly.words import best_language, spoken_languages

LANGUAGE_COOKIE: Final = "plantly_lang"
_PARAMETER: Final = "lang"
_KEPT_SECONDS: Final = 365 * 24 * 3600
_TAG: Final = re.compile(r"[A-Za-z0-9-]{2,35}", re.ASCII)
_LONGEST_QUERY: Final = 1000
_LONGEST_HEADER: Final = 300


@dataclass(frozen=True, slots=True)
class LanguageLink:
    """A link that shows the same page in another language."""

    tag: str
    name: str
    """What the language calls itself."""
    href: str
    is_current: bool


@dataclass(frozen=True, slots=True)
class Edition:
    """A page of one shop for one reader: what it says it in, and how the reader can change that."""

    shop: ShopConfig
    tongue: Tongue
    home: str = ""
    """The address of the page, up to where `lang=` goes."""
    chosen: str | None = None
    """The language that the reader has just asked for."""
    secure: bool = False

    def languages(self) -> tuple[LanguageLink, ...]:
        """Return the choice of language at the foot of the page."""
        return _links(self.home, self.tongue.words.language)

    def remember(self, response: Response) -> None:
        """Keep the language that was asked for, for the pages that follow."""
        if self.chosen is not None:
            response.set_cookie(
                LANGUAGE_COOKIE,
                self.chosen,
                max_age=_KEPT_SECONDS,
                secure=self.secure,
                httponly=True,
                samesite="lax",
            )


@dataclass(frozen=True, slots=True)
class Reader:
    """What a request says about the languages of whoever sent it."""

    asked: str = ""
    kept: str = ""
    accepted: str = ""
    home: str = "?"
    secure: bool = False

    def edition(self, shop: ShopConfig) -> Edition:
        """Return in what language this reader gets a page of the shop."""
        asked = best_language(self.asked, "") or None
        return Edition(shop, self.tongue(shop.language), self.home, asked, self.secure)

    def tongue(self, otherwise: str = "") -> Tongue:
        """Return what speaks to this reader, where nothing is wanted in another language."""
        return _chosen(self.asked, self.kept, self.accepted[:_LONGEST_HEADER], otherwise)


def reader_of(request: Request, page: str = "") -> Reader:
    """Return what a request says; `page` is where its answer can be asked for, if not there."""
    query = request.query_params
    asked = query.get(_PARAMETER, "")
    kept = request.cookies.get(LANGUAGE_COOKIE, "")
    # Not from the request's whole address, which only UTF-8 makes one.
    long = len(request.scope["query_string"]) > _LONGEST_QUERY
    return Reader(
        asked=asked if _TAG.fullmatch(asked) else "",
        kept=kept if _TAG.fullmatch(kept) else "",
        accepted=request.headers.get("accept-language", ""),
        home=f"{page}?{'' if long else _rest(query.multi_items())}",
        secure=request.scope["scheme"] == "https",
    )


@lru_cache(maxsize=512)
def _chosen(*wanted: str) -> Tongue:
    found = (best_language(one, "") for one in wanted if one)
    return tongue_of(next(filter(None, found), None))


def _rest(query: list[tuple[str, str]]) -> str:
    """Return the rest of a query, so that a link keeps it; nobody's card is sent back to them."""
    kept = [
        (name, value)
        for name, value in query
        if value and name != _PARAMETER and not looks_like_card_number(f"{name} {value}")
    ]
    return f"{urlencode(kept)}&" if kept else ""


@lru_cache(maxsize=256)
def _links(home: str, spoken: str) -> tuple[LanguageLink, ...]:
    return tuple(
        LanguageLink(tag, name, f"{home}{_PARAMETER}={tag}", tag == spoken)
        for tag, name in _names().items()
    )


@cache
def _names() -> Mapping[str, str]:
    return spoken_languages()
