"""Products as schema.org and Open Graph have them: exact prices, and nothing that is not so."""

from collections.abc import Iterable
from typing import Any, Final

from plantly.domain.catalog import Availability, FacetKind
from plantly.domain.money import Money, currency
from plantly.domain.shop import FulfillmentKind, Parcel, ShippingZone, ShopConfig
from plantly.services.browse import ProductDetail, VariantDetail

Node = dict[str, Any]

MOST_VARIANTS: Final = 60
"""More variants than this are left to the assistant: a page stays light."""
_LONGEST: Final = 5000
_SCHEMA: Final = "https://schema.org"
_AVAILABILITY: Final = {
    Availability.IN_STOCK: ("InStock", "in stock"),
    Availability.LOW_STOCK: ("LimitedAvailability", "in stock"),
    Availability.OUT_OF_STOCK: ("OutOfStock", "out of stock"),
    Availability.BACKORDER: ("BackOrder", "available for order"),
    Availability.PREORDER: ("PreOrder", "preorder"),
}
_VARIES_BY: Final = {
    "size": "size",
    "color": "color",
    "colour": "color",
    "material": "material",
    "pattern": "pattern",
}
_GTIN_LENGTHS: Final = frozenset({8, 12, 13, 14})


def product_graph(shop: ShopConfig, detail: ProductDetail, base: str) -> Node:
    """Return what a page says about a product to machines; `base` is the shop's address."""
    url = f"{base}/p/{detail.slug}"
    variants = detail.variants[:MOST_VARIANTS]
    offers = _Offers(shop, detail, base)
    about = _about(shop, detail, base)
    if len(variants) == 1:
        node = {"@type": "Product", **about, **_of_variant(detail, variants[0])}
        node["offers"] = offers.of(variants[0])
    else:
        node = {
            "@type": "ProductGroup",
            **about,
            "productGroupID": detail.slug,
            "variesBy": [_property(name, full=True) for name in detail.options],
            "hasVariant": [
                {
                    "@type": "Product",
                    "name": f"{detail.title}, {variant.name}",
                    "image": about["image"][:1],
                    **_of_variant(detail, variant),
                    "offers": offers.of(variant),
                }
                for variant in variants
            ],
        }
    crumbs = {
        "@type": "BreadcrumbList",
        "itemListElement": [
            {"@type": "ListItem", "position": 1, "name": shop.name, "item": f"{base}/"},
            {"@type": "ListItem", "position": 2, "name": detail.title, "item": url},
        ],
    }
    return {"@context": _SCHEMA, "@graph": [node, crumbs, *offers.deliveries.values()]}


def open_graph(detail: ProductDetail) -> dict[str, str]:
    """Return price and availability as previews of links show them."""
    shown = detail.default
    return {
        "product:price:amount": _major(shown.price_minor, detail.currency),
        "product:price:currency": detail.currency,
        "product:availability": _AVAILABILITY[detail.availability][1],
        "product:retailer_item_id": shown.sku,
        **({"product:brand": detail.brand} if detail.brand else {}),
    }


