"""Serve the pictures of products: the merchant's own first, then those of the demo shop."""

from collections.abc import Sequence
from pathlib import Path

from fastapi import APIRouter
from fastapi.responses import FileResponse, PlainTextResponse, Response

_TYPES = {
    ".svg": "image/svg+xml",
    ".webp": "image/webp",
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".avif": "image/avif",
    ".gif": "image/gif",
}
_HEADERS = {
    "Cache-Control": "public, max-age=86400",
    # A vector picture is a document: opened by itself it may neither run nor load anything.
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; sandbox",
    "X-Content-Type-Options": "nosniff",
    # Widgets live in frames of other origins, and have to be able to show the pictures.
    "Cross-Origin-Resource-Policy": "cross-origin",
    "Access-Control-Allow-Origin": "*",
}


def media_router(folders: Sequence[Path]) -> APIRouter:
    """Return the route of pictures; a name is looked for in each folder in turn."""
    router = APIRouter(include_in_schema=False)

    async def picture(name: str) -> Response:
        kind = _TYPES.get(Path(name).suffix.lower())
        # Neither hidden nor above: no part is empty or begins with a point.
        parts = name.replace("\\", "/").split("/")
        named = all(part and not part.startswith(".") for part in parts)
        plain = kind is not None and "\x00" not in name and named
        for folder in folders if plain else ():
            file = folder / name
            if file.is_file():
                return FileResponse(file, media_type=kind, headers=_HEADERS)
        return PlainTextResponse("There is no such picture.", 404)

    router.add_api_route("/media/{name:path}", picture, methods=["GET", "HEAD"])
    return router
