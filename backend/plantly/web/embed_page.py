"""The page with the provider's payment form. What the form reports is believed by nobody here."""

from functools import partial
from urllib.parse import quote

from fastapi import APIRouter, Request
from fastapi.responses import PlainTextResponse, RedirectResponse, Response

from plantly.domain.errors import NotFound, ShopNotReady
from plantly.services import checkout_page
from plantly.web.checkout_context import embed_context
from plantly.web.deps import WebDeps
from plantly.web.languages import reader_of
from plantly.web.limits import PageLimits
from plantly.web.paper import Paper
from plantly.web.security import browser_of, is_token

_SEE_OTHER = 303


def embed_router(deps: WebDeps) -> APIRouter:
    """Return the route of the page; a provider with pages of its own is never sent here."""
    page = _EmbedPage(deps)
    router = APIRouter(include_in_schema=False)
    router.add_api_route("/checkout/{token}/pay", page.show, methods=["GET", "HEAD"])
    return router


class _EmbedPage:
    def __init__(self, deps: WebDeps) -> None:
        self._db = deps.db
        self._till = deps.till
        self._home = deps.settings.public_url
        self._paper = Paper((deps.settings.public_origin,), test_mode=False)
        self._limits = PageLimits(deps.gate, deps.db, self._paper)

    async def show(self, token: str, request: Request) -> Response:
        """Show the form to the browser whose payment it is; everybody else sees the checkout."""
        return await self._limits.answer(request, partial(self._answer, token, request))

    async def _answer(self, token: str, request: Request) -> Response:
        # Whatever is the matter, the page of the checkout says it.
        checkout = RedirectResponse(f"/checkout/{quote(token)}", _SEE_OTHER)
        browser = browser_of(request)
        if not is_token(token):
            return checkout
        try:
            form = await self._till.now_open.desk.form(token, browser)
        except NotFound:
            return checkout
        except ShopNotReady as error:
            return PlainTextResponse(error.message, 503)
        if form is None:
            return checkout
        page = await self._db.read(lambda uow: checkout_page.show(uow, token, browser))
        back = f"{self._home}/checkout/{token}/return"
        options = {**form.options, "fullPageReturnUrl": back}
        edition = reader_of(request).edition(page.shop)
        values = embed_context(edition.tongue, page, form.script_url, options)
        foreign = {
            "script-src": form.script_origins,
            "frame-src": form.frame_origins,
            "connect-src": form.connect_origins,
        }
        return self._paper.embedding_page("checkout_embed.html", edition, values, foreign)
