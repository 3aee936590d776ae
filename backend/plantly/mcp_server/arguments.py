"""What the tools take: strict models that coerce nothing, and sentences for what they refuse."""

import re
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Annotated, Any, Literal, TypeVar

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    WithJsonSchema,
)

from plantly.domain.catalog import Sort
from plantly.domain.errors import InvalidInput
from plantly.domain.order import read_order_number

M = TypeVar("M", bound=BaseModel)

MAX_PRODUCTS_AT_ONCE = 20
MAX_PAGE = 50
_MAX_TEXT = 300
_MAX_PRICE = 10**15
_MAX_VERSION = 2**31 - 1


def _clean(value: str) -> str:
    if "\x00" in value:
        msg = "holds a NUL character: send the text without it"
        raise ValueError(msg)
    if not value.isascii() and any("\ud800" <= c <= "\udfff" for c in value):
        msg = "holds half of a character: send the text without it"
        raise ValueError(msg)
    return value


def values_of(value: object) -> object:
    """Accept one value or a list of them; everything else is refused with one sentence."""
    found = [value] if isinstance(value, str) else value
    if (
        not isinstance(found, list)
        or not found
        or not all(isinstance(item, str) and len(item) <= _MAX_TEXT for item in found)
        or len(found) > MAX_PAGE
    ):
        msg = "must be one value, or a list of values, as text"
        raise ValueError(msg)
    return tuple(dict.fromkeys(_clean(item) for item in found))


def one_or_many(one: dict[str, Any]) -> dict[str, Any]:
    """Return the schema of one value or a list of them."""
    return {"anyOf": [one, {"type": "array", "items": one, "minItems": 1}]}


def exactly(value: object) -> Decimal | None:
    """Return a JSON number as it was written; None when it is none."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    number = Decimal(value if isinstance(value, int) else repr(value))
    return number if number.is_finite() else None


def _number(value: object) -> object:
    """Accept a JSON number as it was written, as an exact decimal."""
    number = exactly(value)
    if number is None:
        msg = "must be a number such as 14.99, or be left out: the catalog's price counts anyway"
        raise ValueError(msg)
    return number


def _country(value: str) -> str:
    if re.fullmatch("[A-Z]{2}", value) is None:
        msg = "must be the two capital letters of a country, such as US"
        raise ValueError(msg)
    return value


Text = Annotated[str, Field(max_length=_MAX_TEXT), AfterValidator(_clean)]
Id = Annotated[str, Field(min_length=1, max_length=_MAX_TEXT), AfterValidator(_clean)]
Country = Annotated[
    Text, AfterValidator(_country), WithJsonSchema({"type": "string", "pattern": "^[A-Z]{2}$"})
]
Whole = Annotated[int, Field(ge=0, le=_MAX_PRICE)]
Quantity = Annotated[int, WithJsonSchema({"type": "integer", "minimum": 1})]
"""How many at most is the shop's to say; it is no part of the schema, which hosts freeze."""
ShownPrice = Annotated[
    Decimal, BeforeValidator(_number), WithJsonSchema({"type": "number", "minimum": 0})
]


class Arguments(BaseModel):
    """The arguments of a tool: nothing is coerced, nothing unknown is let through."""

    model_config = ConfigDict(strict=True, extra="forbid", arbitrary_types_allowed=True)


class Item(Arguments):
    """A product or variant and how many of it; `name` and `price` are what was shown elsewhere."""

    product_id: Annotated[Id, Field(description="Means the product's default variant.")] = ""
    variant_id: Annotated[Id, Field(description="A certain size.")] = ""
    quantity: Quantity
    name: Annotated[Text, Field(description="Not used.")] = ""
    price: Annotated[
        ShownPrice | None,
        Field(description="What was shown, in major units. Never decides; the catalog does."),
        WithJsonSchema({"type": "number", "minimum": 0}),
    ] = None


class Line(Arguments):
    """A product or variant and how many of it."""

    product_id: Annotated[Id, Field(description="Means the product's default variant.")] = ""
    variant_id: Annotated[Id, Field(description="A certain size.")] = ""
    quantity: Quantity


