"""What protects our pages: who may post to them, how much, and what they may load."""

import re
import secrets
from collections.abc import Collection, Mapping

from fastapi import Request
from fastapi.responses import Response
from starlette.requests import ClientDisconnect

COOKIE = "plantly_checkout"

Foreign = Mapping[str, Collection[str]]
"""Origins of others, by the directive of the policy that allows them."""

_NOTHING: Foreign = {}
_COOKIE_SECONDS = 7 * 24 * 3600
_TOKEN = re.compile(r"[A-Za-z0-9_-]{16,80}", re.ASCII)


class UnreadableBody(Exception):
    """The body of a request is too large, or did not come whole; `status` is the answer."""

    def __init__(self, status: int) -> None:
        super().__init__(f"answered with {status}")
        self.status = status


def is_token(text: str) -> bool:
    """Say whether a text can be one of our unguessable names at all."""
    return _TOKEN.fullmatch(text) is not None


def new_nonce() -> str:
    """Return a nonce for one page."""
    return secrets.token_urlsafe(16)


def page_headers(
    style: str, form_targets: Collection[str] = (), script: str = "", foreign: Foreign = _NOTHING
) -> dict[str, str]:
    """Return the headers of a page that posts only to us and these origins.

    `style` and `script` are what allows the page's style and its one script: `nonce-...` or
    `sha256-...`; without the latter nothing runs. The targets are needed because a form's redirect
    counts as a target too. `foreign` is what the page may load from others, by directive.
    """
    running = {"script-src": f"'{script}'", "connect-src": "'self'"} if script else {}
    policy = {
        "default-src": "'none'",
        **running,
        "style-src": f"'{style}'",
        "img-src": "'self'",
        "form-action": " ".join(["'self'", *form_targets]),
        "base-uri": "'none'",
        "frame-ancestors": "'none'",
    }
    for name, origins in foreign.items():
        policy[name] = " ".join([*policy.get(name, "").split(), *origins])
    return {
        "Content-Security-Policy": "; ".join(f"{name} {value}" for name, value in policy.items()),
        "Referrer-Policy": "no-referrer",
        "Cache-Control": "no-store",
        "X-Content-Type-Options": "nosniff",
    }


def is_foreign(request: Request, allowed_origins: Collection[str]) -> bool:
    """Say whether a form was sent by somebody else's page.

    Browsers say so in Sec-Fetch-Site. Where they do not, Origin has to be one of ours, or null,
    which is what our own pages send because they give no referrer. The cookie, which is SameSite,
    protects what a null origin could reach.
    """
    site = request.headers.get("sec-fetch-site")
    origin = request.headers.get("origin", "null")
    if site is not None and site not in {"same-origin", "none"}:
        return True
    return origin != "null" and origin not in allowed_origins


async def read_body(request: Request, limit: int) -> bytes:
    """Return the raw body.

    Raises:
        UnreadableBody: It is longer than `limit` bytes (the rest is not read), or breaks off.
    """
    said = request.headers.get("content-length", "0")
    if not said.isdigit() or int(said) > limit:
        raise UnreadableBody(413)
    body = bytearray()
    try:
        async for chunk in request.stream():
            body += chunk
            if len(body) > limit:
                raise UnreadableBody(413)
    except ClientDisconnect as error:
        raise UnreadableBody(400) from error
    return bytes(body)


def browser_of(request: Request) -> str | None:
    """Return the secret of the browser that asks, if it has one for this page."""
    value = request.cookies.get(COOKIE, "")
    return value if is_token(value) else None


def remember_browser(response: Response, token: str, browser: str, *, secure: bool) -> None:
    """Let a browser prove that it is the one that typed into this checkout."""
    response.set_cookie(
        COOKIE,
        browser,
        max_age=_COOKIE_SECONDS,
        path=f"/checkout/{token}",
        secure=secure,
        httponly=True,
        samesite="lax",
    )
