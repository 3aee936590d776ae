"""Checkout sessions as payment sheets take them: amounts in minor units, and nothing personal."""

from collections.abc import Iterable, Mapping
from typing import Any

from plantly.domain.checkout import is_open
from plantly.domain.messages import Message
from plantly.domain.money_text import format_money
from plantly.domain.shop import FulfillmentKind, ShopConfig
from plantly.mcp_server.line_views import called
from plantly.mcp_server.tool import Answer, ToolContext
from plantly.services.checkout_view import CheckoutView
from plantly.services.items import PricedItem
from plantly.services.payment_sheet import sheet_id
from plantly.services.workflows.chat_desk import SheetAnswer

_LINKS = {"terms": "terms_of_use", "privacy": "privacy_policy", "contact": "support_url"}


def sheet_session(context: ToolContext, view: CheckoutView, shop: ShopConfig) -> dict[str, Any]:
    """Return what `window.openai.requestCheckout` takes.

    Who buys and where it goes is left out: the conversation never sees it.
    """
    in_chat = context.settings.in_chat
    session: dict[str, Any] = {
        "id": sheet_id(view, shop),
        "payment_provider": {
            "provider": context.settings.payment_provider,
            "merchant_id": in_chat.merchant_id,
            "supported_payment_methods": [{"type": "card"}],
        },
        "payment_mode": "live" if in_chat.is_live else "test",
        "status": view.status.value,
        "currency": view.currency,
        "line_items": _line_items(context, view),
        "totals": _totals(view),
        "messages": [_message(message) for message in view.messages],
        "links": _links(context, shop),
    }
    return session | _delivery(view)


def completed(context: ToolContext, answer: SheetAnswer, asked: str) -> Answer:
    """Return what became of a press of the sheet; `asked` is the id that it was shown."""
    view, problem = answer.checkout, answer.problem
    session = sheet_session(context, view, answer.shop)
    url = f"{context.settings.public_url}/checkout/{view.page_token}"
    if problem is not None:
        session["messages"] = [_message(problem), *session["messages"]]
    if not is_open(view.status):
        session["id"] = asked
    if view.order is not None:
        session["order"] = {
            "id": view.order.order_number,
            "checkout_session_id": view.public_id,
            "permalink_url": url,
        }
    session |= {"checkout_session_id": view.public_id, "checkout_url": url}
    return Answer(session, _said(view, problem))


def _said(view: CheckoutView, problem: Message | None) -> str:
    total = format_money(view.total_minor, view.currency)
    if view.order is not None:
        return f"Paid {total}: order {view.order.order_number} is {view.order.status}."
    if problem is not None:
        return f"{problem.content} The total is {total}."
    return f"The payment of {total} is being confirmed; get_checkout tells when it is."


def _line_items(context: ToolContext, view: CheckoutView) -> list[dict[str, Any]]:
    parts = {part["variant"]: part for part in (view.breakdown or {}).get("lines", ())}
    return [_line_item(context, item, parts.get(item.variant_handle)) for item in view.items]


def _line_item(
    context: ToolContext, item: PricedItem, part: Mapping[str, Any] | None
) -> dict[str, Any]:
    """Return a line; tax that is inside its price is not counted apart."""
    base = item.total_minor if part is None else part["base_minor"]
    net = base if part is None else part["net_minor"]
    total = net if part is None else part["total_minor"]
    line: dict[str, Any] = {
        "id": item.variant_handle,
        "item": {"id": item.variant_handle, "quantity": item.quantity},
        "name": called(item),
        "base_amount": base,
        "discount": base - net,
        "subtotal": net,
        "tax": total - net,
        "total": total,
    }
    if item.picture is not None and item.picture.is_ours:
        line["images"] = [context.media_url(item.picture.path)]
    return line


def _totals(view: CheckoutView) -> list[dict[str, Any]]:
    """Return the rows; they add up, so that what is inside a price is no row of its own."""
    rows = [
        {"type": entry.type, "display_text": entry.display_text, "amount": entry.amount_minor}
        for entry in view.totals
        if entry.type != "tax"
    ]
    tax = view.total_minor - sum(
        entry.amount_minor for entry in view.totals if entry.type in {"subtotal", "fulfillment"}
    )
    if tax:
        rows.insert(-1, {"type": "tax", "display_text": "Tax", "amount": tax})
    return rows


def _delivery(view: CheckoutView) -> dict[str, Any]:
    """Return the delivery that is counted: another one makes another total."""
    option = next((one for one in view.options if one.id == view.option_id), None)
    part = (view.breakdown or {}).get("fulfillment")
    if option is None or part is None:
        return {}
    kind = "pickup" if option.kind is FulfillmentKind.PICKUP else "shipping"
    shown = {
        "id": option.id,
        "type": kind,
        "title": option.title,
        "subtitle": option.description,
        "subtotal": part["net_minor"],
        "tax": part["total_minor"] - part["net_minor"],
        "total": part["total_minor"],
    }
    return {"fulfillment_options": [shown], "fulfillment_option_id": option.id}


def _links(context: ToolContext, shop: ShopConfig) -> list[dict[str, str]]:
    topics: Iterable[str] = {policy.topic for policy in shop.policies}
    return [
        {"type": kind, "url": f"{context.settings.public_url}/policies#{topic}"}
        for topic, kind in _LINKS.items()
        if topic in topics
    ]


def _message(message: Message) -> dict[str, str]:
    shown = {"type": message.type, "code": message.code}
    if message.param is not None:
        shown["param"] = message.param
    return {**shown, "content_type": "plain", "content": message.content}
