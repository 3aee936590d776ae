"""Serve pages that search results and conversations link to. They need no script."""

import secrets
from collections.abc import Awaitable, Callable
from functools import wraps
from typing import Any

from fastapi import APIRouter
from fastapi.responses import HTMLResponse, PlainTextResponse, Response
from jinja2 import Environment, PackageLoader, StrictUndefined

from plantly.db import Database
from plantly.domain.errors import ShopNotReady
from plantly.domain.money import Money, currency
from plantly.domain.shop import ShopConfig
from plantly.services.browse import ProductDetail, get_policies, get_products
from plantly.services.money_text import format_money
from plantly.settings import Settings

_STOCK = {
    "in_stock": ("In stock", "https://schema.org/InStock"),
    "low_stock": ("Few left", "https://schema.org/LimitedAvailability"),
    "out_of_stock": ("Sold out", "https://schema.org/OutOfStock"),
}


class Pages:
    """Renders the public pages of one shop."""

    def __init__(self, db: Database, settings: Settings) -> None:
        self._db, self._settings = db, settings
        self._templates = Environment(
            loader=PackageLoader("plantly.web.pages", "templates"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )

    async def index(self) -> Response:
        """Show what this server is, and how to connect to it."""
        shop = await self._shop()
        url, playground = self._settings.public_url, self._settings.playground
        return self._page("index.html", shop, mcp_url=f"{url}/mcp", playground=playground)

    async def product(self, slug: str) -> Response:
        """Show one product with its sizes, its facts and how to care for it."""
        shop = await self._shop()
        found, _ = await self._db.read(lambda uow: get_products(uow, [slug]))
        if not found:
            text = "There is no product at this address. It may have been renamed or sold out."
            return self._page("missing.html", shop, status=404, text=text)
        detail = found[0]
        sizes = [
            {
                "name": v.name,
                "price": format_money(v.price_minor, detail.currency),
                "before": format_money(v.compare_at_minor, detail.currency)
                if v.compare_at_minor
                else "",
                "stock": _STOCK[v.availability.value][0],
            }
            for v in detail.variants
        ]
        data = self._schema_org(shop, detail)
        return self._page("product.html", shop, product=detail, sizes=sizes, data=data)

    async def policies(self) -> Response:
        """Show every policy on one page."""
        shop, policies = await self._db.read(lambda uow: get_policies(uow, None))
        return self._page("policies.html", shop, policies=policies)

    async def icon(self) -> Response:
        """Draw the icon of the shop: its initial on its color."""
        svg = self._templates.get_template("icon.svg.j2").render(shop=await self._shop())
        headers = {"Cache-Control": "public, max-age=86400", "X-Content-Type-Options": "nosniff"}
        return Response(svg, media_type="image/svg+xml", headers=headers)

    async def _shop(self) -> ShopConfig:
        return await self._db.read(lambda uow: uow.shop.current().config)

    def _page(self, template: str, shop: ShopConfig, status: int = 200, **values: Any) -> Response:
        nonce = secrets.token_urlsafe(16)
        page = self._templates.get_template(template)
        html = page.render(shop=shop, nonce=nonce, url=self._settings.public_url, **values)
        policy = (
            f"default-src 'none'; style-src 'nonce-{nonce}'; img-src 'self'; base-uri 'none'; "
            "form-action 'none'; frame-ancestors 'none'"
        )
        headers = {
            "Content-Security-Policy": policy,
            "Referrer-Policy": "strict-origin-when-cross-origin",
            "X-Content-Type-Options": "nosniff",
            "Cache-Control": "no-cache",
        }
        return HTMLResponse(html, status, headers)

    def _schema_org(self, shop: ShopConfig, detail: ProductDetail) -> dict[str, Any]:
        url = f"{self._settings.public_url}/p/{detail.slug}"
        return {
            "@context": "https://schema.org",
            "@type": "Product",
            "name": detail.title,
            "description": detail.description,
            "category": detail.category,
            "brand": {"@type": "Brand", "name": detail.brand or shop.name},
            "image": [f"{self._settings.public_url}/media/{p.path}" for p in detail.pictures],
            "url": url,
            "offers": [
                {
                    "@type": "Offer",
                    "sku": v.sku,
                    "name": v.name,
                    "price": str(Money(v.price_minor, currency(detail.currency)).major()),
                    "priceCurrency": detail.currency,
                    "availability": _STOCK[v.availability.value][1],
                    "url": url,
                }
                for v in detail.variants
            ],
        }


def pages_router(db: Database, settings: Settings) -> APIRouter:
    """Return the public pages of the shop."""
    pages = Pages(db, settings)
    router = APIRouter(include_in_schema=False)
    methods = ["GET", "HEAD"]

    def when_ready(page: Callable[..., Awaitable[Response]]) -> Callable[..., Awaitable[Response]]:
        @wraps(page)
        async def answer(**path: str) -> Response:
            try:
                return await page(**path)
            except ShopNotReady as error:
                return PlainTextResponse(error.message, 503)

        return answer

    router.add_api_route("/", when_ready(pages.index), methods=methods)
    router.add_api_route("/p/{slug}", when_ready(pages.product), methods=methods)
    for path in ("/favicon.svg", "/favicon.ico"):
        router.add_api_route(path, when_ready(pages.icon), methods=methods)
    router.add_api_route("/policies", when_ready(pages.policies), methods=methods)
    return router
