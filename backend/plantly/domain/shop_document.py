"""Write a shop's configuration as plain JSON values, and read it back."""

from dataclasses import asdict
from datetime import datetime
from decimal import Decimal
from typing import Any

from plantly.domain.catalog import Facet, FacetKind
from plantly.domain.discount import Discount, DiscountKind
from plantly.domain.money import Amounts, currency
from plantly.domain.shop import (
    FulfillmentKind,
    FulfillmentOption,
    Logo,
    Policy,
    ShippingRate,
    ShippingZone,
    ShopConfig,
    TaxRate,
)
from plantly.domain.targets import Targets


def config_to_document(config: ShopConfig) -> dict[str, Any]:
    """Return the configuration as JSON values; exact numbers and times are text."""
    plain = _plain(asdict(config))
    return dict(plain)


def config_from_document(document: dict[str, Any]) -> ShopConfig:
    """Return the configuration that `config_to_document` wrote."""
    simple = {
        key: document[key]
        for key in (
            "name",
            "tagline",
            "support_email",
            "order_prefix",
            "max_quantity",
            "low_stock_threshold",
            "accent",
            "accent_dark",
        )
    }
    return ShopConfig(
        **simple,
        currency=currency(document["currency"]),
        policies=tuple(Policy(**policy) for policy in document["policies"]),
        zones=tuple(_zone(zone) for zone in document["zones"]),
        taxes=tuple(_tax(tax) for tax in document["taxes"]),
        discounts=tuple(_discount(discount) for discount in document["discounts"]),
        facets=tuple(_facet(facet) for facet in document.get("facets", ())),
        synonyms=tuple(tuple(group) for group in document.get("synonyms", ())),
        currencies=tuple(currency(code) for code in document.get("currencies", ())),
        language=document.get("language", "en"),
        logo=Logo(**document["logo"]) if document.get("logo") else None,
    )


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, Decimal):
        return str(value)
    return value.isoformat() if isinstance(value, datetime) else value


def _facet(facet: dict[str, Any]) -> Facet:
    return Facet(
        facet["key"],
        facet["title"],
        tuple(facet["values"]),
        kind=FacetKind(facet["kind"]),
        unit=facet["unit"],
    )


def _zone(zone: dict[str, Any]) -> ShippingZone:
    lists = {name: tuple(value) for name, value in zone.items() if isinstance(value, list)}
    return ShippingZone(
        **{**zone, **lists, "options": tuple(_option(option) for option in zone["options"])}
    )


def _option(option: dict[str, Any]) -> FulfillmentOption:
    return FulfillmentOption(
        **{
            **option,
            "kind": FulfillmentKind(option["kind"]),
            "rates": tuple(_rate(rate) for rate in option.get("rates", ())),
            "prices": _amounts(option.get("prices")),
            "free_from": _amounts(option.get("free_from")),
        }
    )


def _rate(rate: dict[str, Any]) -> ShippingRate:
    amounts = {name: _amounts(rate[name]) for name in ("prices", "min_subtotals", "max_subtotals")}
    return ShippingRate(**{**rate, **amounts})


def _tax(tax: dict[str, Any]) -> TaxRate:
    targets = _targets(tax.get("targets"))
    return TaxRate(**{**tax, "percent": Decimal(tax["percent"]), "targets": targets})


def _discount(discount: dict[str, Any]) -> Discount:
    times = {
        key: datetime.fromisoformat(discount[key]) if discount[key] else None
        for key in ("starts_at", "ends_at")
    }
    return Discount(
        **{
            **discount,
            **times,
            "kind": DiscountKind(discount["kind"]),
            "percent": Decimal(discount["percent"]),
            "targets": _targets(discount.get("targets")),
            "amounts": _amounts(discount.get("amounts")),
            "minimums": _amounts(discount.get("minimums")),
        }
    )


def _targets(targets: dict[str, Any] | None) -> Targets:
    return Targets(**{name: tuple(values) for name, values in (targets or {}).items()})


def _amounts(amounts: list[list[Any]] | None) -> Amounts:
    return tuple((currency(code), amount) for code, amount in amounts or ())
