"""A shop in memory that answers the tools in the shapes that the widgets expect.

Browser tests of the widgets run against it: it can wait, fail on demand, and forget nothing that
it was asked. It knows no rule that a real shop would need a database for.
"""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Final

from tests.support.http import ROOT

Json = dict[str, Any]

PLACEHOLDER_ORIGIN: Final = "https://shop.example"
ORDER_NUMBER: Final = "PL-4X7K-9Q2M-TB3V-H6WD"
PAGE: Final = 12
_SIZES: Final = (("12cm", "12 cm pot", 0), ("17cm", "17 cm pot", 900), ("21cm", "21 cm pot", 2100))
_FACETS: Final = ("sunlight", "water", "climate")


class ToolRefusalError(Exception):
    """A tool answers with an error."""

    def __init__(self, code: str, message: str, *, field: str | None = None, **more: Any) -> None:
        super().__init__(message)
        error = {"code": code, "message": message, **({"field": field} if field else {})}
        self.structured = {"error": error, **more}


def fixture(widget: str, origin: str) -> Json:
    """Read the fixture of a widget, with its pictures and links at `origin`."""
    path = ROOT / "widgets-src" / widget / "fixture.json"
    text = path.read_text(encoding="utf-8").replace(PLACEHOLDER_ORIGIN, origin)
    loaded: Json = json.loads(text)
    return loaded


