"""What checkouts give where they can be paid inside a conversation, as JSON Schema."""

from typing import Any

from plantly.mcp_server import schemas
from plantly.settings import InChatSettings

_TEXT = {"type": "string"}
_OBJECT = {"type": "object"}
_OBJECTS = {"type": "array", "items": _OBJECT}
_SHEET: dict[str, Any] = {
    "id": {**_TEXT, "description": "Of these very totals: other totals have another id."},
    "payment_provider": _OBJECT,
    "payment_mode": {**_TEXT, "enum": ["live", "test"]},
    "status": _TEXT,
    "currency": _TEXT,
    "line_items": _OBJECTS,
    "totals": _OBJECTS,
    "fulfillment_options": _OBJECTS,
    "fulfillment_option_id": _TEXT,
    "messages": _OBJECTS,
    "links": _OBJECTS,
}
_NEEDED = ("id", "status", "currency", "line_items", "totals", "messages")

PAYMENT_SHEET: dict[str, Any] = {
    "type": "object",
    "description": "For window.openai.requestCheckout; amounts are in minor units.",
    "properties": _SHEET,
    "required": list(_NEEDED),
}
COMPLETED: dict[str, Any] = {
    "type": "object",
    "properties": {
        **_SHEET,
        "checkout_session_id": _TEXT,
        "checkout_url": {**_TEXT, "description": "Where it can be paid all the same."},
        "order": {
            "type": "object",
            "properties": {
                "id": {**_TEXT, "description": "The order number."},
                "checkout_session_id": _TEXT,
                "permalink_url": _TEXT,
            },
            "required": ["id", "checkout_session_id", "permalink_url"],
        },
    },
    "required": [*_NEEDED, "checkout_session_id", "checkout_url"],
}
_EMBEDDED: dict[str, Any] = {
    "embed": {
        "type": "object",
        "description": "The provider's payment form, which the widget shows.",
        "properties": {
            "token": {**_TEXT, "description": "For this payment's form only, for an hour."},
            "gr4vy_id": _TEXT,
            "environment": _TEXT,
            "currency": _TEXT,
            "country": _TEXT,
            "merchant_account_id": _TEXT,
            "amount": {"type": "integer", "description": "In minor units."},
        },
        "required": ["token", "gr4vy_id", "environment", "currency", "country", "amount"],
    },
    "embed_error": {
        **_TEXT,
        "description": "Why there is no form; checkout_url leads to a page to pay on.",
    },
    "quote": {**_TEXT, "description": "Names these totals for begin_payment."},
    "terms": {
        "type": "object",
        "description": "What the shopper accepts by paying.",
        "properties": {"title": _TEXT, "version": _TEXT, "url": _TEXT},
        "required": ["title", "version", "url"],
    },
}


def checkout_schema(in_chat: InChatSettings) -> dict[str, Any]:
    """Return the schema of a checkout with the ways to pay that are on."""
    added: dict[str, Any] = {}
    if in_chat.payment_sheet:
        added["payment_sheet"] = PAYMENT_SHEET
    if in_chat.embedded:
        added |= _EMBEDDED
    if not added:
        return schemas.CHECKOUT
    return {**schemas.CHECKOUT, "properties": {**schemas.CHECKOUT["properties"], **added}}
