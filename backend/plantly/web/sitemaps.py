"""Tell crawlers what there is: robots.txt, and a sitemap in parts."""

from collections.abc import Iterable
from typing import Final
from urllib.parse import quote

from fastapi import APIRouter
from fastapi.responses import PlainTextResponse, Response

from plantly.db import Database
from plantly.settings import Settings

_PART: Final = 10_000
"""Ids in one part; a part may hold fewer addresses, and those that hold none are left out."""
_LAST: Final = 10**9
_HEAD: Final = '<?xml version="1.0" encoding="UTF-8"?>\n'
_SPACE: Final = "http://www.sitemaps.org/schemas/sitemap/0.9"
_ROBOTS: Final = """User-agent: *
Disallow: /checkout/
Disallow: /order/
Disallow: /mcp
Disallow: /playground
Disallow: /sandbox/

Sitemap: {url}/sitemap.xml
"""


def sitemaps_router(db: Database, settings: Settings) -> APIRouter:
    """Return the routes that crawlers ask for first."""
    router = APIRouter(include_in_schema=False)
    url = settings.public_url

    async def robots() -> Response:
        return PlainTextResponse(_ROBOTS.format(url=url))

    async def index() -> Response:
        parts = await db.read(lambda uow: uow.catalog.address_parts(_PART))
        places = [f"{url}/sitemap-pages.xml", *(f"{url}/sitemap-{part}.xml" for part in parts)]
        return _xml("sitemapindex", (f"<sitemap><loc>{place}</loc></sitemap>" for place in places))

    async def pages() -> Response:
        return _xml("urlset", (f"<url><loc>{url}{path}</loc></url>" for path in ("/", "/policies")))

    async def products(part: int) -> Response:
        found = await db.read(lambda uow: uow.catalog.addresses(min(part, _LAST), _PART))
        if not found:
            return PlainTextResponse("There is no such part.", 404)
        return _xml(
            "urlset",
            (
                f"<url><loc>{url}/p/{quote(slug)}</loc>"
                f"<lastmod>{at.date().isoformat()}</lastmod></url>"
                for slug, at in found
            ),
        )

    router.add_api_route("/robots.txt", robots, methods=["GET", "HEAD"])
    router.add_api_route("/sitemap.xml", index, methods=["GET", "HEAD"])
    router.add_api_route("/sitemap-pages.xml", pages, methods=["GET", "HEAD"])
    router.add_api_route("/sitemap-{part:int}.xml", products, methods=["GET", "HEAD"])
    return router


def _xml(root: str, entries: Iterable[str]) -> Response:
    lines = "\n".join(entries)
    body = f'{_HEAD}<{root} xmlns="{_SPACE}">\n{lines}\n</{root}>\n'
    return Response(body, media_type="application/xml", headers={"Cache-Control": "no-cache"})