@dataclass
class FakeShop:
    """Answer tools; remember every call as `(name, arguments)`.

    `fixed` results stand instead of an answer, `messages` stand in every cart.
    """

    origin: str
    calls: list[tuple[str, Json]] = field(default_factory=list)
    refusals: dict[str, list[ToolRefusalError]] = field(default_factory=dict)
    fixed: dict[str, Json] = field(default_factory=dict)
    messages: list[Json] = field(default_factory=list)
    carts: dict[str, Json] = field(default_factory=dict)
    sessions: dict[str, Json] = field(default_factory=dict)
    _gates: dict[str, threading.Event] = field(default_factory=dict)

    def __post_init__(self) -> None:
        result = fixture("product-catalog", self.origin)["result"]
        self.products: dict[str, Json] = {
            product["id"]: product for product in result["structuredContent"]["products"]
        }
        self.media: Json = result["_meta"]["plantly/media"]
        self.labels: Json = result["_meta"]["plantly/labels"]

    def tool_names(self) -> list[str]:
        """List the tools."""
        return list(self._tools())

    def named(self, name: str) -> list[Json]:
        """Give the arguments of every call of one tool."""
        return [arguments for called, arguments in self.calls if called == name]

    def last(self, name: str) -> Json | None:
        """Give the arguments of the newest call of one tool."""
        return next(reversed(self.named(name)), None)

    @contextmanager
    def holding(self, *tools: str) -> Iterator[None]:
        """Let calls of these tools, or of all, be heard meanwhile and answered afterwards."""
        gates = {name: threading.Event() for name in tools or self.tool_names()}
        self._gates |= gates
        try:
            yield
        finally:
            for name, gate in gates.items():
                del self._gates[name]
                gate.set()

    def refuse(self, tool: str, code: str, message: str, **more: Any) -> None:
        """Let the next call of this tool fail."""
        self.refusals.setdefault(tool, []).append(ToolRefusalError(code, message, **more))

    def pay(self, session_id: str) -> None:
        """Let a checkout be paid, as its webhook would."""
        order = {"order_number": ORDER_NUMBER, "status": "confirmed"}
        self.sessions[session_id] |= {"status": "completed", "order": order}

    def decline(self, session_id: str) -> None:
        """Let a payment be declined."""
        message = {"type": "error", "code": "payment_declined", "content": "The card was declined."}
        self.sessions[session_id]["messages"] = [message]

    def call(self, name: str, arguments: Json) -> Json:
        """Answer one tool call with a whole result."""
        self.calls.append((name, arguments))
        if gate := self._gates.get(name):
            gate.wait()
        if name in self.fixed:
            return self.fixed[name]
        try:
            if waiting := self.refusals.get(name):
                raise waiting.pop(0)
            structured = self._tools()[name](arguments)
        except ToolRefusalError as refusal:
            text = [{"type": "text", "text": str(refusal)}]
            return {"content": text, "structuredContent": refusal.structured, "isError": True}
        meta = {"plantly/media": self.media, "plantly/labels": self.labels}
        content = [{"type": "text", "text": f"{name} answered."}]
        return {"content": content, "structuredContent": structured, "_meta": meta}

    def _tools(self) -> dict[str, Callable[[Json], Json]]:
        return {
            "list_products": self._browse,
            "search_products": self._browse,
            "get_product": self._product,
            "update_cart": self._update_cart,
            "show_cart": self._show_cart,
            "start_checkout": self._start_checkout,
            "get_checkout": self._get_checkout,
            "get_order_status": self._order_status,
        }

    def _browse(self, asked: Json) -> Json:
        found = [product for product in self.products.values() if _matches(product, asked)]
        if asked.get("sort") == "price_asc":
            found.sort(key=lambda product: int(product["price_minor"]))
        start = int(asked.get("cursor", 0))
        page = found[start : start + PAGE]
        chosen = {key: value for key, value in asked.items() if key not in {"cursor", "limit"}}
        rest = {"next_cursor": str(start + PAGE)} if len(found) > start + PAGE else {}
        counts = {"category": _count(found, "category")} | {k: _count(found, k) for k in _FACETS}
        return {
            "products": page,
            "currency": "USD",
            "filters": counts,
            "initialFilters": chosen,
            "total": len(found),
            **rest,
        }

    def _product(self, asked: Json) -> Json:
        lean = self.products[asked["product_id"]]
        full = {key: value for key, value in lean.items() if key != "price_from"}
        full |= {
            "currency": "USD",
            "description": f"{lean['name']} is easy to live with and easy to love.",
            "care": "Water when the top of the soil is dry, and turn the pot once a week.",
            "options": ["Pot size"],
            "variants": _variants(lean),
            "media": self._pictures(lean),
            "url": f"{self.origin}/p/{lean['id']}",
        }
        return {"products": [full], "messages": []}

    def _pictures(self, lean: Json) -> list[Json]:
        others = ["leaf", "pot"] if lean.get("price_from") else []
        return [
            self.media[lean["id"]],
            *(
                {
                    "src": f"{self.origin}/media/{lean['id']}-{part}.svg",
                    "alt": f"{lean['name']}, the {part} from near",
                }
                for part in others
            ),
        ]

    def _update_cart(self, asked: Json) -> Json:
        cart = self._cart(asked.get("cart_id"))
        adding = asked.get("mode") == "add"
        if adding and cart["version"] and asked.get("expected_version") != cart["version"]:
            raise ToolRefusalError(
                "version_conflict", "The cart has changed.", cart=self._shown(cart)
            )
        for line in asked.get("lines", []):
            variant = _variant(line)
            before = cart["lines"].get(variant, 0) if adding else 0
            cart["lines"][variant] = before + line["quantity"]
            cart["saved"].pop(variant, None)
        for variant in asked.get("save_for_later", []):
            cart["saved"][variant] = cart["lines"].pop(variant)
        for variant in asked.get("move_to_cart", []):
            cart["lines"][variant] = cart["saved"].pop(variant)
        for variant in asked.get("remove", []):
            if cart["lines"].pop(variant, None) is None:
                cart["saved"].pop(variant, None)
        cart["version"] += 1
        return self._shown(cart)

    def _cart(self, cart_id: str | None) -> Json:
        key = cart_id or f"cart_{len(self.carts):032x}"
        return self.carts.setdefault(key, {"cart_id": key, "version": 0, "lines": {}, "saved": {}})

    def _show_cart(self, asked: Json) -> Json:
        if "items" in asked:
            lines = {_variant(item): item["quantity"] for item in asked["items"]}
            preview = self._shown({"cart_id": None, "version": 0, "lines": lines, "saved": {}})
            del preview["cart_id"]
            return preview
        if "cart_id" not in asked:
            return self._show_cart({"items": []})
        if asked["cart_id"] not in self.carts:
            raise ToolRefusalError("not_found", "There is no such cart.")
        return self._shown(self.carts[asked["cart_id"]])

    def _shown(self, cart: Json) -> Json:
        return _shown(cart, self.products) | {"messages": self.messages}

    def _start_checkout(self, asked: Json) -> Json:
        cart_id = asked.get("cart_id")
        cart = self._shown(self.carts[cart_id]) if cart_id else self._show_cart(asked)
        session_id = f"cs_{len(self.sessions):032x}"
        self.sessions[session_id] = {
            "checkout_session_id": session_id,
            "status": "not_ready_for_payment",
            "currency": "USD",
            "items": cart["items"],
            "totals": cart["totals"],
            "estimated": True,
            "checkout_url": f"{self.origin}/checkout/{session_id}",
            "expires_at": "2099-01-01T00:00:00Z",
            "messages": [],
        }
        return self.sessions[session_id]

    def _get_checkout(self, asked: Json) -> Json:
        return self.sessions[asked["checkout_session_id"]]

    def _order_status(self, asked: Json) -> Json:
        order: Json = fixture("order-status", self.origin)["result"]["structuredContent"]
        return order | {"order_number": asked.get("order_number", ORDER_NUMBER)}