class Listing(Arguments):
    """The fixed filters of a listing; facets are added when the catalog is known."""

    search: Annotated[Text, Field(description="Words to look for.")] = ""
    category: Annotated[
        tuple[str, ...],
        BeforeValidator(values_of),
        WithJsonSchema(one_or_many({"type": "string"})),
        Field(description="Category names."),
    ] = ()
    min_price_minor: Annotated[
        Whole | None, Field(description="In minor units: 1499 is 14.99.")
    ] = None
    max_price_minor: Annotated[Whole | None, Field(description="In minor units.")] = None
    in_stock: bool | None = None
    sort: Annotated[
        Literal[
            "relevance",
            "featured",
            "price_asc",
            "price_desc",
            "newest",
            "best_selling",
            "name",
        ]
        | None,
        Field(description="Left out: relevance with search words, else featured."),
    ] = None
    cursor: Annotated[Text, Field(description="next_cursor of the page before.")] = ""
    limit: Annotated[int, Field(ge=1, le=MAX_PAGE)] = 12


class GetProduct(Arguments):
    """One product, or several at once."""

    product_id: Annotated[Id, Field(description="A product's id, a variant_id or a SKU.")] = ""
    product_ids: Annotated[
        list[Id] | None,
        Field(max_length=MAX_PRODUCTS_AT_ONCE, description="The same, at most 20."),
    ] = None


class UpdateCart(Arguments):
    """A change of a cart."""

    cart_id: Annotated[Id, Field(description="Left out: the cart of this conversation.")] = ""
    lines: Annotated[list[Line], Field(description="Lines to set or add.")] = []
    remove: Annotated[
        list[Id], Field(description="variant_id of lines, or of saved ones, to take out.")
    ] = []
    save_for_later: Annotated[
        list[Id], Field(description="variant_id of lines to put aside; not bought at checkout.")
    ] = []
    move_to_cart: Annotated[
        list[Id], Field(description="variant_id of saved lines to put back into the cart.")
    ] = []
    discount_codes: Annotated[
        list[Text] | None, Field(description="Replaces the codes of the cart.")
    ] = None
    mode: Annotated[
        Literal["set", "add"],
        Field(description="set: these quantities. add: so many more; needs expected_version."),
    ] = "set"
    expected_version: Annotated[
        int | None,
        Field(ge=0, le=_MAX_VERSION, description="The version of the cart that you saw."),
    ] = None


class ShowCart(Arguments):
    """A stored cart, or a priced preview of items."""

    cart_id: Annotated[Id, Field(description="Left out: the cart of this conversation.")] = ""
    items: Annotated[
        list[Item] | None, Field(description="A preview of these; nothing is stored.")
    ] = None
    ship_to_country: Annotated[
        Country, Field(description="Estimates shipping and tax there: US, DE.")
    ] = ""
    ship_to_region: Annotated[
        Text, Field(max_length=64, description="Its state or province, such as CA.")
    ] = ""


class StartCheckout(Arguments):
    """What to check out."""

    cart_id: Annotated[Id, Field(description="Left out: the cart of this conversation.")] = ""
    items: Annotated[list[Item] | None, Field(description="Instead of a cart.")] = None
    discount_codes: list[Text] | None = None


class GetCheckout(Arguments):
    """A checkout session."""

    checkout_session_id: Id


class GetOrderStatus(Arguments):
    """An order, by either of its names."""

    order_number: Annotated[Text, Field(description="Such as PL-4X7K-9Q2M-TB3V-H6WD.")] = ""
    checkout_session_id: Annotated[Id, Field(description="Instead of the number.")] = ""


class GetStorePolicies(Arguments):
    """A topic, or all of them."""

    topic: Annotated[Text, Field(description="shipping, returns, privacy, contact or terms.")] = ""


class SearchQuery(Arguments):
    """The connector's search."""

    query: Text


class FetchId(Arguments):
    """The connector's fetch."""

    id: Id


def parse(model: type[M], raw: Mapping[str, Any] | None) -> M:
    """Read the arguments of a call.

    Raises:
        InvalidInput: Something has to be sent differently; the sentence names the field.
    """
    try:
        return model.model_validate(raw or {})
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        field = _path(first["loc"]) or "arguments"
        raise InvalidInput(field, _sentence(model, field, first)) from None


