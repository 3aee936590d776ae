"""Load the built widgets and say under which addresses and with which metadata they are served."""

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final, Literal
from urllib.parse import urlsplit

from plantly.widgets.dress import Dress
from plantly.widgets.registry import CONVERSION, WIDGETS, WidgetEntry

SKYBRIDGE_MIME_TYPE: Final = "text/html+skybridge"
MCP_APP_MIME_TYPE: Final = "text/html;profile=mcp-app"
DIST: Final = Path(__file__).with_name("dist")

_DIGEST_LENGTH: Final = 12
_EMBEDS: Final = "checkout"
_URI: Final = re.compile(
    rf"ui://(?P<kind>widget|plantly)/(?P<name>[a-z-]+)(?:\.[0-9a-f]{{{_DIGEST_LENGTH}}})?\.html"
)

UriMode = Literal["hashed", "stable"]


@dataclass(frozen=True, slots=True)
class EmbedPolicy:
    """Origins that a provider's payment form needs inside the checkout widget."""

    scripts: tuple[str, ...]
    frames: tuple[str, ...]
    connections: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class WidgetExtras:
    """What there is beside the usual where a shop asks for it."""

    conversion: bool = False
    embed: EmbedPolicy | None = None


_NOTHING: Final = WidgetExtras()


class WidgetsNotBuiltError(Exception):
    """The built widgets are missing."""

    def __init__(self, path: Path) -> None:
        super().__init__(
            f"The widget {path.name} is not built. Run `plantly widgets build` and start again."
        )


@dataclass(frozen=True, slots=True)
class Widget:
    """A built widget with its addresses and the `_meta` of its two resources."""

    name: str
    title: str
    description: str
    invoking: str
    invoked: str
    html: str
    digest: str
    template_uri: str
    app_uri: str
    meta_skybridge: Mapping[str, Any]
    meta_app: Mapping[str, Any]

    @property
    def is_fixed(self) -> bool:
        """Say whether it has but one address, given by a contract."""
        return self.template_uri == self.app_uri


@dataclass(frozen=True, slots=True)
class WidgetResource:
    """One entry of the resource list."""

    uri: str
    name: str
    title: str
    description: str
    mime_type: str
    size: int
    meta: Mapping[str, Any]


class WidgetSet(Mapping[str, Widget]):
    """All widgets by name, in the dress of the shop."""

    def __init__(self, widgets: Mapping[str, Widget], mode: UriMode, origin: str) -> None:
        self.origin = origin
        self._bare, self._mode = dict(widgets), mode
        self._dress = Dress()
        self._is_renewed = False
        self._put_on(self._dress)

    def wear(self, dress: Dress) -> bool:
        """Put on what the shop's widgets wear now; say whether that changed them."""
        if dress == self._dress and not self._is_renewed:
            return False
        self._is_renewed = False
        self._put_on(dress)
        return True

    def renew(self, built: Mapping[str, Widget]) -> None:
        """Serve bundles that were built anew, and not dressed yet, in the same dress.

        They have other addresses: the next `wear` says so, for the tools that name them.
        """
        self._bare, self._is_renewed = dict(built), True
        self._put_on(self._dress)

    def _put_on(self, dress: Dress) -> None:
        dressed = {name: _dressed(bare, dress, self._mode) for name, bare in self._bare.items()}
        self._dress, self._widgets = dress, dressed
        self._resources = tuple(
            resource for widget in dressed.values() for resource in _resources_of(widget)
        )

    def __getitem__(self, name: str) -> Widget:
        return self._widgets[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._widgets)

    def __len__(self) -> int:
        return len(self._widgets)

    def resources(self) -> tuple[WidgetResource, ...]:
        """List the resources that are current; older addresses can be read but are not listed."""
        return self._resources

    def read(self, uri: str) -> tuple[str, str, Mapping[str, Any]] | None:
        """Give MIME type, HTML and `_meta` of a stable, current or older address; None if unknown.

        An older hash gets the newest bundle: a host that cached a tool must never lose its widget.
        """
        match = _URI.fullmatch(uri)
        widget = self._widgets.get(match["name"]) if match else None
        if match is None or widget is None:
            return None
        if match["kind"] == "widget" and not widget.is_fixed:
            return SKYBRIDGE_MIME_TYPE, widget.html, widget.meta_skybridge
        return MCP_APP_MIME_TYPE, widget.html, widget.meta_app


