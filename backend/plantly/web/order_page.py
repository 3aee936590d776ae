"""The page of an order, opened by the link in its mails. No script runs, and nothing is kept."""

from functools import partial
from typing import Final

from fastapi import APIRouter, Request
from fastapi.responses import PlainTextResponse, RedirectResponse, Response

from plantly.domain.errors import InvalidInput, NotFound, ShopNotReady
from plantly.services.order_page import OrderPage, ask_return, show_order_page
from plantly.web.deps import WebDeps
from plantly.web.forms import Form, read_form
from plantly.web.languages import Reader, reader_of
from plantly.web.limits import PageLimits
from plantly.web.order_context import Asked, order_context
from plantly.web.paper import Paper
from plantly.web.security import UnreadableBody, is_foreign, is_token
from plantly.web.troubles import plain

_SEE_OTHER: Final = 303
_UNPROCESSABLE: Final = 422
_LONGEST_NUMBER: Final = 6
_MISSING: Final = {"trouble": "no_order"}


def order_page_router(deps: WebDeps) -> APIRouter:
    """Return the routes of order pages."""
    desk = _OrderDesk(deps)
    router = APIRouter(prefix="/order/{token}", include_in_schema=False)
    router.add_api_route("", desk.show, methods=["GET", "HEAD"])
    router.add_api_route("/returns", desk.ask, methods=["POST"])
    return router


class _OrderDesk:
    """Shows orders to whoever has the link that only the buyer was sent."""

    def __init__(self, deps: WebDeps) -> None:
        self._db = deps.db
        self._origins = deps.settings.allowed_origins
        test_mode = deps.settings.payment_provider == "sandbox"
        self._paper = Paper((), test_mode=test_mode)
        back = "trouble.back_to_order"
        self._limits = PageLimits(deps.gate, deps.db, self._paper, "/order", back)

    async def show(self, token: str, request: Request) -> Response:
        """Show an order."""
        return await self._limits.answer(request, partial(self._guarded, token, reader_of(request)))

    async def ask(self, token: str, request: Request) -> Response:
        """Take the form for a return, from our own page only."""
        if is_foreign(request, self._origins):
            return plain(request, "trouble.foreign_form", 403)
        try:
            form = await read_form(request)
        except UnreadableBody as error:
            return plain(request, "trouble.unreadable_form", error.status)
        page = partial(self._guarded, token, reader_of(request, f"/order/{token}"), form)
        return await self._limits.answer(request, page, "page_posts")

    async def _guarded(self, token: str, reader: Reader, form: Form | None = None) -> Response:
        try:
            if not is_token(token):
                return await self._missing(reader)
            return await (
                self._show(token, reader) if form is None else self._ask(token, reader, form)
            )
        except NotFound:
            return await self._missing(reader)
        except ShopNotReady as error:
            return PlainTextResponse(error.message, 503)

    async def _show(self, token: str, reader: Reader) -> Response:
        page = await self._db.read(lambda uow: show_order_page(uow, token))
        return self._write(reader, page)

    async def _ask(self, token: str, reader: Reader, form: Form) -> Response:
        units, reason, note = _units(form), form.get("reason", ""), form.get("note", "")
        try:
            await self._db.write(lambda uow: ask_return(uow, token, units, reason, note))
        except InvalidInput as error:
            page = await self._db.read(lambda uow: show_order_page(uow, token))
            asked = Asked(units, reason, note, {error.field: error.message})
            return self._write(reader, page, asked, _UNPROCESSABLE)
        return RedirectResponse(f"/order/{token}#returns", _SEE_OTHER)

    def _write(
        self, reader: Reader, page: OrderPage, asked: Asked | None = None, status: int = 200
    ) -> Response:
        edition = reader.edition(page.sheet.shop)
        values = order_context(edition.tongue, page, asked or Asked())
        response = self._paper.page("order.html", edition, values, status)
        response.headers["X-Robots-Tag"] = "noindex, nofollow"
        return response

    async def _missing(self, reader: Reader) -> Response:
        shop = await self._db.read(lambda uow: uow.shop.current().config)
        return self._paper.page("not_found.html", reader.edition(shop), _MISSING, 404)


def _units(form: Form) -> dict[int, int]:
    """Return how many of each line were chosen; what is no number is more than there can be."""
    units = {}
    for name, value in form.items():
        head, _, position = name.partition("-")
        if head == "units" and position.isascii() and position.isdigit():
            plain = value.isascii() and value.isdigit() and len(value) <= _LONGEST_NUMBER
            units[int(position[:_LONGEST_NUMBER])] = int(value) if plain else -1
    return units
