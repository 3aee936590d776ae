"""Count what tools do: by the shopper that a host names, and by the address that it calls from."""

from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache
from typing import Any, Final

from pydantic import BaseModel
from starlette.requests import Request

from plantly.domain.cart import is_trustworthy_hint
from plantly.domain.errors import NotFound, RateLimited, ShopError
from plantly.domain.visitor import Visitor
from plantly.mcp_server.errors import Refusal
from plantly.mcp_server.tool import Answer, ToolContext, ToolSpec
from plantly.services.gate import Gate
from plantly.services.workflows.counted import CountedDatabase, count

_NAMES: Final = ("cart_id", "checkout_session_id", "order_number")
"""Arguments that name something which nobody should find by guessing."""

_LONGEST_SUBJECT: Final = 200


def visitor_of(gate: Gate, meta: object, request: object, *, trust: bool) -> Visitor:
    """Return who calls a tool. What a host says of its shopper is believed as far as hints are."""
    if not gate.table.limits:
        return Visitor()
    claim = _claim(meta) if trust and isinstance(meta, dict) else None
    address = None
    if isinstance(request, Request):
        scope = request.scope
        peer = scope.get("client")
        address = gate.address(peer[0] if peer else None, scope["headers"])
    return gate.visitor(address, claim or address, for_many=claim is not None)


async def answer(
    spec: ToolSpec, context: ToolContext, arguments: BaseModel, gate: Gate, visitor: Visitor
) -> Answer:
    """Let a tool answer, unless its caller has done too much of it.

    Raises:
        RateLimited: It did.
        ShopError, Refusal: What the tool says; a change that is refused and a guess count too.
    """
    if spec.limit is None:
        gate.read(visitor)
    elif visitor.table.limits:
        gate.recall(visitor, spec.limit)
    if any(getattr(arguments, name) for name in _names_of(spec.arguments)):
        gate.recall(visitor, "misses")
    db = CountedDatabase(context.db, visitor, spec.limit) if spec.limit else None
    try:
        return await spec.handler(replace(context, db=db) if db else context, arguments)
    except (ShopError, Refusal) as refused:
        error = refused.error if isinstance(refused, Refusal) else refused
        await _count_refused(context, gate, visitor, error, db.uncounted if db else None)
        raise


@lru_cache
def _names_of(model: type[BaseModel]) -> tuple[str, ...]:
    return tuple(name for name in _NAMES if name in model.model_fields)


async def _count_refused(
    context: ToolContext, gate: Gate, visitor: Visitor, error: ShopError, unwritten: str | None
) -> None:
    """Count what the refused transaction took back with it, and what was only looked for."""
    names = []
    if isinstance(error, RateLimited):
        gate.remember(visitor, error)
    elif unwritten is not None:
        names.append(unwritten)
    if isinstance(error, NotFound) and error.was_guessed and error.field in _NAMES:
        names.append("misses")
    try:
        await count(context.db, visitor, *names)
    except RateLimited as limited:
        gate.remember(visitor, limited)
        raise


def _claim(meta: Mapping[str, Any]) -> str | None:
    subject = meta.get("openai/subject")
    if isinstance(subject, str) and 0 < len(subject) <= _LONGEST_SUBJECT:
        return f"subject {subject}"
    hint = meta.get("openai/session")
    if isinstance(hint, str) and is_trustworthy_hint(hint):
        return f"conversation {hint}"
    return None
