"""What the tools give, as JSON Schema: the shapes of products, carts, checkouts and orders."""

from typing import Any

from plantly.domain.catalog import Availability
from plantly.domain.checkout import CheckoutStatus
from plantly.domain.order import FulfillmentStatus, OrderStatus
from plantly.domain.order_return import ReturnStatus

_TEXT = {"type": "string"}
_WHOLE = {"type": "integer"}
_MINOR = {"type": "integer", "description": "In minor units of the currency: 1499 is 14.99 USD."}
_AVAILABILITY = {"type": "string", "enum": [state.value for state in Availability]}


def _object(properties: dict[str, Any], *optional: str) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": properties,
        "required": [name for name in properties if name not in optional],
    }


def _list(items: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": items}


_MESSAGES = _list(
    _object(
        {
            "type": {"type": "string", "enum": ["info", "warning", "error"]},
            "code": _TEXT,
            "content": _TEXT,
            "param": _TEXT,
            "severity": _TEXT,
            "resolution": _TEXT,
            "values": {
                "type": "object",
                "additionalProperties": _WHOLE,
                "description": "The numbers of the content; amounts are in minor units.",
            },
        },
        "param",
        "severity",
        "resolution",
        "values",
    )
)
_ITEMS = _list(
    _object(
        {
            "product_id": _TEXT,
            "variant_id": _TEXT,
            "name": _TEXT,
            "variant": _TEXT,
            "quantity": _WHOLE,
            "unit_amount_minor": _MINOR,
            "total_minor": _MINOR,
            "availability": _AVAILABILITY,
            "quantity_ahead": {**_WHOLE, "description": "So many are sold before they are here."},
            "available_at": {"type": "string", "description": "When these are expected, a date."},
        },
        "availability",
        "quantity_ahead",
        "available_at",
    )
)
_TOTALS = _list(
    _object({"type": _TEXT, "amount_minor": _MINOR, "display_text": _TEXT}, "display_text")
)

LISTING = _object(
    {
        "products": _list(
            _object(
                {
                    "id": _TEXT,
                    "name": _TEXT,
                    "price_minor": _MINOR,
                    "price_from": {"type": "boolean"},
                    "availability": {**_AVAILABILITY, "description": "Left out when in stock."},
                    "category": _TEXT,
                },
                "price_from",
                "availability",
            )
        ),
        "currency": _TEXT,
        "filters": {
            "type": "object",
            "description": "How many products each value of each filter would leave.",
            "additionalProperties": {"type": "object", "additionalProperties": _WHOLE},
        },
        "initialFilters": {"type": "object", "description": "The filters that are in force."},
        "total": _WHOLE,
        "total_capped": {"type": "boolean", "description": "There are more than total."},
        "counts_capped": {"type": "boolean", "description": "Each count of filters is a least."},
        "help": {
            **_object(
                {
                    "did_you_mean": _TEXT,
                    "drop": _list(
                        _object(
                            {
                                "arguments": _list(_TEXT),
                                "total": _WHOLE,
                                "total_capped": {"type": "boolean"},
                            },
                            "total_capped",
                        )
                    ),
                },
                "did_you_mean",
                "drop",
            ),
            "description": "When nothing matches: other words, and what leaving out would give.",
        },
        "next_cursor": _TEXT,
    },
    "total_capped",
    "counts_capped",
    "help",
    "next_cursor",
)
_VARIANT = _object(
    {
        "variant_id": _TEXT,
        "sku": _TEXT,
        "name": _TEXT,
        "options": _list(_TEXT),
        "price_minor": _MINOR,
        "compare_at_minor": _MINOR,
        "availability": _AVAILABILITY,
        "available_quantity": _WHOLE,
        "available_at": {"type": "string", "description": "When units are expected, a date."},
        "default": {"type": "boolean"},
    },
    "compare_at_minor",
    "available_quantity",
    "available_at",
    "default",
)
PRODUCTS = _object(
    {
        "products": _list(
            _object(
                {
                    "id": _TEXT,
                    "name": _TEXT,
                    "description": _TEXT,
                    "care": _TEXT,
                    "category": _TEXT,
                    "currency": _TEXT,
                    "availability": _AVAILABILITY,
                    "price_minor": _MINOR,
                    "options": _list(_TEXT),
                    "variants": _list(_VARIANT),
                    "media": _list(_object({"src": _TEXT, "alt": _TEXT})),
                    "url": _TEXT,
                    "brand": _TEXT,
                    "tags": _list(_TEXT),
                    "collections": _list(_TEXT),
                    "not_sent_to": {
                        **_list(_TEXT),
                        "description": "Countries that it cannot be sent to.",
                    },
                    "asked_for": {
                        **_list(_TEXT),
                        "description": "Ids of the variants that were asked for.",
                    },
                },
                "brand",
                "tags",
                "collections",
                "not_sent_to",
                "asked_for",
            )
        ),
        "messages": _MESSAGES,
    }
)
CART = _object(
    {
        "cart_id": _TEXT,
        "version": _WHOLE,
        "currency": _TEXT,
        "items": _ITEMS,
        "item_count": _WHOLE,
        "totals": _TOTALS,
        "estimated": {"type": "boolean", "description": "Shipping and tax are not known yet."},
        "discount_codes": _list(_TEXT),
        "messages": _MESSAGES,
        "cart_url": {"type": "string", "description": "A page that rebuilds this cart."},
        "saved_for_later": {**_ITEMS, "description": "No part of the totals and of checkout."},
        "estimate": {
            **_object(
                {
                    "country": _TEXT,
                    "region": _TEXT,
                    "deliverable": {"type": "boolean"},
                    "delivery": {**_TEXT, "description": "The id of the one that is counted."},
                    "totals": _TOTALS,
                    "options": _list(
                        _object(
                            {
                                "id": _TEXT,
                                "title": _TEXT,
                                "amount_minor": _MINOR,
                                "total_minor": {**_MINOR, "description": "Of the order with it."},
                            }
                        )
                    ),
                },
                "region",
                "delivery",
                "totals",
            ),
            "description": "With the cheapest delivery to ship_to_country; checkout has the last "
            "word.",
        },
    },
    "cart_id",
    "version",
    "cart_url",
    "saved_for_later",
    "estimate",
)
CHECKOUT = _object(
    {
        "checkout_session_id": _TEXT,
        "status": {"type": "string", "enum": [status.value for status in CheckoutStatus]},
        "currency": _TEXT,
        "items": _ITEMS,
        "totals": _TOTALS,
        "estimated": {"type": "boolean", "description": "Shipping and tax are not known yet."},
        "checkout_url": {"type": "string", "description": "Where the shopper pays."},
        "expires_at": _TEXT,
        "messages": _MESSAGES,
        "order": _object({"order_number": _TEXT, "status": _TEXT}),
    },
    "order",
)
_UNITS = _list(_object({"variant_id": _TEXT, "quantity": _WHOLE}))
_TRACKING = _list(
    _object(
        {
            "carrier": _TEXT,
            "number": _TEXT,
            "url": {"type": "string", "description": "Where the parcel can be followed."},
            "status": {"type": "string", "enum": ["shipped", "delivered"]},
            "items": {**_UNITS, "description": "Left out when everything is in this parcel."},
        },
        "carrier",
        "number",
        "url",
        "items",
    )
)
ORDER = _object(
    {
        "order_number": _TEXT,
        "status": {"type": "string", "enum": [status.value for status in OrderStatus]},
        "currency": _TEXT,
        "items": _ITEMS,
        "totals": _TOTALS,
        "fulfillment": _object(
            {
                "title": _TEXT,
                "status": {"type": "string", "enum": [s.value for s in FulfillmentStatus]},
                "tracking": _TRACKING,
            }
        ),
        "refunds": _list(_object({"amount_minor": _MINOR, "status": _TEXT})),
        "returns": _list(
            _object(
                {
                    "status": {"type": "string", "enum": [s.value for s in ReturnStatus]},
                    "items": _UNITS,
                }
            )
        ),
        "reorder_url": {
            "type": "string",
            "description": "A page that fills a cart with what can be bought again.",
        },
    },
    "returns",
    "reorder_url",
)
POLICIES = _object(
    {
        "shop": _TEXT,
        "policies": _list(_object({"topic": _TEXT, "title": _TEXT, "text": _TEXT})),
    }
)
SEARCH_RESULTS = _object({"results": _list(_object({"id": _TEXT, "title": _TEXT, "url": _TEXT}))})
FETCHED = _object(
    {
        "id": _TEXT,
        "title": _TEXT,
        "text": _TEXT,
        "url": _TEXT,
        "metadata": {"type": "object", "additionalProperties": _TEXT},
    },
    "metadata",
)
