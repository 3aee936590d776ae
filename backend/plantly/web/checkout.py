"""The hosted checkout page: details, delivery, payment, and what became of it. No script runs."""

import contextlib
import secrets
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from urllib.parse import urlsplit

import anyio
from fastapi import Request
from fastapi.responses import PlainTextResponse, RedirectResponse, Response
from starlette.routing import Router

from plantly.domain.errors import (
    CheckoutClosed,
    IdempotencyConflict,
    InvalidInput,
    NotFound,
    OutOfStock,
    ProviderRejected,
    ProviderUnavailable,
    QuoteChanged,
    RateLimited,
    ShopError,
    ShopNotReady,
)
from plantly.domain.messages import Message
from plantly.domain.records import fields_of
from plantly.domain.visitor import NOBODY, Visitor
from plantly.services import checkout_page
from plantly.services.checkout_page import Page
from plantly.services.pay_press import PayPress
from plantly.services.workflows.counted import CountedDatabase
from plantly.web.checkout_context import (
    Refused,
    Typed,
    TypedCode,
    details_context,
    payment_context,
    quote_change,
    state_context,
)
from plantly.web.checkout_states import state_of
from plantly.web.deps import WebDeps
from plantly.web.forms import Form, buyer_from, read_form
from plantly.web.languages import Reader, reader_of
from plantly.web.limits import PageLimits, retry_headers
from plantly.web.paper import Paper
from plantly.web.refusals import refusal
from plantly.web.security import (
    UnreadableBody,
    browser_of,
    is_foreign,
    is_token,
    remember_browser,
)
from plantly.web.straight import Endpoint, straight
from plantly.web.troubles import plain

_NOTHING = Refused()
_REFRESH_SECONDS = "2"
_LOOK_SECONDS = 4
_SEE_OTHER = 303
_STATUS_OF: Mapping[type[ShopError], int] = {
    QuoteChanged: 409,
    IdempotencyConflict: 409,
    OutOfStock: 409,
    InvalidInput: 422,
    RateLimited: 429,
    ProviderRejected: 502,
    ProviderUnavailable: 503,
}
_MISSING = {"trouble": "no_checkout"}


@dataclass(frozen=True, slots=True)
class Visit:
    """A browser at a page, with what it posted."""

    token: str
    browser: str | None
    form: Form = field(default_factory=dict)
    visitor: Visitor = NOBODY
    reader: Reader = field(default_factory=Reader)


Handler = Callable[[Visit], Awaitable[Response]]


def checkout_router(deps: WebDeps) -> Router:
    """Return the routes of the hosted checkout page."""
    desk = _CheckoutDesk(deps)
    page = "/checkout/{token}"
    posts = {
        "details": desk.details,
        "fields": desk.fields,
        "codes": desk.codes,
        "currency": desk.currency,
        "shipping": desk.shipping,
        "pay": desk.pay,
        "stop": desk.stop,
        "start-over": desk.start_over,
    }
    return Router(
        [
            straight(page, desk.show, "GET", "HEAD"),
            straight(f"{page}/return", desk.come_back, "GET"),
            *(
                straight(f"{page}/{name}", desk.posting(handler), "POST")
                for name, handler in posts.items()
            ),
        ]
    )


