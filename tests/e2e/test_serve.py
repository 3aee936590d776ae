"""The shop from an empty directory: prepared, opened, closed and opened again."""

import signal
from pathlib import Path

import httpx

from tests.support.http import RunningServer, running_shop


def test_a_shop_opens_from_nothing_and_keeps_what_it_has(tmp_path: Path) -> None:
    with running_shop(tmp_path) as first:
        before = _products(first)
    with running_shop(tmp_path) as second:
        assert _products(second) == before
    assert len(before) >= 12


def test_the_block_says_where_the_shop_is(tmp_path: Path) -> None:
    with running_shop(tmp_path) as shop:
        said = shop.log.read_text(encoding="utf-8")
    assert "Plantly is open." in said
    assert f"{shop.url}/mcp" in said
    assert "Traceback" not in said


def test_ctrl_c_closes_the_shop_without_a_word_of_complaint(tmp_path: Path) -> None:
    with running_shop(tmp_path) as shop:
        shop.process.send_signal(signal.SIGINT)
        assert shop.process.wait(15) == 0
        said = shop.log.read_text(encoding="utf-8")
    assert said.endswith("Ctrl-C closes the shop.\n\n")


def _products(shop: RunningServer) -> list[str]:
    message = {
        "jsonrpc": "2.0",
        "id": 1,
        "method": "tools/call",
        "params": {"name": "search_products", "arguments": {}},
    }
    headers = {"Accept": "application/json, text/event-stream"}
    answer = httpx.post(f"{shop.url}/mcp", json=message, headers=headers).json()
    return [product["id"] for product in answer["result"]["structuredContent"]["products"]]
