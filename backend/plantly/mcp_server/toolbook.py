"""The tools as they are listed now: rebuilt when the shop's facets or the looks of it change."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Final

from mcp_types import Tool, ToolAnnotations

from plantly.db import Database
from plantly.domain.catalog import Facet
from plantly.domain.errors import ShopNotReady
from plantly.mcp_server import schemas
from plantly.mcp_server.arguments import schema_of
from plantly.mcp_server.in_chat_schemas import checkout_schema
from plantly.mcp_server.tool import ToolSpec
from plantly.mcp_server.tools.browse import browse_tools
from plantly.mcp_server.tools.cart import CART_TOOLS
from plantly.mcp_server.tools.checkout import CHECKOUT_TOOLS
from plantly.mcp_server.tools.checkout_session import CONVERSION_TOOLS
from plantly.mcp_server.tools.embed import EMBED_TOOLS
from plantly.mcp_server.tools.knowledge import KNOWLEDGE_TOOLS
from plantly.mcp_server.tools.sheet import SHEET_TOOLS
from plantly.settings import InChatSettings
from plantly.widgets import WidgetSet, dress_of

_NOTHING: Final = InChatSettings()


@dataclass(frozen=True, slots=True)
class Page:
    """One edition of the tools."""

    facets: tuple[Facet, ...]
    specs: dict[str, ToolSpec]
    tools: list[Tool]
    schemas: dict[str, dict[str, Any]]


class Toolbook:
    """Holds the current edition; `refresh` looks whether the shop asks for another one."""

    def __init__(
        self,
        db: Database,
        widgets: WidgetSet,
        on_change: Callable[[], None] = lambda: None,
        in_chat: InChatSettings = _NOTHING,
    ) -> None:
        self._db, self._widgets, self._on_change = db, widgets, on_change
        self._in_chat = in_chat
        self.page = self._edition(())

    async def refresh(self) -> None:
        """Rebuild the tools when the shop's facets, its colors or its logo are others than before.

        A widget that looks different has another address, which its tools name.
        """
        try:
            current = await self._db.read(lambda uow: uow.shop.current())
        except ShopNotReady:
            return
        dressed = self._widgets.wear(dress_of(current.config, self._widgets.origin))
        if dressed or current.facets != self.page.facets:
            self.page = self._edition(current.facets)
            self._on_change()

    def schema(self, tool: str) -> dict[str, Any] | None:
        """Return the schema of a tool's arguments, or None when there is no such tool."""
        return self.page.schemas.get(tool)

    def _edition(self, facets: tuple[Facet, ...]) -> Page:
        in_chat = self._in_chat
        # A checkout says the ways to pay that are on.
        checkout = checkout_schema(in_chat)
        specs = [
            replace(spec, output=checkout) if spec.output is schemas.CHECKOUT else spec
            for spec in (
                *browse_tools(facets),
                *CART_TOOLS,
                *CHECKOUT_TOOLS,
                *KNOWLEDGE_TOOLS,
                *(EMBED_TOOLS if in_chat.embedded else ()),
                *(SHEET_TOOLS if in_chat.payment_sheet else ()),
                *(CONVERSION_TOOLS if in_chat.conversion else ()),
            )
        ]
        taken = {spec.name: schema_of(spec.arguments) for spec in specs}
        tools = [self._tool(spec, taken[spec.name]) for spec in specs]
        return Page(facets, {spec.name: spec for spec in specs}, tools, taken)

    def _tool(self, spec: ToolSpec, schema: dict[str, Any]) -> Tool:
        ui: dict[str, Any] = {"visibility": list(spec.visible)}
        meta: dict[str, Any] = {
            "ui": ui,
            "openai/widgetAccessible": True,
            "openai/toolInvocation/invoking": spec.invoking,
            "openai/toolInvocation/invoked": spec.invoked,
        }
        if spec.widget is not None:
            widget = self._widgets[spec.widget]
            ui["resourceUri"] = widget.app_uri
            meta["openai/outputTemplate"] = widget.template_uri
        return Tool(
            name=spec.name,
            title=spec.title,
            description=spec.description,
            input_schema=schema,
            output_schema=dict(spec.output),
            annotations=ToolAnnotations(
                title=spec.title,
                read_only_hint=spec.effects.read_only,
                destructive_hint=spec.effects.destructive,
                idempotent_hint=spec.effects.idempotent,
                open_world_hint=spec.effects.open_world,
            ),
            _meta=meta,
        )