class _CheckoutDesk:
    """Answers for every page; `deps.till` is open while the server runs."""

    def __init__(self, deps: WebDeps) -> None:
        self._db = deps.db
        self._till = deps.till
        self._origins = deps.settings.allowed_origins
        self._secure = urlsplit(deps.settings.public_url).scheme == "https"
        test_mode = deps.settings.payment_provider == "sandbox"
        targets = (deps.settings.public_origin, deps.settings.pay_origin)
        self._paper = Paper(tuple(dict.fromkeys(targets)), test_mode=test_mode)
        self._mails = deps.settings.mail.reaches_buyers
        self._limits = PageLimits(deps.gate, deps.db, self._paper)

    async def show(self, request: Request) -> Response:
        """Show the page as this browser may see it."""
        show = partial(self._show, step=request.query_params.get("step", ""))
        page = partial(self._guarded, show, request, {})
        return await self._limits.answer(request, page)

    async def come_back(self, request: Request) -> Response:
        """Ask the provider at once about a buyer who comes back; the worker asks again."""
        page = partial(self._guarded, self._look, request, {})
        return await self._limits.answer(request, page)

    def posting(self, handler: Handler) -> Endpoint:
        """Return a route that takes a form from our own pages only."""

        async def endpoint(request: Request) -> Response:
            if is_foreign(request, self._origins):
                return plain(request, "trouble.foreign_form", 403)
            try:
                form = await read_form(request)
            except UnreadableBody as error:
                return plain(request, "trouble.unreadable_form", error.status)
            page = partial(self._guarded, handler, request, form)
            return await self._limits.answer(request, page, "page_posts")

        return endpoint

    async def fields(self, visit: Visit) -> Response:
        """Show the form again with the fields of the country that was chosen; keep nothing."""
        page = await self._page(visit)
        if state_of(page) is not None:
            return self._to_page(visit.token)
        typed = Typed(fields_of(buyer_from(visit.form)))
        return self._live(visit, page, typed)

    async def details(self, visit: Visit) -> Response:
        """Keep who buys and where the goods go."""
        if visit.form.get("fields_of", visit.form.get("country")) != visit.form.get("country"):
            # Another country was chosen, and its fields have not been seen yet.
            return await self.fields(visit)
        browser = visit.browser or secrets.token_urlsafe(24)
        buyer = buyer_from(visit.form)
        problems = await self._db.write(
            lambda uow: checkout_page.save_details(uow, visit.token, browser, buyer)
        )
        if problems:
            page = await self._page(visit)
            return self._live(visit, page, Typed(fields_of(buyer), problems), 422)
        response = self._to_page(visit.token)
        remember_browser(response, visit.token, browser, secure=self._secure)
        return response

    async def codes(self, visit: Visit) -> Response:
        """Add a discount code, or take one off."""
        page = await self._page(visit)
        gone, added = visit.form.get("remove"), visit.form.get("code", "")
        codes = [code for code in page.checkout.discount_codes if code != gone]
        problem = await CountedDatabase(self._db, visit.visitor).write(
            lambda uow: checkout_page.change_codes(
                uow, visit.token, visit.browser, [*codes, *([added] if added else [])]
            )
        )
        if problem is None:
            return self._to_page(visit.token)
        page = await self._page(visit)
        return self._write(visit, page, refused=Refused(code=TypedCode(added, problem)), status=422)

    async def currency(self, visit: Visit) -> Response:
        """Go on in another currency."""
        code = visit.form.get("currency", "")
        await self._db.write(
            lambda uow: checkout_page.choose_currency(uow, visit.token, visit.browser, code)
        )
        return self._to_page(visit.token)

    async def shipping(self, visit: Visit) -> Response:
        """Keep how the goods get there."""
        option = visit.form.get("option", "")
        await self._db.write(
            lambda uow: checkout_page.choose_option(uow, visit.token, visit.browser, option)
        )
        return self._to_page(visit.token)

    async def pay(self, visit: Visit) -> Response:
        """Take the buyer to the provider's page."""
        form = visit.form
        press = PayPress(
            token=visit.token,
            browser=visit.browser,
            quote_hash=form.get("quote", ""),
            option_id=form.get("option"),
            key=form.get("key") or None,
            terms_version=form.get("terms"),
            visitor=visit.visitor,
        )
        url = await self._till.now_open.desk.pay(press)
        return RedirectResponse(url, _SEE_OTHER) if url else self._to_page(visit.token)

    async def stop(self, visit: Visit) -> Response:
        """Close the payment that is running, so that something can be changed."""
        await self._till.now_open.desk.stop(visit.token, visit.browser)
        return self._to_page(visit.token)

    async def start_over(self, visit: Visit) -> Response:
        """Erase what another browser typed, so that this one can begin."""
        await self._db.write(lambda uow: checkout_page.start_over(uow, visit.token))
        return self._to_page(visit.token)

    async def _guarded(self, handler: Handler, request: Request, form: Form) -> Response:
        """Answer every refusal with a page that says what to do now."""
        token: str = request.path_params["token"]
        reader = reader_of(request, f"/checkout/{token}" if request.method == "POST" else "")
        if not is_token(token):
            # One page for all of them: it does not repeat the address.
            return await self._missing(reader_of(request))
        visit = Visit(token, browser_of(request), form, self._limits.visitor(request), reader)
        try:
            return await handler(visit)
        except (NotFound, CheckoutClosed):
            # Whatever is the matter, the page itself says it.
            return self._to_page(token)
        except tuple(_STATUS_OF) as error:
            return await self._refused(visit, error)
        except ShopNotReady as error:
            return PlainTextResponse(error.message, 503)

    async def _look(self, visit: Visit) -> Response:
        with contextlib.suppress(ShopError), anyio.move_on_after(_LOOK_SECONDS):
            await self._till.now_open.desk.look(visit.token)
        return self._to_page(visit.token)

    async def _show(self, visit: Visit, step: str = "") -> Response:
        try:
            page = await self._page(visit)
        except NotFound:
            return await self._missing(visit.reader)
        return self._write(visit, page, step=step)

    async def _refused(self, visit: Visit, error: ShopError) -> Response:
        page = await self._page(visit)
        tongue = visit.reader.edition(page.shop).tongue
        text = refusal(tongue, error)
        if isinstance(error, QuoteChanged):
            text = quote_change(tongue, page, visit.form.get("shown", ""))
        about_terms = isinstance(error, InvalidInput) and error.field == "terms"
        refused = Refused(
            notice=None if about_terms else Message("error", error.code, text),
            terms=text if about_terms else "",
            accepted=visit.form.get("terms"),
        )
        response = self._write(visit, page, refused=refused, status=_STATUS_OF[type(error)])
        if isinstance(error, RateLimited):
            response.headers.update(retry_headers(error))
        return response

    def _write(
        self,
        visit: Visit,
        page: Page,
        *,
        step: str = "",
        refused: Refused = _NOTHING,
        status: int = 200,
    ) -> Response:
        """Write the one of our pages that suits where the checkout stands."""
        edition = visit.reader.edition(page.shop)
        state = state_of(page, mails=self._mails)
        if state is not None:
            values = state_context(edition.tongue, page, state, refused.notice)
            response = self._paper.page("checkout_state.html", edition, values, status)
            if state.changes_soon:
                # As good as a refreshing meta element, and nothing that a reader trips on.
                response.headers["Refresh"] = _REFRESH_SECONDS
            return response
        if page.buyer is None or step == "details":
            values = details_context(edition.tongue, page, notice=refused.notice)
            return self._paper.live_page("checkout_details.html", edition, values, status)
        values = payment_context(edition.tongue, page, page.buyer, refused)
        return self._paper.page("checkout_payment.html", edition, values, status)

    def _live(self, visit: Visit, page: Page, typed: Typed, status: int = 200) -> Response:
        edition = visit.reader.edition(page.shop)
        values = details_context(edition.tongue, page, typed)
        return self._paper.live_page("checkout_details.html", edition, values, status)

    async def _missing(self, reader: Reader) -> Response:
        shop = await self._db.read(lambda uow: uow.shop.current().config)
        return self._paper.page("not_found.html", reader.edition(shop), _MISSING, 404)

    async def _page(self, visit: Visit) -> Page:
        return await self._db.read(lambda uow: checkout_page.show(uow, visit.token, visit.browser))

    def _to_page(self, token: str) -> RedirectResponse:
        return RedirectResponse(f"/checkout/{token}", _SEE_OTHER)
