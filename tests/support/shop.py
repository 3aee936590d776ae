"""A small shop for tests: a catalog that is valid as it comes, and its tools in memory."""

import copy
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any, Final

from mcp.client import Client
from mcp_types import CallToolResult, TextContent, Tool

from plantly.db import Database, UnitOfWork, open_database
from plantly.db.base import Table
from plantly.domain.catalog_document import CatalogDocument
from plantly.domain.ids import Clock
from plantly.mcp_server.server import ServerParts, build_server
from plantly.mcp_server.toolbook import Toolbook
from plantly.services.catalog_file import read_catalog_file, write_catalog
from plantly.services.gate import Gate
from plantly.services.limits import keep_limits_secret
from plantly.services.shop_file import apply_shop, read_shop_file
from plantly.settings import load_settings
from plantly.widgets import WidgetExtras, load_widgets

Json = dict[str, Any]

HINT: Final = "v1_kY3x9QmTz7LwB2nRf8JdHs4GcVpXaE6u"
OTHER_HINT: Final = "v1_Wb5tN0qZr1MhC7yKd3PgUj8SfLxOoI2e"
ERAS: Final = ("legacy", "auto")

SHOP_TOML: Final = """
[shop]
name = "Fern & Co"
tagline = "Leaves for everybody"
currency = "USD"
support_email = "help@fern.example"

[[policies]]
topic = "shipping"
title = "Shipping"
text = "Plants leave on Mondays."

[[policies]]
topic = "returns"
title = "Returns"
text = "Thirty days, in one piece."

[[shipping_zones]]
name = "United States"
countries = ["US"]
options = [
  { id = "standard", title = "Standard shipping", price_minor = 595, free_from_minor = 7500 },
  { id = "express", title = "Express", price_minor = 1495 },
]

[[shipping_zones]]
name = "Europe"
countries = ["DE", "FR"]
options = [{ id = "post", title = "By post", price_minor = 1295 }]

[[taxes]]
country = "US"
region = "CA"
title = "Sales tax"
rate_percent = "7.25"

[[taxes]]
country = "DE"
title = "VAT"
rate_percent = "19"
included = true
on_shipping = true

[[discount_codes]]
code = "WELCOME10"
kind = "percentage"
percent = "10"

[[discount_codes]]
code = "FIVEOFF"
kind = "fixed"
amount_minor = 500
minimum_minor = 2000

[[discount_codes]]
code = "FREESHIP"
kind = "free_shipping"

[[discount_codes]]
code = "SPRING"
kind = "percentage"
percent = "50"
ends_at = 2026-01-01T00:00:00Z
"""


def variant(name: str, **changes: Any) -> Json:
    """Make a variant with 10 units for 10.00."""
    values: Json = {
        "sku": f"SKU-{name.upper()}",
        "id": name,
        "title": f"{name} pot",
        "option": name,
        "price_minor": 1000,
        "stock": 10,
        "weight_g": 500,
    }
    return {**values, **changes}


def product(slug: str, *variants: Json, **changes: Any) -> Json:
    """Make a foliage plant; the first variant is the default."""
    chosen = [copy.deepcopy(v) for v in variants] or [variant(f"{slug}-12cm", title="12 cm pot")]
    chosen[0]["default"] = True
    values: Json = {
        "slug": slug,
        "title": slug.replace("-", " ").title(),
        "category": "foliage",
        "description": f"All about the {slug}.",
        "care": "Water it on Sundays.",
        "facets": {"sunlight": ["Indirect Light"], "water": ["Moderate"], "climate": ["Tropical"]},
        "media": [{"file": f"{slug}.svg", "alt": f"A {slug}", "width": 800, "height": 800}],
        "option": "Pot size",
        "variants": chosen,
    }
    return {**values, **copy.deepcopy(changes)}


def catalog(*products: Json, **changes: Any) -> Json:
    """Make a catalog with the three filters of a plant shop."""
    values: Json = {
        "format": "plantly-catalog/1",
        "currency": "USD",
        "facets": [
            {
                "key": "sunlight",
                "title": "Sunlight",
                "values": ["Low Light", "Indirect Light", "Full Sun"],
            },
            {"key": "water", "title": "Water", "values": ["Low", "Moderate", "Frequent"]},
            {"key": "climate", "title": "Climate", "values": ["Tropical", "Arid", "Temperate"]},
        ],
        "categories": [
            {"slug": "succulents", "name": "Succulents"},
            {"slug": "foliage", "name": "Foliage"},
            {"slug": "flowering", "name": "Flowering"},
        ],
        "products": list(products),
    }
    return {**values, **changes}


