"""A small MCP server with everything that a transport may meet: good, odd and failing handlers."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import anyio.lowlevel
import mcp_types as types
from mcp.server.context import ServerRequestContext
from mcp.server.lowlevel import Server
from mcp.shared.exceptions import MCPError

Context = ServerRequestContext[Any, Any]
Arguments = Mapping[str, Any]
Tool = Callable[[Context, Arguments], Awaitable[types.CallToolResult | dict[str, Any]]]

WIDGET_URI = "ui://sample/widget.html"
WIDGET_MIME = "text/html;profile=mcp-app"
WIDGET_HTML = "<!doctype html><title>Sample</title>" + "<p>A leaf.</p>" * 4700
NOTE_URI = "sample://note"
BYTES_URI = "sample://bytes"
BROKEN_URI = "sample://broken"

_ANYTHING: dict[str, Any] = {"type": "object", "additionalProperties": True}
_WITH_HEADER: dict[str, Any] = {
    "type": "object",
    "properties": {"region": {"type": "string", "x-mcp-header": "Region"}},
}
_PRODUCTS: dict[str, Any] = {
    "type": "object",
    "properties": {"limit": {"type": "integer"}, "search": {"type": "string"}},
}


def _products(count: int) -> list[dict[str, Any]]:
    return [
        {
            "id": f"plant-{number}",
            "name": f"Plant number {number}",
            "price_minor": 999 + number,
            "availability": "in_stock",
            "category": "Succulents",
            "sunlight": ["Full Sun"],
            "water": ["Low"],
            "climate": ["Arid", "Tropical"],
        }
        for number in range(count)
    ]


def _text(text: str, **fields: Any) -> types.CallToolResult:
    return types.CallToolResult(content=[types.TextContent(type="text", text=text)], **fields)


async def _noop(ctx: Context, arguments: Arguments) -> types.CallToolResult:
    return _text("ok")


async def _list_products(ctx: Context, arguments: Arguments) -> types.CallToolResult:
    count = arguments.get("limit", 12)
    return _text(
        f"{count} plants.",
        structured_content={"products": _products(count), "currency": "USD", "total": 28},
    )


async def _echo(ctx: Context, arguments: Arguments) -> types.CallToolResult:
    return _text("echo", structured_content={"arguments": dict(arguments)})


async def _as_dict(ctx: Context, arguments: Arguments) -> dict[str, Any]:
    return {
        "content": [{"type": "text", "text": "by hand"}],
        "structuredContent": {"nothing": None, "nested": [{"nothing": None}]},
        "_meta": {"sample/extra": [1, 2.5, True, None]},
        "resultType": "complete",
        "dropped": "no such member",
    }


async def _seen(ctx: Context, arguments: Arguments) -> types.CallToolResult:
    """Tell everything that a handler can see of its request."""
    headers = ctx.request.headers if ctx.request is not None else {}
    body = await ctx.request.body() if ctx.request is not None else b""
    capabilities = ctx.session.client_capabilities
    client = ctx.session.client_params
    return _text(
        "seen",
        structured_content={
            "method": ctx.method,
            "version": ctx.protocol_version,
            "request_id": ctx.request_id,
            "meta": dict(ctx.meta) if ctx.meta else None,
            "params": dict(ctx.params) if ctx.params else None,
            "header": headers.get("x-sample"),
            "body": body.decode(),
            "capabilities": capabilities.model_dump(mode="json") if capabilities else None,
            "client": client.client_info.name if client else None,
            "may_ask": ctx.session.can_send_request,
            "lifespan": str(ctx.lifespan_context),
        },
    )


async def _slow(ctx: Context, arguments: Arguments) -> types.CallToolResult:
    for _ in range(3):
        await anyio.lowlevel.checkpoint()
    return _text("waited")


async def _crash(ctx: Context, arguments: Arguments) -> types.CallToolResult:
    raise RuntimeError("the sample tool broke on purpose")


async def _refuse(ctx: Context, arguments: Arguments) -> types.CallToolResult:
    raise MCPError(code=arguments.get("code", -32002), message="refused", data={"why": "asked to"})


async def _refuse_plainly(ctx: Context, arguments: Arguments) -> types.CallToolResult:
    raise MCPError(code=-32602, message="refused", data=None)


async def _tool_error(ctx: Context, arguments: Arguments) -> types.CallToolResult:
    return _text("That did not work.", structured_content={"error": {"code": "no"}}, is_error=True)


async def _malformed(ctx: Context, arguments: Arguments) -> dict[str, Any]:
    return {"content": "not a list"}


async def _wrong_type(ctx: Context, arguments: Arguments) -> Any:
    return 42


async def _error_data(ctx: Context, arguments: Arguments) -> Any:
    return types.ErrorData(code=-32001, message="returned, not raised")


async def _odd_numbers(ctx: Context, arguments: Arguments) -> types.CallToolResult:
    return _text(
        "odd",
        structured_content={
            "nan": float("nan"),
            "infinite": [float("inf"), float("-inf")],
            "wide": 2**70,
            "small": 1e-300,
            "negative_zero": -0.0,
        },
    )


async def _odd_text(ctx: Context, arguments: Arguments) -> types.CallToolResult:
    return _text("Zażółć \u2028 \x00 \x7f 🌵 </script>", structured_content={"🌵": "\u00e9"})


async def _lone_surrogate(ctx: Context, arguments: Arguments) -> types.CallToolResult:
    return _text("half \ud83c of a pair")


async def _talkative(ctx: Context, arguments: Arguments) -> types.CallToolResult:
    """Send what no JSON answer can carry, and ask what no stateless client can answer."""
    await ctx.session.send_progress_notification("token", 0.5)
    await ctx.session.send_resource_list_changed()
    await ctx.session.send_ping()
    return _text("unreachable")


TOOLS: dict[str, tuple[Tool, dict[str, Any]]] = {
    "noop": (_noop, _ANYTHING),
    "list_products": (_list_products, _PRODUCTS),
    "echo": (_echo, _ANYTHING),
    "as_dict": (_as_dict, _ANYTHING),
    "seen": (_seen, _ANYTHING),
    "slow": (_slow, _ANYTHING),
    "crash": (_crash, _ANYTHING),
    "refuse": (_refuse, _ANYTHING),
    "refuse_plainly": (_refuse_plainly, _ANYTHING),
    "tool_error": (_tool_error, _ANYTHING),
    "malformed": (_malformed, _ANYTHING),
    "wrong_type": (_wrong_type, _ANYTHING),
    "error_data": (_error_data, _ANYTHING),
    "odd_numbers": (_odd_numbers, _ANYTHING),
    "odd_text": (_odd_text, _ANYTHING),
    "lone_surrogate": (_lone_surrogate, _ANYTHING),
    "talkative": (_talkative, _ANYTHING),
    "by_region": (_echo, _WITH_HEADER),
}


async def _list_tools(
    ctx: Context, params: types.PaginatedRequestParams | None
) -> types.ListToolsResult:
    tools = [
        types.Tool(name=name, description=f"Use this when testing {name}.", input_schema=schema)
        for name, (_, schema) in TOOLS.items()
    ]
    return types.ListToolsResult(tools=tools)


async def _call_tool(ctx: Context, params: types.CallToolRequestParams) -> Any:
    if params.name not in TOOLS:
        return _text(f"There is no tool {params.name!r}.", is_error=True)
    tool, _ = TOOLS[params.name]
    return await tool(ctx, params.arguments or {})


async def _list_resources(
    ctx: Context, params: types.PaginatedRequestParams | None
) -> types.ListResourcesResult:
    return types.ListResourcesResult(
        resources=[
            types.Resource(uri=WIDGET_URI, name="widget", mime_type=WIDGET_MIME),
            types.Resource(uri=NOTE_URI, name="note"),
        ]
    )


async def _list_templates(
    ctx: Context, params: types.PaginatedRequestParams | None
) -> types.ListResourceTemplatesResult:
    return types.ListResourceTemplatesResult(resource_templates=[])


async def _read_resource(
    ctx: Context, params: types.ReadResourceRequestParams
) -> types.ReadResourceResult:
    uri = str(params.uri)
    contents: dict[str, types.TextResourceContents | types.BlobResourceContents] = {
        WIDGET_URI: types.TextResourceContents(uri=uri, mime_type=WIDGET_MIME, text=WIDGET_HTML),
        NOTE_URI: types.TextResourceContents(uri=uri, text="A note: naïve café."),
        BYTES_URI: types.BlobResourceContents(uri=uri, blob="AAEC"),
    }
    if uri == BROKEN_URI:
        raise RuntimeError("the sample resource broke on purpose")
    if uri not in contents:
        raise MCPError(code=types.INVALID_PARAMS, message="There is no such resource.")
    return types.ReadResourceResult(contents=[contents[uri]])


async def _list_prompts(
    ctx: Context, params: types.PaginatedRequestParams | None
) -> types.ListPromptsResult:
    return types.ListPromptsResult(prompts=[types.Prompt(name="greet")])


async def _get_prompt(ctx: Context, params: types.GetPromptRequestParams) -> types.GetPromptResult:
    name = (params.arguments or {}).get("name", "you")
    content = types.TextContent(type="text", text=f"Hello {name}")
    return types.GetPromptResult(messages=[types.PromptMessage(role="user", content=content)])


def _input_schema(name: str) -> Mapping[str, Any] | None:
    return TOOLS[name][1] if name in TOOLS else None


def sample_server(*, lookup: bool = True) -> Server[Any]:
    """Make the server; without `lookup` it gives the transport no input schemas by name."""
    server: Server[Any] = Server(
        "sample",
        version="1.2.3",
        instructions="Only for tests.",
        on_list_tools=_list_tools,
        on_call_tool=_call_tool,
        on_list_resources=_list_resources,
        on_list_resource_templates=_list_templates,
        on_read_resource=_read_resource,
        on_list_prompts=_list_prompts,
        on_get_prompt=_get_prompt,
        get_tool_input_schema=_input_schema if lookup else None,
    )
    server.extensions["io.modelcontextprotocol/ui"] = {}
    return server
