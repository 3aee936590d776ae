"""The shop as somebody installs it: from a wheel, with no checkout in sight."""

import shutil
import subprocess
import sys
import sysconfig
import venv
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.support.http import ROOT, clean_environment, free_port, running_server

_SOURCES = ("alembic", "backend", "widgets-src")
_FILES = ("pyproject.toml", "README.md", "LICENSE", "CHANGELOG.md", ".gitignore", "constraints.txt")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the wheel from a copy, because building writes the widgets beside their loader."""
    source = tmp_path_factory.mktemp("source")
    ignored = shutil.ignore_patterns("__pycache__", "dist")
    for name in _SOURCES:
        shutil.copytree(ROOT / name, source / name, ignore=ignored)
    for name in _FILES:
        shutil.copy(ROOT / name, source / name)
    output = tmp_path_factory.mktemp("wheel")
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check"]
    build = [*pip, "wheel", "--no-deps", "--no-build-isolation", "--no-index", "-w", str(output)]
    _run([*build, str(source)], cwd=source)
    (built,) = output.glob("plantly-*.whl")
    return built


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Install the wheel into a new environment that sees only the dependencies of this one."""
    home = tmp_path_factory.mktemp("installed") / "venv"
    venv.create(home, symlinks=True)
    python = home / "bin" / "python"
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--python", str(python)]
    _run([*pip, "install", "--no-deps", "--no-index", str(wheel)], cwd=home)
    # A path file adds the folder only: it does not follow the link that an editable install is.
    (site_packages,) = home.glob("lib/python*/site-packages")
    folders = {sysconfig.get_path("purelib"), sysconfig.get_path("platlib")}
    (site_packages / "dependencies.pth").write_text("\n".join(sorted(folders)))
    return home / "bin" / "plantly"


@pytest.fixture(scope="module")
def shop_url(installed: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Set up and open a shop from the wheel, in an empty directory."""
    empty = tmp_path_factory.mktemp("empty")
    port = free_port()
    env = clean_environment(PLANTLY_PORT=str(port))
    env.pop("PYTHONPATH", None)
    _run([str(installed), "db", "upgrade"], cwd=empty, env=env)
    _run([str(installed), "catalog", "seed"], cwd=empty, env=env)
    with running_server([str(installed), "serve"], port=port, env=env, cwd=empty) as server:
        yield server.url


def test_the_wheel_carries_migrations_widgets_and_the_demo_shop(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    assert {"plantly/migrations/env.py", "plantly/py.typed"} <= names
    assert {"plantly/demo/catalog.json", "plantly/demo/shop.toml"} <= names
    assert any(name.startswith("plantly/migrations/versions/") for name in names)
    assert sum(name.startswith("plantly/demo/media/") for name in names) >= 24
    assert sum(name.startswith("plantly/widgets/dist/") for name in names) >= 4


def test_the_wheel_carries_nothing_else(wheel: Path) -> None:
    tops = {name.partition("/")[0] for name in zipfile.ZipFile(wheel).namelist()}
    assert {top.partition("-")[0] for top in tops} == {"plantly"}


def test_an_installed_shop_is_healthy(shop_url: str) -> None:
    assert httpx.get(f"{shop_url}/healthz").json() == {"status": "ok"}
    assert httpx.get(f"{shop_url}/readyz").is_success


def test_an_installed_shop_sells_plants(shop_url: str) -> None:
    answer = _call(shop_url, "list_products", {"search": "aloe"})
    assert [product["id"] for product in answer["products"]] == ["aloe-vera"]
    assert answer["products"][0]["price_minor"] == 1499


def test_an_installed_shop_serves_its_widgets_and_pictures(shop_url: str) -> None:
    request = {"uri": "ui://widget/product-catalog.html"}
    contents = _post(shop_url, "resources/read", request)["contents"]
    assert "<html" in contents[0]["text"]
    assert httpx.get(f"{shop_url}/media/aloe-vera.svg").is_success


def _call(shop_url: str, tool: str, arguments: dict[str, object]) -> Any:
    result = _post(shop_url, "tools/call", {"name": tool, "arguments": arguments})
    assert not result.get("isError"), result
    return result["structuredContent"]


def _post(shop_url: str, method: str, params: Mapping[str, object]) -> Any:
    message = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
    headers = {"Accept": "application/json, text/event-stream"}
    response = httpx.post(f"{shop_url}/mcp", json=message, headers=headers)
    return response.json()["result"]


def _run(command: list[str], *, cwd: Path, env: dict[str, str] | None = None) -> None:
    done = subprocess.run(
        command, cwd=cwd, env=env, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
