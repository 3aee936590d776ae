import json

import pytest

from plantly.widgets import CONVERSION, WIDGETS
from plantly.widgets.build import SOURCES

_NEEDED = {
    "product-catalog": {"products", "currency", "filters", "initialFilters", "total"},
    "shopping-cart": {"cart_id", "version", "currency", "items", "item_count", "totals"},
    "checkout": {"checkout_session_id", "status", "items", "totals", "checkout_url"},
    "checkout-session": {"checkout_session_id", "status", "items", "totals", "checkout_url"},
    "order-status": {"order_number", "status", "items", "totals", "fulfillment", "refunds"},
}


@pytest.mark.parametrize("name", [entry.name for entry in (*WIDGETS, CONVERSION)])
def test_every_widget_has_a_fixture_of_a_whole_result(name: str) -> None:
    fixture = json.loads((SOURCES / name / "fixture.json").read_text())
    result = fixture["result"]
    assert fixture["tool"]
    assert isinstance(fixture["arguments"], dict)
    data = result["structuredContent"]
    assert data.keys() >= _NEEDED[name]
    assert result["content"][0]["text"]
    if data.keys() & {"products", "items"}:
        assert result["_meta"]["plantly/media"]


@pytest.mark.parametrize("name", [entry.name for entry in (*WIDGETS, CONVERSION)])
def test_money_in_fixtures_is_whole(name: str) -> None:
    text = (SOURCES / name / "fixture.json").read_text()
    amounts: list[object] = []

    def collect(pairs: list[tuple[str, object]]) -> None:
        amounts.extend(value for key, value in pairs if key.endswith("_minor"))

    json.loads(text, object_pairs_hook=collect)
    assert amounts or not _NEEDED[name] & {"currency", "totals"}
    assert all(type(amount) is int for amount in amounts)