def schema_of(model: type[BaseModel]) -> dict[str, Any]:
    """Return a model's JSON Schema in one piece: no references, no generated titles."""
    schema = model.model_json_schema()
    definitions = schema.pop("$defs", {})
    plain = _inline(schema, definitions)
    plain.pop("description", None)
    return dict(plain)


def _inline(node: Any, definitions: Mapping[str, Any]) -> Any:
    if isinstance(node, list):
        return [_inline(item, definitions) for item in node]
    if not isinstance(node, dict):
        return node
    if "$ref" in node:
        found = definitions[node["$ref"].rsplit("/", 1)[-1]]
        target = {key: value for key, value in found.items() if key != "description"}
        return _inline({**target, **{k: v for k, v in node.items() if k != "$ref"}}, definitions)
    branches = node.get("anyOf")
    if branches and any(branch == {"type": "null"} for branch in branches):
        rest = [branch for branch in branches if branch != {"type": "null"}]
        outer = {k: v for k, v in node.items() if k not in {"anyOf", "default"}}
        return _inline({**(rest[0] if len(rest) == 1 else {"anyOf": rest}), **outer}, definitions)
    return {
        key: _inline(value, definitions)
        if key != "properties"
        else {name: _inline(item, definitions) for name, item in value.items()}
        for key, value in node.items()
        if not (key == "title" and isinstance(value, str))
        and not (key == "default" and value in ("", [], (), None))
    }


_OR_LEAVE_OUT = "; leave it out when there is nothing to say."
_SENTENCES = {
    "missing": "{} is missing: send it.",
    "int_type": "{} must be a whole number" + _OR_LEAVE_OUT,
    "int_from_float": "{} must be a whole number" + _OR_LEAVE_OUT,
    "bool_type": "{} must be true or false" + _OR_LEAVE_OUT,
    "string_type": "{} must be text" + _OR_LEAVE_OUT,
    "list_type": "{} must be a list" + _OR_LEAVE_OUT,
    "model_type": "{} must be an object.",
    "model_attributes_type": "{} must be an object.",
    "dict_type": "{} must be an object.",
    "string_too_long": "{} is too long: send at most {max_length} characters.",
    "string_too_short": "{} is empty: send a value, or leave it out.",
    "too_long": "{} holds too much: send at most {max_length} entries.",
    "greater_than_equal": "{} is too small: send {ge} or more.",
    "less_than_equal": "{} is too large: send {le} or less.",
    "string_unicode": "{} holds half of a character: send the text without it.",
}


def _sentence(model: type[BaseModel], field: str, error: Mapping[str, Any]) -> str:
    kind, context = error["type"], error.get("ctx") or {}
    if kind == "extra_forbidden":
        parent, _, name = field.rpartition(".")
        return (
            f"{field} is not an argument: leave {name} out. "
            f"{parent or 'This tool'} takes {', '.join(_known(model, error['loc']))}."
        )
    if field.endswith("quantity") and kind in _SENTENCES:
        return f"{field} must be a whole number, 1 or more, written like 2."
    if kind == "value_error":
        return f"{field} {context['error']}."
    if kind == "literal_error":
        return f"{field} must be one of {context['expected']}."
    if kind in _SENTENCES:
        return _SENTENCES[kind].format(field, **context)
    message = str(error["msg"]).removeprefix("Input ").removeprefix("Value ")
    return f"{field}: {message[:1].lower()}{message[1:]}."


def _known(model: type[BaseModel], location: Sequence[str | int]) -> list[str]:
    schema: Any = schema_of(model)
    for part in location[:-1]:
        inner = schema.get("properties", {})
        schema = schema.get("items") if isinstance(part, int) else inner.get(part)
        if schema is None:
            return ["only what its schema names"]
    return list(schema.get("properties", {}))


def _path(location: Sequence[str | int]) -> str:
    text = ""
    for part in location:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else part
    return "".join(c for c in text if c.isprintable())[:80]


def order_number_of(arguments: GetOrderStatus) -> str | None:
    """Return the order number as we write it, when one was sent."""
    return read_order_number(arguments.order_number) if arguments.order_number else None


def sort_of(arguments: Listing) -> Sort:
    """Return the order that was asked for, or the one that suits the question."""
    if arguments.sort is None:
        return Sort.RELEVANCE if arguments.search.strip() else Sort.FEATURED
    return Sort(arguments.sort)