def garden() -> Json:
    """Make the catalog that most tests shop in: some of it low, some sold out, some oddly named."""
    dry = {"sunlight": ["Full Sun"], "water": ["Low"], "climate": ["Arid"]}
    shade = {
        "sunlight": ["Low Light", "Indirect Light"],
        "water": ["Low"],
        "climate": ["Tropical", "Arid"],
    }
    return catalog(
        product(
            "aloe-vera",
            variant("aloe-vera-12cm", title="12 cm pot", price_minor=1499, stock=24),
            variant("aloe-vera-17cm", title="17 cm pot", price_minor=2499, stock=6),
            category="succulents",
            facets=dry,
        ),
        product(
            "monstera",
            variant("monstera-17cm", title="17 cm pot", price_minor=3499, stock=10),
            variant(
                "monstera-21cm",
                title="21 cm pot",
                price_minor=5999,
                compare_at_minor=6999,
                stock=2,
            ),
        ),
        product(
            "snake-plant",
            variant("snake-plant-12cm", title="12 cm pot", price_minor=1999, stock=3),
            facets=shade,
        ),
        product(
            "peace-lily",
            variant("peace-lily-14cm", title="14 cm pot", price_minor=2299, stock=0),
            category="flowering",
            facets={**shade, "water": ["Frequent"]},
        ),
        product(
            "creme-fern",
            variant("creme-fern-12cm", title="12 cm pot", price_minor=1899, stock=8),
            title="Crème Fern",
            facets={"sunlight": ["Indirect Light"], "water": ["Frequent"]},
        ),
        product(
            "jade",
            variant("jade-9cm", title="9 cm pot", price_minor=899, stock=50),
            title="100%_Jade",
            category="succulents",
            facets=dry,
            media=[],
        ),
    )


def document(source: Json) -> CatalogDocument:
    """Read a catalog as a merchant's file is read."""
    return read_catalog_file(json.dumps(source))


def stock_shop(uow: UnitOfWork, source: Json | None = None, shop_toml: str = SHOP_TOML) -> None:
    """Fill an empty database with a shop."""
    write_catalog(uow, document(source or garden()))
    apply_shop(uow, read_shop_file(shop_toml))


class ToolShop:
    """The tools of one shop, called by a client of the official SDK without a network."""

    def __init__(self, parts: ServerParts) -> None:
        self.parts = parts
        self.db: Database = parts.db
        self.server = build_server(parts)
        self._client: Client | None = None

    @asynccontextmanager
    async def talking(self, era: str) -> AsyncIterator["ToolShop"]:
        """Keep one client of that protocol era while entered."""
        async with Client(self.server, mode=era) as client:
            self._client = client
            try:
                yield self
            finally:
                self._client = None

    @property
    def client(self) -> Client:
        """Give the client that is connected."""
        assert self._client is not None, "this shop is entered with `talking`"
        return self._client

    async def call(
        self, tool: str, arguments: Mapping[str, Any] | None = None, hint: str | None = None
    ) -> CallToolResult:
        """Call a tool, in the conversation that the hint names."""
        meta: Any = {"openai/session": hint} if hint is not None else None
        return await self.client.call_tool(tool, dict(arguments or {}), meta=meta)

    async def done(
        self, tool: str, arguments: Mapping[str, Any] | None = None, hint: str | None = None
    ) -> Json:
        """Call a tool that has to succeed; give its structured content."""
        result = await self.call(tool, arguments, hint)
        assert not result.is_error, text_of(result)
        assert result.structured_content is not None
        return dict(result.structured_content)

    async def refused(
        self, tool: str, arguments: Mapping[str, Any] | None = None, hint: str | None = None
    ) -> Json:
        """Call a tool that has to refuse; give the error, and check that the text says the same."""
        result = await self.call(tool, arguments, hint)
        assert result.is_error, result.structured_content
        assert result.structured_content is not None
        error: Json = result.structured_content["error"]
        assert text_of(result) == error["message"]
        return error

    async def tools(self) -> dict[str, Tool]:
        """List the tools by name."""
        listed = await self.client.list_tools()
        return {tool.name: tool for tool in listed.tools}


@asynccontextmanager
async def open_tools(
    url: str, *, clock: Clock, era: str = "auto", environment: Mapping[str, str] | None = None
) -> AsyncIterator[ToolShop]:
    """Open the shop at a database URL behind its tools, with a client of that era connected."""
    settings = load_settings({"PLANTLY_DATABASE_URL": url, **(environment or {})})
    database = open_database(url, clock=clock)
    try:
        extras = WidgetExtras(conversion=settings.in_chat.conversion)
        widgets = load_widgets(settings.public_url, settings.widget_uris, extras=extras)
        toolbook = Toolbook(database, widgets, in_chat=settings.in_chat)
        await toolbook.refresh()
        gate = Gate(settings.limits, settings.trusted_proxies, clock)
        gate.open(await database.write(keep_limits_secret))
        parts = ServerParts(database, settings, widgets, toolbook, lambda: None, gate)
        async with ToolShop(parts).talking(era) as shop:
            yield shop
    finally:
        await database.close()


def text_of(result: CallToolResult) -> str:
    """Give the one text of a result."""
    (content,) = result.content
    assert isinstance(content, TextContent)
    return content.text


async def dump(db: Database) -> dict[str, list[tuple[Any, ...]]]:
    """Give every row of every table, to be compared with another moment."""
    return await db.read(rows_of_every_table)


def rows_of_every_table(uow: UnitOfWork) -> dict[str, list[tuple[Any, ...]]]:
    """Give every row of every table, but for the counts that limits are kept with."""
    return {
        table.name: sorted((tuple(row) for row in uow.connection.execute(table.select())), key=repr)
        for table in Table.metadata.sorted_tables
        if table.name != "rate_limits"
    }
