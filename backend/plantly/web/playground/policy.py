"""Write the Content-Security-Policy headers of the playground."""

from collections.abc import Mapping
from typing import Any


def page_policy(nonce: str) -> dict[str, str]:
    """Let the page run its own scripts and styles, call its own server and frame its widgets."""
    return _header(
        {
            "default-src": "'none'",
            "script-src": f"'nonce-{nonce}'",
            "style-src": f"'nonce-{nonce}'",
            "img-src": "data:",
            "connect-src": "'self'",
            "frame-src": "'self'",
            "base-uri": "'none'",
            "form-action": "'none'",
            "frame-ancestors": "'none'",
            "require-trusted-types-for": "'script'",
        }
    )


def frame_policy(meta: Mapping[str, Any]) -> dict[str, str]:
    """Let a widget do what its resource declares in `ui.csp`, and nothing else.

    What is not declared stays as the MCP Apps specification (2026-01-26) has it: inline scripts and
    styles, pictures from data URLs, no connection and no frame. `sandbox` makes its origin opaque.
    """
    csp = meta.get("ui", {}).get("csp", {})
    resources = " ".join(csp.get("resourceDomains", ()))
    return _header(
        {
            "default-src": "'none'",
            "script-src": f"'unsafe-inline' {resources}",
            "style-src": f"'unsafe-inline' {resources}",
            "img-src": f"data: {resources}",
            "media-src": f"data: {resources}",
            "font-src": resources or "'none'",
            "connect-src": " ".join(csp.get("connectDomains", ())) or "'none'",
            "frame-src": " ".join(csp.get("frameDomains", ())) or "'none'",
            "base-uri": " ".join(csp.get("baseUriDomains", ())) or "'none'",
            "form-action": "'none'",
            "frame-ancestors": "'self'",
            "sandbox": "allow-scripts allow-forms",
        }
    )


def _header(directives: Mapping[str, str]) -> dict[str, str]:
    policy = "; ".join(f"{name} {value}".strip() for name, value in directives.items())
    return {"Content-Security-Policy": policy}
