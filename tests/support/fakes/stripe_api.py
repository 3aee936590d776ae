"""The HTTP of the fake Stripe: forms in, JSON out, keys that count once, and a page to pay on."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from html import escape
from typing import Any, Final
from urllib.parse import urlsplit

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from tests.support.fakes.stripe_form import RefusedError, needed, only, read_form, whole
from tests.support.fakes.stripe_ledger import (
    FakeSession,
    Json,
    dispute_object,
    intent_object,
    refund_object,
    session_object,
)
from tests.support.fakes.stripe_provider import LONGEST, SHORTEST, FakeStripe

_CREATE: Final = [
    "adaptive_pricing",
    "cancel_url",
    "client_reference_id",
    "expand",
    "expires_at",
    "line_items",
    "metadata",
    "mode",
    "payment_intent_data",
    "success_url",
]
_ACTIONS: Final = {
    "approve": "Pay",
    "decline": "Pay with a card that is declined",
    "challenge": "Pay with a card that asks for 3-D Secure",
    "confirm": "3-D Secure: it is me",
    "fail_challenge": "3-D Secure: it is not me",
    "pay_later": "Pay by bank debit",
}
_GOES_BACK: Final = frozenset({"approve", "confirm", "pay_later"})
_KEYS_LIVE: Final = 24 * 3600
_MOST_KEY: Final = 255

Handler = Callable[[FakeStripe, Mapping[str, str], Json], Json]


@dataclass(frozen=True)
class _Kept:
    """What a key was used for, and what came of it."""

    asked: tuple[str, str, bytes]
    answer: Json
    at: int


def api_of(fake: FakeStripe) -> Starlette:
    """Give the app that speaks for a fake."""
    kept: dict[str, _Kept] = {}

    def route(method: str, path: str, handler: Handler) -> Route:
        async def answer(request: Request) -> Response:
            return await _answer(fake, kept, request, handler)

        return Route(path, answer, methods=[method])

    async def pay_page(request: Request) -> Response:
        return await _page(fake, request)

    return Starlette(
        routes=[
            route("POST", "/v1/checkout/sessions", _create),
            route("GET", "/v1/checkout/sessions", _list_sessions),
            route("GET", "/v1/checkout/sessions/{session}", _retrieve),
            route("POST", "/v1/checkout/sessions/{session}/expire", _expire),
            route("POST", "/v1/payment_intents/{intent}/capture", _capture),
            route("POST", "/v1/payment_intents/{intent}/cancel", _cancel),
            route("POST", "/v1/refunds", _refund),
            route("GET", "/v1/refunds", _list_refunds),
            route("GET", "/v1/disputes", _list_disputes),
            Route("/c/pay/{session}", pay_page, methods=["GET", "POST"]),
        ]
    )


async def _answer(
    fake: FakeStripe, kept: dict[str, _Kept], request: Request, handler: Handler
) -> Response:
    """Answer a call as the API does: who asks, then how busy it is, then what is asked."""
    if request.headers.get("authorization") != f"Bearer {fake.secrets.api_key}":
        refused = RefusedError(401, "Invalid API Key provided: sk_test_***")
        return _refusal(refused)
    if fake.knobs.busy is not None:
        return _refusal(RefusedError(fake.knobs.busy, "Try again later.", type="api_error"))
    body = await request.body()
    try:
        answer = _once(fake, kept, request, body, handler)
    except RefusedError as refused:
        return _refusal(refused)
    if fake.knobs.busy_after is not None:
        return _refusal(RefusedError(fake.knobs.busy_after, "Sorry.", type="api_error"))
    return JSONResponse(answer, headers={"Request-Id": fake.new_id("req_")})


def _once(
    fake: FakeStripe,
    kept: dict[str, _Kept],
    request: Request,
    body: bytes,
    handler: Handler,
) -> Json:
    """Do what is asked, once for each key; keys are forgotten after a day."""
    params = read_form(body.decode() if request.method == "POST" else request.url.query)
    if request.method != "POST":
        return handler(fake, request.path_params, params)
    if request.headers.get("content-type") != "application/x-www-form-urlencoded":
        raise RefusedError(400, "Send a form.")
    key = request.headers.get("idempotency-key", "")
    if not 0 < len(key) <= _MOST_KEY:
        raise RefusedError(400, "An idempotency key has 1 to 255 characters.")
    asked = (request.method, request.url.path, body)
    known = kept.get(key)
    if known is not None and known.at > fake.now() - _KEYS_LIVE:
        if known.asked != asked:
            text = "Keys for idempotent requests can only be used with the same parameters."
            raise RefusedError(400, text, type="idempotency_error")
        return known.answer
    answer = handler(fake, request.path_params, params)
    kept[key] = _Kept(asked, json.loads(json.dumps(answer)), fake.now())
    return answer


def _refusal(refused: RefusedError) -> Response:
    return JSONResponse({"error": refused.details}, status_code=refused.status)


def _create(fake: FakeStripe, _: Mapping[str, str], params: Json) -> Json:
    only(params, _CREATE)
    if needed(params, "mode") != "payment":
        raise RefusedError(400, "This account takes single payments only.", param="mode")
    for name in ("success_url", "cancel_url"):
        if urlsplit(needed(params, name)).scheme not in {"http", "https"}:
            raise RefusedError(400, "Not a valid URL", code="url_invalid", param=name)
    expires_at = whole(params, "expires_at")
    if not SHORTEST.total_seconds() <= expires_at - fake.now() <= LONGEST.total_seconds():
        text = "The `expires_at` timestamp must be 30 minutes to 24 hours from now."
        raise RefusedError(400, text, param="expires_at")
    amount, currency = _total(needed(params, "line_items"))
    name = fake.new_id("cs_test_")
    session = FakeSession(
        id=name,
        params=params,
        amount=amount,
        currency=currency,
        created=fake.now(),
        expires_at=expires_at,
        url=f"{fake.origin}/c/pay/{name}",
    )
    fake.all[name] = session
    return session_object(session)


def _total(items: list[Json]) -> tuple[int, str]:
    """Add up the lines, which all have the same currency."""
    total, currencies = 0, set()
    for item in items:
        only(item, ("quantity", "price_data"))
        price = needed(item, "price_data")
        only(price, ("currency", "unit_amount", "product_data"))
        needed(needed(price, "product_data"), "name")
        currencies.add(needed(price, "currency"))
        total += whole(item, "quantity") * whole(price, "unit_amount")
    if len(currencies) != 1:
        raise RefusedError(400, "All prices need the same currency.", param="line_items")
    currency: str = currencies.pop()
    if not currency.islower() or len(currency) != 3:
        raise RefusedError(400, "Invalid currency", param="currency")
    step = {"isk": 100, "kwd": 10}.get(currency, 1)
    if total % step:
        raise RefusedError(400, f"Invalid amount: {currency} needs multiples of {step}.")
    return total, currency


def _list_sessions(fake: FakeStripe, _: Mapping[str, str], params: Json) -> Json:
    only(params, ("limit", "created", "starting_after"))
    since = int(params.get("created", {}).get("gte", 0))
    found = [session for session in fake.all.values() if session.created >= since]
    return _page_of([session_object(s) for s in reversed(found)], params, "/v1/checkout/sessions")


def _retrieve(fake: FakeStripe, path: Mapping[str, str], params: Json) -> Json:
    only(params, ("expand",))
    return session_object(_session(fake, path), tuple(params.get("expand", ())))


def _expire(fake: FakeStripe, path: Mapping[str, str], _: Json) -> Json:
    session = _session(fake, path)
    if not session.is_open:
        raise RefusedError(400, f"Only open sessions can be expired: this is {session.status}.")
    fake.end(session)
    return session_object(session)


def _capture(fake: FakeStripe, path: Mapping[str, str], params: Json) -> Json:
    session, amount = _by_intent(fake, path["intent"]), whole(params, "amount_to_capture")
    if session.intent_status != "requires_capture" or amount > session.capturable:
        code = "payment_intent_unexpected_state"
        raise RefusedError(400, "This PaymentIntent could not be captured.", code=code)
    fake.capture(session, amount)
    return intent_object(session)


def _cancel(fake: FakeStripe, path: Mapping[str, str], _: Json) -> Json:
    session = _by_intent(fake, path["intent"])
    if session.is_open or session.intent_status != "requires_capture":
        code = "payment_intent_unexpected_state"
        raise RefusedError(400, "You cannot cancel this PaymentIntent.", code=code)
    fake.void(session)
    return intent_object(session)


def _refund(fake: FakeStripe, _: Mapping[str, str], params: Json) -> Json:
    only(params, ("payment_intent", "amount", "metadata", "reason"))
    session = _by_intent(fake, needed(params, "payment_intent"))
    refund = fake.refund(session.id, whole(params, "amount"), params.get("metadata", {}))
    return refund_object(session, refund)


def _list_refunds(fake: FakeStripe, _: Mapping[str, str], params: Json) -> Json:
    only(params, ("payment_intent", "limit", "starting_after"))
    session = _by_intent(fake, needed(params, "payment_intent"))
    found = [refund_object(session, refund) for refund in reversed(session.refunds)]
    return _page_of(found, params, "/v1/refunds")


def _list_disputes(fake: FakeStripe, _: Mapping[str, str], params: Json) -> Json:
    only(params, ("payment_intent", "limit", "starting_after"))
    session = _by_intent(fake, needed(params, "payment_intent"))
    found = [dispute_object(session, dispute) for dispute in reversed(session.disputes)]
    return _page_of(found, params, "/v1/disputes")


def _page_of(found: list[Json], params: Json, url: str) -> Json:
    after, limit = params.get("starting_after"), int(params.get("limit", 10))
    names = [one["id"] for one in found]
    rest = found[names.index(after) + 1 :] if after else found
    return {"object": "list", "data": rest[:limit], "has_more": len(rest) > limit, "url": url}


def _session(fake: FakeStripe, path: Mapping[str, str]) -> FakeSession:
    session = fake.all.get(path["session"])
    if session is None:
        raise RefusedError(404, "No such checkout.session", code="resource_missing")
    fake.expire(session.id)
    return session


def _by_intent(fake: FakeStripe, name: str) -> FakeSession:
    for session in fake.all.values():
        if session.intent_status is not None and session.intent_id == name:
            return session
    raise RefusedError(404, "No such payment_intent", code="resource_missing")


async def _page(fake: FakeStripe, request: Request) -> Response:
    """Show the page on which a buyer pays, or do what was pressed on it."""
    session = fake.all.get(request.path_params["session"])
    if session is None:
        return HTMLResponse("<h1>There is no such session.</h1>", status_code=404)
    fake.expire(session.id)
    if request.method == "POST":
        action = (read_form((await request.body()).decode())).get("action")
        if action in _ACTIONS:
            press: Callable[[str], Any] = getattr(fake, action)
            press(session.id)
        if action in _GOES_BACK and not session.is_open:
            return RedirectResponse(session.params["success_url"], status_code=303)
    return HTMLResponse(_html(session))


def _html(session: FakeSession) -> str:
    back = escape(session.params["cancel_url"])
    said = "Your card was declined." if session.intent_status == "requires_payment_method" else ""
    asked = session.intent_status == "requires_action"
    shown = [a for a in _ACTIONS if (a in {"confirm", "fail_challenge"}) == asked]
    buttons = "".join(
        f'<p><button name="action" value="{action}">{_ACTIONS[action]}</button></p>'
        for action in shown
    )
    form = f'<form method="post">{buttons}</form>' if session.is_open else "<p>It is over.</p>"
    return (
        '<!doctype html><html lang="en"><meta charset="utf-8"><title>Checkout</title>'
        '<link rel="icon" href="data:,">'
        f"<h1>Pay {session.amount} {escape(session.currency)}</h1><p role=alert>{said}</p>{form}"
        f'<p><a href="{back}">Back to the shop</a></p></html>'
    )
