"""The sandbox provider's server side: its API for the shop, and its pay page for buyers."""

from collections.abc import Mapping
from urllib.parse import quote

from fastapi import Request
from fastapi.responses import RedirectResponse, Response
from starlette.routing import Router

from plantly.domain.errors import NotFound
from plantly.services import sandbox_ledger
from plantly.services.sandbox_ledger import Action, PayPage
from plantly.web.deps import WebDeps
from plantly.web.forms import read_form
from plantly.web.languages import reader_of
from plantly.web.paper import Paper
from plantly.web.sandbox_api import SandboxApi
from plantly.web.security import UnreadableBody, is_foreign, is_token
from plantly.web.straight import straight
from plantly.web.troubles import plain

_PAGE = "/sandbox/pay/{token}"
_SEE_OTHER = 303
_BUTTONS = ("approve", "decline", "challenge", "later", "abandon")
_CHALLENGE_BUTTONS = ("confirm", "fail")
_ACTIONS: Mapping[str, Action] = {
    "approve": "approve",
    "confirm": "approve",
    "decline": "decline",
    "fail": "decline",
    "later": "later",
    "abandon": "abandon",
}
_MISSING = {"trouble": "no_payment"}


def sandbox_router(deps: WebDeps) -> Router:
    """Return the routes of the sandbox; only a shop that uses it has them."""
    if deps.settings.payment_provider != "sandbox":
        return Router()
    api, pages = SandboxApi(deps), _PayPages(deps)
    all_of_them, one = "/sandbox/v1/payments", "/sandbox/v1/payments/{payment_id}"
    return Router(
        [
            straight(all_of_them, api.route(api.start, tells=False), "POST"),
            straight(all_of_them, api.route(api.find, tells=False), "GET"),
            straight(one, api.route(api.read, tells=False), "GET"),
            straight(f"{one}/cancel", api.route(api.cancel), "POST"),
            straight(f"{one}/charges", api.route(api.charge), "POST"),
            straight(f"{one}/captures", api.route(api.capture), "POST"),
            straight(f"{one}/void", api.route(api.void), "POST"),
            straight(f"{one}/refunds", api.route(api.refund), "POST"),
            straight(_PAGE, pages.show, "GET"),
            straight(_PAGE, pages.press, "POST"),
        ]
    )


class _PayPages:
    """Plays the provider's page, on which a buyer decides what becomes of a payment."""

    def __init__(self, deps: WebDeps) -> None:
        self._db = deps.db
        self._till = deps.till
        self._chaos = deps.settings.sandbox.chaos
        self._is_manual = deps.settings.sandbox.capture == "manual"
        self._origins = deps.settings.allowed_origins
        self._paper = Paper((deps.settings.public_origin,), test_mode=True)

    async def show(self, request: Request) -> Response:
        """Show a payment and the five things that can happen to it."""
        token: str = request.path_params["token"]
        shop = await self._db.read(lambda uow: uow.shop.current().config)
        edition = reader_of(request).edition(shop)
        try:
            payment = await self._page(token)
        except NotFound:
            return self._paper.page("not_found.html", edition, _MISSING, 404)
        challenge = request.query_params.get("step") == "challenge"
        values = {
            "payment": payment,
            "token": token,
            "challenge": challenge,
            "chaos": str(self._chaos).replace(",", ", "),
            "buttons": _CHALLENGE_BUTTONS if challenge else _BUTTONS,
            "manual": self._is_manual,
        }
        return self._paper.page("sandbox_pay.html", edition, values)

    async def press(self, request: Request) -> Response:
        """Do what the buyer chose, and send the buyer back to the shop."""
        token: str = request.path_params["token"]
        if is_foreign(request, self._origins):
            return plain(request, "trouble.foreign_form", 403)
        try:
            name = (await read_form(request)).get("action", "")
        except UnreadableBody as error:
            return plain(request, "trouble.unreadable_form", error.status)
        action = _ACTIONS.get(name)
        if action is None or not is_token(token):
            step = "?step=challenge" if name == "challenge" else ""
            return RedirectResponse(f"/sandbox/pay/{quote(token)}{step}", _SEE_OTHER)
        if action == "approve" and self._is_manual:
            action = "authorize"
        try:
            page = await self._db.write(
                lambda uow: sandbox_ledger.press(uow, self._chaos, token, action)
            )
        except NotFound:
            return RedirectResponse(f"/sandbox/pay/{token}", _SEE_OTHER)
        self._till.nudge()
        return RedirectResponse(page.return_url, _SEE_OTHER)

    async def _page(self, token: str) -> PayPage:
        if not is_token(token):
            raise NotFound("token", "There is no such page.")
        return await self._db.read(lambda uow: sandbox_ledger.show_page(uow, token))
