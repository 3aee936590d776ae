import json
from pathlib import Path

import pytest

from plantly.widgets import (
    CONVERSION,
    MCP_APP_MIME_TYPE,
    SKYBRIDGE_MIME_TYPE,
    WIDGETS,
    EmbedPolicy,
    WidgetExtras,
    WidgetSet,
    WidgetsNotBuiltError,
    load_widgets,
)
from plantly.widgets.build import BuiltWidget

SHOP = "https://shop.example"


@pytest.fixture
def widgets(dist: Path, built: list[BuiltWidget]) -> WidgetSet:
    return load_widgets(SHOP, "hashed", dist=dist)


def test_every_widget_is_there_with_what_hosts_are_told(widgets: WidgetSet) -> None:
    assert list(widgets) == ["product-catalog", "shopping-cart", "checkout", "order-status"]
    assert len(widgets) == len(WIDGETS)
    for entry in WIDGETS:
        widget = widgets[entry.name]
        assert (widget.title, widget.description) == (entry.title, entry.description)
        assert 0 < len(widget.invoking) <= 64
        assert 0 < len(widget.invoked) <= 64


def test_hashed_addresses_carry_the_digest(widgets: WidgetSet) -> None:
    cart = widgets["shopping-cart"]
    assert cart.template_uri == f"ui://widget/shopping-cart.{cart.digest}.html"
    assert cart.app_uri == f"ui://plantly/shopping-cart.{cart.digest}.html"


def test_stable_addresses_carry_none(dist: Path, built: list[BuiltWidget]) -> None:
    cart = load_widgets(SHOP, "stable", dist=dist)["shopping-cart"]
    assert cart.template_uri == "ui://widget/shopping-cart.html"
    assert cart.app_uri == "ui://plantly/shopping-cart.html"


def test_the_digest_changes_with_the_bundle(
    widgets: WidgetSet, tmp_path: Path, built: list[BuiltWidget]
) -> None:
    for widget in built:
        (tmp_path / widget.path.name).write_text(widget.path.read_text() + "\n")
    assert (
        load_widgets(SHOP, "hashed", dist=tmp_path)["checkout"].digest != widgets["checkout"].digest
    )


def test_the_digest_changes_with_the_metadata(widgets: WidgetSet, dist: Path) -> None:
    moved = load_widgets("https://other.example", "hashed", dist=dist)
    assert moved["checkout"].html == widgets["checkout"].html
    assert moved["checkout"].digest != widgets["checkout"].digest


def test_the_digest_is_the_same_every_time(widgets: WidgetSet, dist: Path) -> None:
    again = load_widgets(SHOP, "stable", dist=dist)
    assert {name: w.digest for name, w in again.items()} == {
        name: w.digest for name, w in widgets.items()
    }


def test_both_kinds_of_resource_are_listed_once(widgets: WidgetSet) -> None:
    resources = widgets.resources()
    assert len({resource.uri for resource in resources}) == len(resources) == 2 * len(WIDGETS)
    assert {resource.mime_type for resource in resources} == {
        "text/html+skybridge",
        "text/html;profile=mcp-app",
    }
    for resource in resources:
        found = widgets.read(resource.uri)
        assert found is not None
        mime_type, html, meta = found
        assert (mime_type, meta) == (resource.mime_type, resource.meta)
        assert resource.size == len(html.encode())
        assert resource.name in widgets
        assert resource.title
        assert resource.description


def test_stable_current_and_older_addresses_give_the_newest_bundle(widgets: WidgetSet) -> None:
    html = widgets["checkout"].html
    for suffix in ("", f".{widgets['checkout'].digest}", ".0123456789ab"):
        template = widgets.read(f"ui://widget/checkout{suffix}.html")
        app = widgets.read(f"ui://plantly/checkout{suffix}.html")
        assert template is not None
        assert app is not None
        assert template[:2] == (SKYBRIDGE_MIME_TYPE, html)
        assert app[:2] == (MCP_APP_MIME_TYPE, html)


@pytest.mark.parametrize(
    "uri",
    [
        "ui://widget/leaf.html",
        "ui://other/checkout.html",
        "ui://widget/checkout",
        "ui://widget/checkout.html/",
        "ui://widget/checkout.html\n",
        "ui://widget/checkout.XYZ.html",
        "ui://widget/checkout.0123456789abc.html",
        "ui://widget/../checkout.html",
        "https://shop.example/checkout.html",
        "",
    ],
)
def test_other_addresses_give_nothing(widgets: WidgetSet, uri: str) -> None:
    assert widgets.read(uri) is None


