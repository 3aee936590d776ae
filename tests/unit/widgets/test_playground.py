import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from plantly.settings import load_settings
from plantly.web import playground
from plantly.web.playground import playground_router
from plantly.web.playground.policy import frame_policy
from plantly.widgets import load_widgets
from plantly.widgets.build import BuiltWidget

SHOP = "https://shop.example"
STATIC = Path(playground.__file__).with_name("static")


@pytest.fixture
def client(dist: Path, built: list[BuiltWidget]) -> Iterator[TestClient]:
    app = FastAPI()
    settings = load_settings({"PLANTLY_PUBLIC_URL": SHOP})
    app.include_router(playground_router(load_widgets(SHOP, "hashed", dist=dist), settings))
    with TestClient(app) as client:
        yield client


def test_the_page_runs_only_scripts_with_the_nonce_of_this_answer(client: TestClient) -> None:
    first, second = client.get("/playground"), client.get("/playground")
    nonces = [re.findall(r'nonce="([^"]+)"', page.text) for page in (first, second)]
    assert len(set(nonces[0])) == 1
    assert nonces[0] != nonces[1]
    policy = first.headers["content-security-policy"]
    assert f"script-src 'nonce-{nonces[0][0]}';" in policy
    assert "unsafe" not in policy
    assert f"{SHOP}/mcp" in first.text


def test_a_frame_gets_the_policy_of_its_resource(client: TestClient) -> None:
    answer = client.get("/playground/frame/checkout")
    policy = answer.headers["content-security-policy"].split("; ")
    assert "default-src 'none'" in policy
    assert f"img-src data: {SHOP}" in policy
    assert "connect-src 'none'" in policy
    assert "frame-src 'none'" in policy
    assert "sandbox allow-scripts allow-forms" in policy
    assert answer.headers["cache-control"] == "no-store"


def test_what_a_resource_does_not_declare_stays_closed() -> None:
    policy = frame_policy({})["Content-Security-Policy"].split("; ")
    assert "script-src 'unsafe-inline'" in policy
    assert "img-src data:" in policy
    assert "font-src 'none'" in policy


def test_what_a_resource_declares_is_opened() -> None:
    csp = {
        "connectDomains": ["https://api.example"],
        "frameDomains": ["https://pay.example"],
        "baseUriDomains": ["https://base.example"],
    }
    policy = frame_policy({"ui": {"csp": csp}})["Content-Security-Policy"].split("; ")
    assert "connect-src https://api.example" in policy
    assert "frame-src https://pay.example" in policy
    assert "base-uri https://base.example" in policy


def test_only_the_openai_frame_has_the_shim(client: TestClient) -> None:
    apps = client.get("/playground/frame/checkout", params={"bridge": "apps"}).text
    openai = client.get("/playground/frame/checkout", params={"bridge": "openai"}).text
    assert "plantlyShim" not in apps
    assert openai.index("plantlyShim") < openai.index("<style>")


def test_only_a_frame_that_asks_for_it_is_watched(client: TestClient) -> None:
    plain = client.get("/playground/frame/checkout").text
    watched = client.get("/playground/frame/checkout", params={"probe": "1"}).text
    assert "plantlyProbe" not in plain
    assert watched.index("plantlyProbe") < watched.index("<style>")


def test_larger_text_stands_behind_the_styles_of_the_widget(client: TestClient) -> None:
    text = client.get("/playground/frame/checkout", params={"text": "150"}).text
    assert text.index("html{font-size:150%}") > text.index("<style>")
    assert client.get("/playground/frame/checkout", params={"text": "9000"}).status_code == 422


def test_without_sources_to_follow_there_is_nothing_to_ask(client: TestClient) -> None:
    assert client.get("/playground/build").status_code == 404
    assert "data-watch" not in client.get("/playground").text


@pytest.mark.parametrize("name", ["leaf", "..%2F..%2Fsettings.py", "checkout.html"])
def test_an_unknown_widget_is_not_found(client: TestClient, name: str) -> None:
    assert client.get(f"/playground/frame/{name}").status_code == 404


def test_an_unknown_bridge_is_refused(client: TestClient) -> None:
    assert client.get("/playground/frame/checkout?bridge=other").status_code == 422


def test_every_file_of_the_page_is_small() -> None:
    long = {p.name: n for p in STATIC.iterdir() if (n := len(p.read_text().splitlines())) > 400}
    assert long == {}
    assert sum(path.stat().st_size for path in STATIC.iterdir()) < 110_000


def test_the_files_of_the_page_are_served_and_no_others(client: TestClient) -> None:
    page = client.get("/playground").text
    scripts = "".join(path.read_text() for path in STATIC.glob("*.js"))
    named = re.findall(r"/playground/static/[a-z_.]+", page)
    imported = [f"/playground/static/{name}" for name in re.findall(r'"\./([a-z_.]+)"', scripts)]
    for path in {*named, *imported}:
        answer = client.get(path)
        assert answer.status_code == 200
        assert answer.headers["x-content-type-options"] == "nosniff"
    assert (
        client.get("/playground/static/main.js")
        .headers["content-type"]
        .startswith("text/javascript")
    )
    assert client.get("/playground/static/router.py").status_code == 404
    assert client.get("/playground/static/..%2Frouter.py").status_code == 404
