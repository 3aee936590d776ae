"""Serve the public pages that search results and conversations link to. They need no script."""

from collections.abc import Awaitable, Callable
from html import escape
from typing import Any, Final
from urllib.parse import quote

from fastapi import APIRouter, Request
from fastapi.responses import PlainTextResponse, RedirectResponse, Response

from plantly.db import Database, UnitOfWork
from plantly.domain.catalog import CatalogQuery, PublishState
from plantly.domain.colors import accent_on
from plantly.domain.errors import ShopNotReady
from plantly.domain.shop import ShopConfig
from plantly.services.browse import ProductDetail, get_policies, get_products
from plantly.services.listing import list_products
from plantly.settings import Settings
from plantly.web.languages import Edition, Reader, reader_of
from plantly.web.merchant_text import merchant_text
from plantly.web.paper import Paper, unless_known
from plantly.web.product_page import product_page, stock_of
from plantly.web.structured_data import open_graph, product_graph

_ICON: Final = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 64 64">'
    '<rect width="64" height="64" rx="16" fill="{ground}"/>'
    '<text x="32" y="45" font-family="system-ui, sans-serif" font-size="38" font-weight="700" '
    'fill="{ink}" text-anchor="middle">{initial}</text></svg>'
)
_SHOWN: Final = CatalogQuery(limit=8)

Page = Callable[..., Awaitable[Response]]


class PublicPages:
    """The pages of one shop that are the same for everybody."""

    def __init__(self, db: Database, settings: Settings) -> None:
        self._db = db
        self._url = settings.public_url
        self._playground = settings.playground
        self._paper = Paper((), test_mode=settings.payment_provider == "sandbox")

    async def index(self, reader: Reader) -> Response:
        """Show what this shop is, some of what it has, and how to connect to it."""
        browsed = await self._db.read(lambda uow: list_products(uow, _SHOWN))
        edition = reader.edition(browsed.shop)
        values = {
            "mcp_url": f"{self._url}/mcp",
            "playground": self._playground,
            "cards": browsed.listing.cards,
            "own": merchant_text(edition),
        }
        return self._paper.public_page("public_index.html", edition, values)

    async def product(self, reader: Reader, slug: str) -> Response:
        """Show one product; a variant's id or SKU leads to it, and an archived one is gone."""

        def work(uow: UnitOfWork) -> tuple[ShopConfig, ProductDetail | None, PublishState | None]:
            shop = uow.shop.current().config
            if "\x00" in slug:
                return shop, None, None
            found, _ = get_products(uow, [slug])
            return shop, found[0] if found else None, uow.catalog.state(slug)

        shop, detail, state = await self._db.read(work)
        edition = reader.edition(shop)
        if detail is None:
            gone = state is PublishState.ARCHIVED
            said = "page.product.gone" if gone else "page.product.missing"
            words = {"title": edition.tongue.t(said), "text": edition.tongue.t(f"{said}_text")}
            status = 410 if gone else 404
            return self._paper.public_page("public_missing.html", edition, words, status)
        if detail.slug != slug:
            asked = f"?lang={edition.chosen}" if edition.chosen else ""
            address = f"/p/{quote(detail.slug)}{asked}#{quote(detail.asked_for[0])}"
            return RedirectResponse(address, 301)
        values = self._product(edition, detail)
        return self._paper.public_page("public_product.html", edition, values)

    async def policies(self, reader: Reader) -> Response:
        """Show every policy on one page."""
        shop, policies = await self._db.read(lambda uow: get_policies(uow, None))
        edition = reader.edition(shop)
        values = {"policies": policies, "own": merchant_text(edition)}
        return self._paper.public_page("public_policies.html", edition, values)

    async def icon(self, _: Reader) -> Response:
        """Draw the icon of the shop: its initial on its color."""
        shop = await self._shop()
        accent = accent_on(shop.accent, "#ffffff")
        svg = _ICON.format(
            ground=accent.surface, ink=accent.on_surface, initial=escape(shop.name[:1])
        )
        headers = {"Cache-Control": "public, max-age=86400", "X-Content-Type-Options": "nosniff"}
        return Response(svg, media_type="image/svg+xml", headers=headers)

    async def _shop(self) -> ShopConfig:
        return await self._db.read(lambda uow: uow.shop.current().config)

    def _product(self, edition: Edition, detail: ProductDetail) -> dict[str, Any]:
        shop, tongue = edition.shop, edition.tongue
        return {
            "product": detail,
            "own": merchant_text(edition),
            "page": product_page(shop, detail, tongue),
            "pictures": [
                {"src": f"{self._url}/media/{quote(picture.path)}", "alt": picture.alt}
                for picture in detail.pictures[:1]
            ],
            "graph": open_graph(detail),
            "data": product_graph(shop, detail, self._url),
            "stock": stock_of(detail.availability, tongue),
            "url": f"{self._url}/p/{detail.slug}",
            "mcp_url": f"{self._url}/mcp",
        }


def pages_router(db: Database, settings: Settings) -> APIRouter:
    """Return the public pages of the shop."""
    pages = PublicPages(db, settings)
    router = APIRouter(include_in_schema=False)
    routes: dict[str, Page] = {
        "/": pages.index,
        "/p/{slug}": pages.product,
        "/policies": pages.policies,
        "/favicon.svg": pages.icon,
        "/favicon.ico": pages.icon,
    }
    for path, page in routes.items():
        router.add_api_route(path, _when_ready(page), methods=["GET", "HEAD"])
    return router


def _when_ready(page: Page) -> Page:
    async def answer(request: Request) -> Response:
        try:
            found = await page(reader_of(request), **request.path_params)
        except ShopNotReady as error:
            return PlainTextResponse(error.message, 503)
        known = request.headers.get("If-None-Match")
        return found if known is None else unless_known(found, known)

    return answer