class _Offers:
    """Writes offers; what several of them share, such as a delivery, is written once."""

    def __init__(self, shop: ShopConfig, detail: ProductDetail, base: str) -> None:
        self._shop, self._detail, self._base = shop, detail, base
        self._returns = any(policy.topic == "returns" for policy in shop.policies)
        self.deliveries: dict[str, Node] = {}

    def of(self, variant: VariantDetail) -> Node:
        """Return the offer of a variant."""
        code = self._detail.currency
        offer: Node = {
            "@type": "Offer",
            "url": f"{self._base}/p/{self._detail.slug}#{variant.variant_id}",
            "price": _major(variant.price_minor, code),
            "priceCurrency": code,
            "availability": f"{_SCHEMA}/{_AVAILABILITY[variant.availability][0]}",
            "seller": {"@type": "Organization", "name": self._shop.name},
        }
        if variant.price_turns_at is not None:
            offer["priceValidUntil"] = variant.price_turns_at.isoformat(timespec="seconds")
        if variant.compare_at_minor is not None:
            offer["priceSpecification"] = {
                "@type": "UnitPriceSpecification",
                "priceType": f"{_SCHEMA}/StrikethroughPrice",
                "price": _major(variant.compare_at_minor, code),
                "priceCurrency": code,
            }
        if variant.available_at is not None:
            offer["availabilityStarts"] = variant.available_at.date().isoformat()
        delivery = [self._delivery(zone, variant) for zone in self._shop.zones]
        if any(delivery):
            offer["shippingDetails"] = [{"@id": name} for name in delivery if name]
        if self._returns:
            offer["hasMerchantReturnPolicy"] = {
                "@type": "MerchantReturnPolicy",
                "merchantReturnLink": f"{self._base}/policies#returns",
            }
        return offer

    def _delivery(self, zone: ShippingZone, variant: VariantDetail) -> str | None:
        """Return the name of what it costs to send one unit into a zone, if it is sent there."""
        parts = {name.partition(":")[0] for name in (*zone.regions, *zone.postal_prefixes)}
        unsent = parts.union(self._detail.undeliverable)
        places = [country for country in zone.countries if country not in unsent]
        parcel = Parcel(variant.price_minor, variant.weight_g)
        prices = [
            option.price_of(parcel)
            for option in zone.options
            if option.kind is FulfillmentKind.SHIPPING
        ]
        rates = [price for price in prices if price is not None]
        if not places or not rates:
            return None
        number = self._shop.zones.index(zone) + 1
        name = f"#delivery-{number}-{min(rates)}"
        self.deliveries[name] = {
            "@type": "OfferShippingDetails",
            "@id": name,
            "shippingRate": {
                "@type": "MonetaryAmount",
                "value": _major(min(rates), self._shop.currency),
                "currency": self._shop.currency,
            },
            "shippingDestination": [
                {"@type": "DefinedRegion", "addressCountry": place} for place in places
            ],
        }
        return name


def _about(shop: ShopConfig, detail: ProductDetail, base: str) -> Node:
    node: Node = {
        "name": detail.title,
        "description": detail.description[:_LONGEST],
        "url": f"{base}/p/{detail.slug}",
        "category": detail.category,
        "brand": {"@type": "Brand", "name": detail.brand or shop.name},
        "image": [f"{base}/media/{picture.path}" for picture in detail.pictures],
        "additionalProperty": list(_properties(detail)),
    }
    return {key: value for key, value in node.items() if value or key == "image"}


def _properties(detail: ProductDetail) -> Iterable[Node]:
    for facet, values in detail.facets:
        unit = {"unitText": facet.unit} if facet.unit else {}
        words = {"true": "Yes", "false": "No"} if facet.kind is FacetKind.BOOL else {}
        value: Any = [words.get(value, value) for value in values]
        value = value[0] if len(value) == 1 else value
        yield {"@type": "PropertyValue", "name": facet.title, "value": value, **unit}


def _of_variant(detail: ProductDetail, variant: VariantDetail) -> Node:
    node: Node = {"sku": variant.sku}
    length = len(variant.gtin)
    if variant.gtin:
        node[f"gtin{length}" if length in _GTIN_LENGTHS else "gtin"] = variant.gtin
    for name, value in zip(detail.options, variant.options, strict=False):
        known = _property(name)
        if known is not None:
            node[known] = value
    return node


def _property(option: str, *, full: bool = False) -> str | None:
    *_, kind = option.casefold().split() or [""]
    known = _VARIES_BY.get(kind)
    if not full:
        return known
    return f"{_SCHEMA}/{known}" if known else option


def _major(amount_minor: int, code: str) -> str:
    return str(Money(amount_minor, currency(code)).major())
