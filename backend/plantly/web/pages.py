"""Serve the public pages that search results and conversations link to. They need no script."""

from collections.abc import Awaitable, Callable
from functools import wraps
from html import escape
from typing import Any, Final

from fastapi import APIRouter
from fastapi.responses import PlainTextResponse, Response

from plantly.db import Database
from plantly.domain.errors import ShopNotReady
from plantly.domain.money import Money, currency
from plantly.domain.shop import ShopConfig
from plantly.services.browse import ProductDetail, VariantDetail, get_policies, get_products
from plantly.services.money_text import format_money
from plantly.settings import Settings
from plantly.web.colors import accent_on
from plantly.web.paper import Paper

_SCHEMA_ORG: Final = "https://schema.org"
_STOCK: Final = {
    "in_stock": ("In stock", f"{_SCHEMA_ORG}/InStock"),
    "low_stock": ("Few left", f"{_SCHEMA_ORG}/LimitedAvailability"),
    "out_of_stock": ("Sold out", f"{_SCHEMA_ORG}/OutOfStock"),
}
_ICON: Final = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 64 64">'
    '<rect width="64" height="64" rx="16" fill="{ground}"/>'
    '<text x="32" y="45" font-family="system-ui, sans-serif" font-size="38" font-weight="700" '
    'fill="{ink}" text-anchor="middle">{initial}</text></svg>'
)

Page = Callable[..., Awaitable[Response]]


class PublicPages:
    """The pages of one shop that are the same for everybody."""

    def __init__(self, db: Database, settings: Settings) -> None:
        self._db = db
        self._url = settings.public_url
        self._playground = settings.playground
        self._paper = Paper((), test_mode=settings.payment_provider == "sandbox")

    async def index(self) -> Response:
        """Show what this server is, and how to connect to it."""
        values = {"mcp_url": f"{self._url}/mcp", "playground": self._playground}
        return self._page("public_index.html", await self._shop(), values)

    async def product(self, slug: str) -> Response:
        """Show one product with its sizes, its facts and how to care for it."""
        shop = await self._shop()
        found, _ = await self._db.read(lambda uow: get_products(uow, [slug]))
        if not found:
            text = "There is no product at this address: it may have been renamed or taken off."
            missing = {"title": "No such product", "text": text}
            return self._page("not_found.html", shop, missing, 404)
        detail, url = found[0], f"{self._url}/p/{found[0].slug}"
        values = {
            "product": detail,
            "sizes": [_size(variant, detail.currency) for variant in detail.variants],
            "data": self._schema_org(shop, detail, url),
            "url": url,
            "mcp_url": f"{self._url}/mcp",
        }
        return self._page("public_product.html", shop, values)

    async def policies(self) -> Response:
        """Show every policy on one page."""
        shop, policies = await self._db.read(lambda uow: get_policies(uow, None))
        return self._page("public_policies.html", shop, {"policies": policies})

    async def icon(self) -> Response:
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

    def _page(
        self, template: str, shop: ShopConfig, values: dict[str, Any], status: int = 200
    ) -> Response:
        page = self._paper.page(template, shop, values, status)
        page.headers["Cache-Control"] = "no-cache"
        return page

    def _schema_org(self, shop: ShopConfig, detail: ProductDetail, url: str) -> dict[str, Any]:
        return {
            "@context": _SCHEMA_ORG,
            "@type": "Product",
            "name": detail.title,
            "description": detail.description,
            "category": detail.category,
            "brand": {"@type": "Brand", "name": detail.brand or shop.name},
            "image": [f"{self._url}/media/{picture.path}" for picture in detail.pictures],
            "url": url,
            "offers": [_offer(variant, detail.currency, url) for variant in detail.variants],
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
    @wraps(page)
    async def answer(**path: str) -> Response:
        try:
            return await page(**path)
        except ShopNotReady as error:
            return PlainTextResponse(error.message, 503)

    return answer


def _size(variant: VariantDetail, code: str) -> dict[str, str]:
    before = variant.compare_at_minor
    return {
        "name": variant.name,
        "price": format_money(variant.price_minor, code),
        "before": format_money(before, code) if before is not None else "",
        "stock": _STOCK[variant.availability.value][0],
    }


def _offer(variant: VariantDetail, code: str, url: str) -> dict[str, str]:
    return {
        "@type": "Offer",
        "sku": variant.sku,
        "name": variant.name,
        "price": str(Money(variant.price_minor, currency(code)).major()),
        "priceCurrency": code,
        "availability": _STOCK[variant.availability.value][1],
        "url": url,
    }
