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


def checkout_schema(in_chat: InChatSettings) -> dict[str, Any]:
    """Return the schema of a checkout with the ways to pay that are on."""
    added: dict[str, Any] = {}
    if in_chat.payment_sheet:
        added["payment_sheet"] = PAYMENT_SHEET
    if not added:
        return schemas.CHECKOUT
    return {**schemas.CHECKOUT, "properties": {**schemas.CHECKOUT["properties"], **added}}