def test_the_metadata_allows_the_shop_and_nothing_else(widgets: WidgetSet) -> None:
    meta = widgets["product-catalog"].meta_app
    assert meta == {
        "ui": {"csp": {"resourceDomains": [SHOP]}, "prefersBorder": True, "domain": SHOP},
        "openai/widgetDescription": widgets["product-catalog"].description,
        "openai/widgetPrefersBorder": True,
        "openai/widgetCSP": {
            "connect_domains": [],
            "resource_domains": [SHOP],
            "redirect_domains": [SHOP],
        },
        "openai/widgetDomain": SHOP,
    }
    assert widgets["product-catalog"].meta_skybridge == meta
    json.dumps(meta)


def test_a_shop_without_https_has_no_domain_of_its_own(
    dist: Path, built: list[BuiltWidget]
) -> None:
    meta = load_widgets("http://127.0.0.1:8000", "hashed", dist=dist)["checkout"].meta_app
    assert "domain" not in meta["ui"]
    assert "openai/widgetDomain" not in meta
    assert meta["ui"]["csp"] == {"resourceDomains": ["http://127.0.0.1:8000"]}


@pytest.mark.parametrize(
    ("public_url", "origin"),
    [
        ("https://Shop.Example/", "https://shop.example"),
        ("https://shop.example:8443/path?x=1", "https://shop.example:8443"),
        ("https://user:secret@shop.example", "https://shop.example"),
    ],
)
def test_only_the_origin_of_the_public_url_is_told(
    dist: Path, built: list[BuiltWidget], public_url: str, origin: str
) -> None:
    meta = load_widgets(public_url, "hashed", dist=dist)["checkout"].meta_app
    assert meta["ui"]["csp"]["resourceDomains"] == [origin]
    assert "secret" not in json.dumps(meta)


@pytest.mark.parametrize("public_url", ["", "shop.example", "ftp://shop.example", "https://"])
def test_a_public_url_that_is_none_is_refused(
    dist: Path, built: list[BuiltWidget], public_url: str
) -> None:
    with pytest.raises(ValueError, match="public URL"):
        load_widgets(public_url, "hashed", dist=dist)


def test_missing_bundles_are_said_with_the_way_out(tmp_path: Path) -> None:
    with pytest.raises(WidgetsNotBuiltError, match="plantly widgets build"):
        load_widgets(SHOP, "hashed", dist=tmp_path)


FORM = EmbedPolicy(
    scripts=("https://cdn.fern.example", "https://pay.example"),
    frames=("https://form.fern.example",),
    connections=("https://api.fern.example",),
)


def test_a_payment_form_is_let_into_the_checkout_and_nowhere_else(
    dist: Path, built: list[BuiltWidget], widgets: WidgetSet
) -> None:
    extras = WidgetExtras(embed=FORM)
    embedding = load_widgets(SHOP, "hashed", dist=dist, extras=extras)
    assert embedding["checkout"].meta_app["ui"]["csp"] == {
        "resourceDomains": [SHOP, "https://cdn.fern.example", "https://pay.example"],
        "frameDomains": ["https://form.fern.example"],
        "connectDomains": ["https://api.fern.example"],
        "redirectDomains": [SHOP],
    }
    assert embedding["checkout"].meta_app["openai/widgetCSP"] == {
        "resource_domains": [SHOP, "https://cdn.fern.example", "https://pay.example"],
        "frame_domains": ["https://form.fern.example"],
        "connect_domains": ["https://api.fern.example"],
        "redirect_domains": [SHOP],
    }
    assert embedding["checkout"].digest != widgets["checkout"].digest
    for name in ("product-catalog", "shopping-cart", "order-status"):
        assert embedding[name] == widgets[name]


def test_the_widget_of_a_contract_has_one_address_and_is_there_on_demand(
    dist: Path, built: list[BuiltWidget], widgets: WidgetSet
) -> None:
    assert CONVERSION.name not in widgets
    more = load_widgets(SHOP, "hashed", dist=dist, extras=WidgetExtras(conversion=True))
    address = "ui://widget/checkout-session.html"
    widget = more[CONVERSION.name]
    assert widget.template_uri == widget.app_uri == address
    listed = [resource for resource in more.resources() if resource.name == CONVERSION.name]
    assert [(resource.uri, resource.mime_type) for resource in listed] == [
        (address, MCP_APP_MIME_TYPE)
    ]
    assert more.read(address) == (MCP_APP_MIME_TYPE, widget.html, widget.meta_app)
