"""A page that rebuilds a cart from its address, for newsletters and for other devices."""

from dataclasses import replace
from functools import partial
from typing import Final

from fastapi import APIRouter, Request
from fastapi.responses import PlainTextResponse, RedirectResponse, Response

from plantly.db import UnitOfWork
from plantly.domain.cart_link import CartLink, link_path, read_link
from plantly.domain.errors import InvalidInput, RateLimited, ShopNotReady
from plantly.domain.messages import Message
from plantly.domain.visitor import Visitor
from plantly.services.limits import check
from plantly.services.linked_cart import LinkedCart, buy_link, look_at_link
from plantly.services.workflows.counted import CountedDatabase, count
from plantly.web.deps import WebDeps
from plantly.web.languages import reader_of
from plantly.web.limits import PageLimits
from plantly.web.merchant_text import merchant_text
from plantly.web.paper import Paper, unless_known
from plantly.web.refusals import refusal
from plantly.web.security import is_foreign
from plantly.web.tongue import Tongue
from plantly.web.troubles import plain

_SEE_OTHER: Final = 303
_UNREADABLE: Final = 400
_CONFLICT: Final = 409


def cart_link_router(deps: WebDeps) -> APIRouter:
    """Return the routes of linked carts."""
    desk = _LinkDesk(deps)
    router = APIRouter(include_in_schema=False)
    router.add_api_route("/cart/{asked:path}", desk.show, methods=["GET", "HEAD"])
    router.add_api_route("/cart/{asked:path}", desk.buy, methods=["POST"])
    return router


class _LinkDesk:
    """Shows linked carts to everybody alike, and starts checkouts from them."""

    def __init__(self, deps: WebDeps) -> None:
        self._db = deps.db
        self._origins = deps.settings.allowed_origins
        test_mode = deps.settings.payment_provider == "sandbox"
        self._paper = Paper((), test_mode=test_mode)
        self._limits = PageLimits(deps.gate, deps.db, self._paper)

    async def show(self, request: Request) -> Response:
        """Show what the link would buy now; nothing is stored."""
        try:
            page = await self._page(request)
        except ShopNotReady as error:
            return PlainTextResponse(error.message, 503)
        known = request.headers.get("If-None-Match")
        return page if known is None else unless_known(page, known)

    async def buy(self, request: Request) -> Response:
        """Start a checkout with what can be bought now, and go to its page."""
        if is_foreign(request, self._origins):
            return plain(request, "trouble.foreign_form", 403)
        return await self._limits.answer(request, partial(self._buy, request), "page_posts")

    async def _buy(self, request: Request) -> Response:
        db = CountedDatabase(self._db, self._limits.visitor(request), "checkout_starts")
        try:
            token = await db.write(lambda uow: buy_link(uow, _link(uow, request)))
        except InvalidInput:
            # The page itself says what is the matter.
            return await self._page(request, _CONFLICT)
        except ShopNotReady as error:
            return PlainTextResponse(error.message, 503)
        return RedirectResponse(f"/checkout/{token}", _SEE_OTHER)

    async def _page(self, request: Request, status: int = 200) -> Response:
        shop = await self._db.read(lambda uow: uow.shop.current().config)
        edition = reader_of(request).edition(shop)
        try:
            found = await self._look(request, edition.tongue)
        except InvalidInput as error:
            tongue = edition.tongue
            words = {"title": tongue.t("page.cart.no_cart"), "text": tongue.say(error.message)}
            return self._paper.public_page("public_missing.html", edition, words, _UNREADABLE)
        values = {
            "cart": found.view,
            "own": merchant_text(edition),
            "notices": [
                replace(notice, content=edition.tongue.message(notice)) for notice in found.notices
            ],
            "notes": found.notes,
            "action": link_path(found.link.lines, found.link.codes),
        }
        return self._paper.public_page("public_cart.html", edition, values, status)

    async def _look(self, request: Request, tongue: Tongue) -> LinkedCart:
        """Look at a link, without its codes where too many were tried that do not apply."""
        visitor = self._limits.visitor(request)
        try:
            found = await self._db.read(partial(_with_codes, request, visitor))
            await count(self._db, visitor, *["codes"] * found.wrong_codes)
        except RateLimited as error:
            notice = Message("info", error.code, refusal(tongue, error))
            found = await self._db.read(partial(_without_codes, request))
            return replace(found, notices=(*found.notices, notice))
        return found


def _with_codes(request: Request, visitor: Visitor, uow: UnitOfWork) -> LinkedCart:
    link = _link(uow, request)
    if link.codes:
        check(uow, "codes", visitor.costs("codes"))
    return look_at_link(uow, link)


def _without_codes(request: Request, uow: UnitOfWork) -> LinkedCart:
    return look_at_link(uow, replace(_link(uow, request), codes=(), has_odd_codes=False))


def _link(uow: UnitOfWork, request: Request) -> CartLink:
    """Read the address as it was sent: a comma inside of a name is still encoded there."""
    raw: bytes = request.scope.get("raw_path") or request.scope["path"].encode()
    asked = raw.decode("ascii", "replace").partition("?")[0].removeprefix("/cart/")
    most = uow.shop.current().config.max_quantity
    return read_link(asked, request.query_params.getlist("code"), most)
