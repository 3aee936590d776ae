"""The MCP server of the shop: tools that answer from the database, widgets as resources."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError, version
from typing import Any, cast

from mcp.server.context import ServerRequestContext
from mcp.server.lowlevel import Server
from mcp.shared.exceptions import MCPError
from mcp_types import (
    INVALID_PARAMS,
    CallToolRequestParams,
    CallToolResult,
    ListResourcesResult,
    ListToolsResult,
    PaginatedRequestParams,
    ReadResourceRequestParams,
    ReadResourceResult,
    Resource,
    TextResourceContents,
)
from opentelemetry import trace

from plantly.db import Database
from plantly.domain.errors import ShopError
from plantly.mcp_server.arguments import parse
from plantly.mcp_server.errors import Refusal, crash, refusal
from plantly.mcp_server.limits import answer, visitor_of
from plantly.mcp_server.tool import Answer, ToolContext, closed
from plantly.mcp_server.toolbook import Toolbook
from plantly.services.gate import Gate
from plantly.services.shopper import shopper_from_hint
from plantly.services.workflows.chat_desk import ChatDesk
from plantly.settings import Settings
from plantly.widgets import WidgetSet

TOOL_SECONDS = 10
"""A tool that takes longer is given up on; what it began to write is seen through."""

_INSTRUCTIONS = (
    "A shop. Show products with list_products, fill the cart with update_cart, then start_checkout "
    "gives the page where the shopper pays. Prices come from the shop; amounts are integers in "
    "minor units (1499 is 14.99 USD). Keep the cart_id that update_cart gives."
)

Context = ServerRequestContext[Any]
ToolResult = CallToolResult | dict[str, Any]


@dataclass(frozen=True, slots=True)
class ServerParts:
    """What the server is made of."""

    db: Database
    settings: Settings
    widgets: WidgetSet
    toolbook: Toolbook
    nudge: Callable[[], None]
    gate: Gate = field(default_factory=Gate)
    chat: Callable[[], ChatDesk] = closed


def build_server(parts: ServerParts) -> Server[Any]:
    """Return the server; transport and lifespan are the caller's."""

    async def list_tools(_: Context, __: PaginatedRequestParams | None) -> ListToolsResult:
        return ListToolsResult(tools=parts.toolbook.page.tools)

    async def list_resources(_: Context, __: PaginatedRequestParams | None) -> ListResourcesResult:
        return _listed(parts.widgets)

    async def read_resource(_: Context, params: ReadResourceRequestParams) -> ReadResourceResult:
        return _read(parts.widgets, str(params.uri))

    async def call_tool(ctx: Context, params: CallToolRequestParams) -> ToolResult:
        return await call(parts, params, ctx.meta, ctx.request)

    server: Server[Any] = Server(
        "plantly",
        version=package_version(),
        title="Plantly",
        instructions=_INSTRUCTIONS,
        get_tool_input_schema=parts.toolbook.schema,
        on_list_tools=list_tools,
        on_call_tool=cast("Any", call_tool),  # the SDK sends dictionaries on as they are
        on_list_resources=list_resources,
        on_read_resource=read_resource,
    )
    server.extensions["io.modelcontextprotocol/ui"] = {}
    if isinstance(trace.get_tracer_provider(), trace.ProxyTracerProvider):
        # Nobody collects traces: then the SDK's tracing only costs.
        server.middleware.clear()
    return server


async def call(
    parts: ServerParts, params: CallToolRequestParams, meta: Any, request: object = None
) -> ToolResult:
    """Answer a tool call; whatever happens, the answer is a result of the tool."""
    spec = parts.toolbook.page.specs.get(params.name)
    if spec is None:
        known = ", ".join(parts.toolbook.page.specs)
        raise MCPError(INVALID_PARAMS, f"There is no tool {params.name!r}. There are: {known}.")
    hint = meta.get("openai/session") if isinstance(meta, dict) else None
    try:
        shopper = shopper_from_hint(hint, trust=parts.settings.trust_hint)
        visitor = visitor_of(parts.gate, meta, request, trust=parts.settings.trust_hint)
        context = ToolContext(parts.db, parts.settings, shopper, parts.nudge, parts.chat)
        arguments = parse(spec.arguments, params.arguments)
        async with asyncio.timeout(TOOL_SECONDS):
            return _result(await answer(spec, context, arguments, parts.gate, visitor))
    except Refusal as refused:
        return refusal(refused.error, refused.extra, refused.meta)
    except ShopError as error:
        return refusal(error)
    except Exception as error:  # noqa: BLE001 - the SDK would send its text to the client
        return crash(spec.name, error)


def package_version() -> str:
    """Return the version of the installed package."""
    try:
        return version("plantly")
    except PackageNotFoundError:
        return "0"


def _result(answer: Answer) -> dict[str, Any]:
    """Return the result as it goes over the wire: the SDK's models would only be unmade again."""
    result: dict[str, Any] = {
        "content": [{"type": "text", "text": answer.text}],
        "structuredContent": answer.structured,
        "isError": False,
        "resultType": "complete",
    }
    if answer.meta:
        result["_meta"] = dict(answer.meta)
    return result


def _listed(widgets: WidgetSet) -> ListResourcesResult:
    """List the widgets as they are dressed now: tools name the same addresses."""
    resources = [
        Resource(
            uri=resource.uri,
            name=resource.name,
            title=resource.title,
            description=resource.description,
            mime_type=resource.mime_type,
            _meta=dict(resource.meta),
        )
        for resource in widgets.resources()
    ]
    return ListResourcesResult(resources=resources)


def _read(widgets: WidgetSet, uri: str) -> ReadResourceResult:
    found = widgets.read(uri)
    if found is None:
        raise MCPError(INVALID_PARAMS, "There is no such resource: resources/list names them all.")
    mime_type, html, meta = found
    content = TextResourceContents(uri=uri, mime_type=mime_type, text=html, _meta=dict(meta))
    return ReadResourceResult(contents=[content])