def _variant(line: Json) -> str:
    return line.get("variant_id") or f"{line['product_id']}-12cm"


def _matches(product: Json, asked: Json) -> bool:
    for key in (*_FACETS, "category"):
        wanted = asked.get(key, [])
        wanted = wanted if isinstance(wanted, list) else [wanted]
        has = product[key] if isinstance(product[key], list) else [product[key]]
        if wanted and not set(wanted) & set(has):
            return False
    if asked.get("in_stock") and product["availability"] == "out_of_stock":
        return False
    return str(asked.get("search", "")).lower() in product["name"].lower()


def _count(products: list[Json], key: str) -> Json:
    counts: Json = {}
    for product in products:
        values = product[key] if isinstance(product[key], list) else [product[key]]
        for value in values:
            counts[value] = counts.get(value, 0) + 1
    return counts


def _variants(lean: Json) -> list[Json]:
    sizes = _SIZES if lean.get("price_from") else _SIZES[:1]
    return [
        {
            "variant_id": f"{lean['id']}-{key}",
            "name": name,
            "options": [name],
            "price_minor": lean["price_minor"] + more,
            "availability": lean["availability"],
            **({"compare_at_minor": lean["price_minor"] + 2 * more} if more else {}),
            **({"available_quantity": 3} if lean["availability"] == "low_stock" else {}),
            "default": more == 0,
        }
        for key, name, more in sizes
    ]


def _shown(cart: Json, products: Json) -> Json:
    items = [_item(products, variant, quantity) for variant, quantity in cart["lines"].items()]
    saved = [_item(products, variant, quantity) for variant, quantity in cart["saved"].items()]
    total = sum(item["total_minor"] for item in items)
    kinds = ("items_base_amount", "subtotal", "total")
    return {
        "cart_id": cart["cart_id"],
        "version": cart["version"],
        "currency": "USD",
        "items": items,
        "item_count": sum(item["quantity"] for item in items),
        "totals": [{"type": kind, "amount_minor": total} for kind in kinds],
        "estimated": True,
        "discount_codes": [],
        "messages": [],
        **({"saved_for_later": saved} if saved else {}),
    }


def _item(products: Json, variant: str, quantity: int) -> Json:
    product_id, _, size = variant.rpartition("-")
    product = products[product_id]
    name, more = next((name, more) for key, name, more in _SIZES if key == size)
    amount = product["price_minor"] + more
    return {
        "product_id": product_id,
        "variant_id": variant,
        "name": product["name"],
        "variant": name,
        "quantity": quantity,
        "unit_amount_minor": amount,
        "total_minor": amount * quantity,
        "availability": product["availability"],
    }
