"""Checkouts with the ways in which they can be paid inside a conversation."""

from dataclasses import replace
from typing import Any

from plantly.domain.checkout import CheckoutStatus, is_open
from plantly.domain.errors import ShopNotReady
from plantly.domain.shop import ShopConfig
from plantly.mcp_server import sheet_views, views
from plantly.mcp_server.tool import Answer, ToolContext
from plantly.services.checkout_view import CheckoutView
from plantly.services.embedded import UNAVAILABLE, EmbedPress, not_payable
from plantly.services.terms import terms_of
from plantly.services.workflows.chat_desk import EmbedAnswer

_EMBED = {
    "token": "token",
    "environment": "environment",
    "currency": "currency",
    "country": "country",
    "merchantAccountId": "merchant_account_id",
    "amount": "amount",
}
"""What the form is set up with, and what it is called in results."""


async def started(context: ToolContext, view: CheckoutView, shop: ShopConfig) -> Answer:
    """Return a checkout session that was started just now, ready to be paid where that is on."""
    if not context.settings.in_chat.embedded:
        return seen(context, view, shop)
    try:
        press = EmbedPress(view.public_id)
        answer = await context.chat().embed(context.db, context.shopper, press)
    except ShopNotReady:
        answer = EmbedAnswer(view, shop, None, UNAVAILABLE)
    return embedded(context, answer)


def embedded(context: ToolContext, answer: EmbedAnswer) -> Answer:
    """Return a checkout session with the provider's form, or the reason why there is none."""
    plain = seen(context, answer.checkout, answer.shop)
    added: dict[str, Any] = {}
    meta = dict(plain.meta)
    if answer.form is not None:
        options = dict(answer.form.options)
        back = f"{plain.structured['checkout_url']}/return"
        gr4vy = context.settings.gr4vy
        added["embed"] = {
            **{name: options.get(option) for option, name in _EMBED.items()},
            "gr4vy_id": gr4vy.id if gr4vy is not None else "",
        }
        meta["plantly/embed"] = {
            "script": answer.form.script_url,
            "options": {**options, "fullPageReturnUrl": back},
        }
    elif answer.problem is not None:
        added["embed_error"] = answer.problem
    return replace(plain, structured=plain.structured | added, meta=meta)


def seen(context: ToolContext, view: CheckoutView, shop: ShopConfig) -> Answer:
    """Return a checkout session as it is, and how it could be paid where it is shown."""
    answer = views.checkout(context, view)
    in_chat = context.settings.in_chat
    added: dict[str, Any] = {}
    if in_chat.payment_sheet and is_open(view.status):
        added["payment_sheet"] = sheet_views.sheet_session(context, view, shop)
    if in_chat.embedded and view.status is CheckoutStatus.COMPLETE_IN_PROGRESS:
        added["quote"] = view.quote_hash
    if in_chat.embedded and is_open(view.status):
        added |= _before_the_form(context, view, shop)
    return replace(answer, structured=answer.structured | added) if added else answer


def _before_the_form(context: ToolContext, view: CheckoutView, shop: ShopConfig) -> dict[str, Any]:
    """Return what a widget sends to get the form, or why it cannot yet."""
    if view.status is not CheckoutStatus.READY_FOR_PAYMENT:
        problem = not_payable(view)
        return {"embed_error": problem} if problem is not None else {}
    shown: dict[str, Any] = {"quote": view.quote_hash}
    terms = terms_of(shop)
    if terms is not None:
        url = f"{context.settings.public_url}/policies#terms"
        shown["terms"] = {"title": terms.title, "version": terms.version, "url": url}
    return shown
