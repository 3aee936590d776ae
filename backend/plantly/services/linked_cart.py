"""A cart that a link rebuilds: what of it can be bought now, and what cannot."""

import re
from dataclasses import dataclass

from plantly.db import UnitOfWork
from plantly.db.tables import VariantRow
from plantly.domain.cart_link import CartLink
from plantly.domain.errors import InvalidInput
from plantly.domain.messages import Message
from plantly.domain.said import Said
from plantly.services.cart_view import CartView, Holding, view_of
from plantly.services.checkout import StartRequest, start_checkout
from plantly.services.items import WantedLine, price_of, sellable, supply
from plantly.services.shopper import Shopper
from plantly.services.wanted import ItemRef

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,59}", re.ASCII)
_SHOWN_MISSING = 5
_ODD_CODE = Said("A discount code in this link is not one of this shop.", "page.cart.odd_code")


@dataclass(frozen=True, slots=True)
class LinkedCart:
    """What can be bought of a link, at the prices of this moment, and what is to be said."""

    view: CartView
    link: CartLink
    """The link without what cannot be bought."""
    notices: tuple[Message, ...]

    @property
    def notes(self) -> tuple[tuple[str, ...], ...]:
        """Return what is to be said about each line, in their order."""
        said = self.view.messages
        return tuple(
            tuple(message.content for message in said if message.param == f"items[{i}]")
            for i in range(len(self.view.items))
        )

    @property
    def wrong_codes(self) -> int:
        """Return how many discount codes do not apply."""
        return sum(message.code == "discount_code_invalid" for message in self.view.messages)


def look_at_link(uow: UnitOfWork, link: CartLink) -> LinkedCart:
    """Return what a link would buy now. Nothing is stored."""
    shop = uow.shop.current().config
    variants = uow.catalog.variants(handle for handle, _ in link.lines)
    lines, notices, missing = [], [], []
    for handle, quantity in link.lines:
        variant = variants.get(handle)
        if variant is None:
            missing.append(handle)
            continue
        priced = price_of(variant, shop.currency, uow.now) is not None
        left = sellable(supply(variant)) if priced else 0
        if left:
            lines.append((variant, min(quantity, left)))
        if left < quantity:
            notices.append(_lacking(variant, left, priced=priced))
    view = view_of(
        uow,
        Holding(
            lines=[WantedLine(variant.id, quantity) for variant, quantity in lines],
            codes=link.codes,
        ),
    )
    odd = (_ODD_CODE,) if link.has_odd_codes else ()
    return LinkedCart(
        view=view,
        link=CartLink(tuple((v.handle, quantity) for v, quantity in lines), link.codes),
        notices=(
            *(Message("warning", "not_available", text) for text in _missing(missing)),
            *notices,
            *(m for m in view.messages if not (m.param or "").startswith("items[")),
            *(Message("warning", "discount_code_invalid", text) for text in odd),
        ),
    )


def buy_link(uow: UnitOfWork, link: CartLink) -> str:
    """Start a checkout session with what can be bought of a link; return its page's token.

    Raises:
        InvalidInput: There is nothing to buy.
    """
    found = look_at_link(uow, link).link
    if not found.lines:
        raise InvalidInput("lines", "Nothing in this link can be bought at the moment.")
    items = tuple(ItemRef(quantity, variant_id=handle) for handle, quantity in found.lines)
    request = StartRequest(items=items, discount_codes=found.codes)
    return start_checkout(uow, Shopper(), request).page_token


def _missing(handles: list[str]) -> list[str]:
    """Name what the shop does not have. What is no plain name could say anything: it is counted."""
    named = [handle for handle in handles if _NAME.fullmatch(handle)][:_SHOWN_MISSING]
    said: list[str] = [
        Said(
            f"{handle} is no longer sold here and was left out.", "page.cart.left_out", name=handle
        )
        for handle in named
    ]
    others, more = len(handles) - len(named), " more" if named else ""
    if others == 1:
        text = f"One{more} product is no longer sold here and was left out."
        said.append(Said(text, "page.cart.left_out_some", count=others))
    elif others:
        text = f"{others}{more} products are no longer sold here and were left out."
        said.append(Said(text, "page.cart.left_out_some", count=others))
    return said


def _lacking(variant: VariantRow, left: int, *, priced: bool) -> Message:
    named = variant.product.title
    if variant.title:
        named = f"{named} ({variant.title})"
    if not priced:
        text = Said(f"{named} cannot be bought at the moment.", "page.cart.cannot", name=named)
        return Message("warning", "not_available", text)
    if not left:
        text = Said(f"{named} is sold out and was left out.", "page.cart.sold_out", name=named)
        return Message("warning", "out_of_stock", text)
    text = Said(
        f"Only {left} of {named} can be bought now: the cart holds {left}.",
        "page.cart.fewer",
        left=left,
        name=named,
    )
    return Message("warning", "quantity_exceeded", text)