def load_widgets(
    public_url: str, mode: UriMode, *, dist: Path = DIST, extras: WidgetExtras = _NOTHING
) -> WidgetSet:
    """Load every widget for the shop at `public_url`.

    Raises: WidgetsNotBuiltError when a bundle is missing, ValueError when `public_url` is no
    http or https URL.
    """
    entries = (*WIDGETS, *((CONVERSION,) if extras.conversion else ()))
    metadata = {entry.name: _metadata(entry, public_url) for entry in entries}
    if extras.embed is not None:
        for entry in entries:
            if entry.bundle == _EMBEDS:
                _allow(metadata[entry.name], extras.embed)
    widgets = {entry.name: _load(entry, metadata[entry.name], dist) for entry in entries}
    return WidgetSet(widgets, mode, _origin(public_url))


def _load(entry: WidgetEntry, meta: dict[str, Any], dist: Path) -> Widget:
    path = dist / f"{entry.bundle}.html"
    try:
        html = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise WidgetsNotBuiltError(path) from None
    return Widget(
        name=entry.name,
        title=entry.title,
        description=entry.description,
        invoking=entry.invoking,
        invoked=entry.invoked,
        html=html,
        digest="",
        template_uri=f"ui://widget/{entry.name}.html",
        app_uri=f"ui://{'widget' if entry.fixed else 'plantly'}/{entry.name}.html",
        meta_skybridge=meta,
        meta_app=meta,
    )


def _dressed(bare: Widget, dress: Dress, mode: UriMode) -> Widget:
    """Return a widget as it is served: its addresses name all that a host keeps of it."""
    html = dress.on(bare.html)
    digest = _digest(html, bare.meta_app)
    if mode == "stable" or bare.is_fixed:
        return replace(bare, html=html, digest=digest)
    end = f".{digest}.html"
    return replace(
        bare,
        html=html,
        digest=digest,
        template_uri=bare.template_uri.removesuffix(".html") + end,
        app_uri=bare.app_uri.removesuffix(".html") + end,
    )


def _digest(html: str, meta: Mapping[str, Any]) -> str:
    # Hosts keep the metadata together with the bundle: a changed policy needs a new address too.
    described = json.dumps(meta, sort_keys=True, separators=(",", ":"))
    content = f"{described}\n{html}".encode()
    return hashlib.sha256(content).hexdigest()[:_DIGEST_LENGTH]


def _metadata(entry: WidgetEntry, public_url: str) -> dict[str, Any]:
    """Say what the bundle loads and opens: pictures and the checkout page of the shop, no more.

    The `openai/` twins repeat it for hosts that read only those; `redirect_domains` and
    `openai/widgetDescription` have no standard twin (MCP Apps 2026-01-26, Apps SDK reference).
    """
    origin = _origin(public_url)
    ui: dict[str, Any] = {"csp": {"resourceDomains": [origin]}, "prefersBorder": True}
    meta: dict[str, Any] = {
        "ui": ui,
        "openai/widgetDescription": entry.description,
        "openai/widgetPrefersBorder": True,
        "openai/widgetCSP": {
            "connect_domains": [],
            "resource_domains": [origin],
            "redirect_domains": [origin],
        },
    }
    if origin.startswith("https://"):
        ui["domain"] = origin
        meta["openai/widgetDomain"] = origin
    return meta


def _allow(meta: dict[str, Any], embed: EmbedPolicy) -> None:
    """Let one widget load a payment form, show it in its frame and connect it to its API."""
    csp, legacy = meta["ui"]["csp"], meta["openai/widgetCSP"]
    csp["resourceDomains"] = [*csp["resourceDomains"], *embed.scripts]
    csp["frameDomains"] = list(embed.frames)
    csp["connectDomains"] = list(embed.connections)
    csp["redirectDomains"] = legacy["redirect_domains"]
    legacy["resource_domains"] = csp["resourceDomains"]
    legacy["frame_domains"] = csp["frameDomains"]
    legacy["connect_domains"] = csp["connectDomains"]


def _origin(public_url: str) -> str:
    parts = urlsplit(public_url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValueError(f"The public URL must start with http:// or https://, not {public_url!r}.")
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2].lower()}"


def _resources_of(widget: Widget) -> Iterator[WidgetResource]:
    legacy = (widget.template_uri, SKYBRIDGE_MIME_TYPE, widget.meta_skybridge)
    for uri, mime_type, meta in (
        *(() if widget.is_fixed else (legacy,)),
        (widget.app_uri, MCP_APP_MIME_TYPE, widget.meta_app),
    ):
        yield WidgetResource(
            uri=uri,
            name=widget.name,
            title=widget.title,
            description=widget.description,
            mime_type=mime_type,
            size=len(widget.html.encode()),
            meta=meta,
        )
