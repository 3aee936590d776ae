"""Links that rebuild a cart: `/cart/monstera-17cm:2,aloe-vera-12cm:1?code=WELCOME10`."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import quote, unquote, urlencode

from plantly.domain.cart import MAX_CODES, MAX_LINES
from plantly.domain.catalog_checks import MAX_HANDLE, is_storable
from plantly.domain.checkout import looks_like_card_number
from plantly.domain.errors import InvalidInput
from plantly.domain.said import Said

MAX_LINK = 2000
"""What is longer is cut by somebody on its way, such as a mail program."""

_MAX_READ = 16_000
_QUANTITY = re.compile(r"[1-9][0-9]{0,5}", re.ASCII)
_CODE = re.compile(r"[A-Za-z0-9_-]{2,40}", re.ASCII)
_UNREADABLE = Said("A product in this link cannot be read.", "page.cart.link_unreadable")
_NO_NUMBER = Said("A quantity in this link is no whole number.", "page.cart.link_no_number")


@dataclass(frozen=True, slots=True)
class CartLink:
    """What a link asks for: how many of each variant, by handle, and discount codes."""

    lines: tuple[tuple[str, int], ...]
    codes: tuple[str, ...]
    has_odd_codes: bool = False
    """It also has codes that no shop could have."""


def link_path(lines: Sequence[tuple[str, int]], codes: Sequence[str]) -> str | None:
    """Return the path of the page that rebuilds a cart; None when no link can hold it."""
    if not lines or len(lines) > MAX_LINES:
        return None
    asked = ",".join(f"{quote(handle, safe='')}:{quantity}" for handle, quantity in lines)
    known = [code for code in codes if _is_code(code)][:MAX_CODES]
    query = f"?{urlencode([('code', code) for code in known])}" if known else ""
    path = f"/cart/{asked}{query}"
    return path if len(path) <= MAX_LINK else None


def read_link(asked: str, codes: Sequence[str], max_quantity: int) -> CartLink:
    """Read the part behind `/cart/`, still percent-encoded, and the codes.

    Raises:
        InvalidInput: It is no link of ours. The sentence repeats nothing of it.
    """
    parts = asked.split(",") if len(asked) <= _MAX_READ else []
    if not 1 <= len(parts) <= MAX_LINES:
        text = f"A cart link holds 1 to {MAX_LINES} products."
        raise InvalidInput("lines", Said(text, "page.cart.link_lines", most=MAX_LINES))
    if len(codes) > MAX_CODES:
        text = f"A cart link holds at most {MAX_CODES} discount codes."
        raise InvalidInput("code", Said(text, "page.cart.link_codes", most=MAX_CODES))
    lines: dict[str, int] = {}
    for part in parts:
        encoded, _, quantity = part.rpartition(":")
        handle = unquote(encoded)
        if not handle or "\ufffd" in handle or not is_storable(handle, MAX_HANDLE):
            raise InvalidInput("lines", _UNREADABLE)
        if not _QUANTITY.fullmatch(quantity):
            raise InvalidInput("lines", _NO_NUMBER)
        lines[handle] = lines.get(handle, 0) + int(quantity)
        if lines[handle] > max_quantity:
            text = f"A cart link asks for 1 to {max_quantity} of each product."
            raise InvalidInput("lines", Said(text, "page.cart.link_quantity", most=max_quantity))
    known = {code.casefold(): code for code in codes if _is_code(code)}
    odd = any(code and not _is_code(code) for code in codes)
    return CartLink(tuple(lines.items()), tuple(known.values()), odd)


def _is_code(text: str) -> bool:
    return _CODE.fullmatch(text) is not None and not looks_like_card_number(text)
