"""Small files as merchants export them."""

import csv
import io
import json
from collections.abc import Sequence
from typing import Any

_TITLES = (
    "Handle",
    "Title",
    "Body (HTML)",
    "Vendor",
    "Type",
    "Tags",
    "Published",
    "Option1 Name",
    "Option1 Value",
    "Variant SKU",
    "Variant Inventory Qty",
    "Variant Inventory Tracker",
    "Variant Price",
    "Image Src",
)


def shopify_row(handle: str, **cells: str) -> dict[str, str]:
    """Make a product with one variant for 12.00; cells are named by their title."""
    return {
        "Handle": handle,
        "Title": handle.replace("-", " ").title(),
        "Body (HTML)": f"<p>All about <b>{handle}</b>.</p>",
        "Vendor": "Acme",
        "Type": "Plants",
        "Tags": "green, small",
        "Published": "TRUE",
        "Option1 Name": "Title",
        "Option1 Value": "Default Title",
        "Variant SKU": f"SKU-{handle.upper()}",
        "Variant Inventory Qty": "5",
        "Variant Inventory Tracker": "shopify",
        "Variant Price": "12.00",
        "Image Src": "",
        **{name.replace("_", " "): value for name, value in cells.items()},
    }


def shopify_csv(*rows: dict[str, str]) -> bytes:
    """Write rows as Shopify does."""
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, _TITLES)
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()


def many(count: int) -> bytes:
    """Write many products that differ in everything that counts."""
    return shopify_csv(
        *(
            shopify_row(
                f"plant-{i:05}",
                **{"Variant Price": f"{i % 90 + 1}.{i % 100:02}", "Variant Inventory Qty": str(i)},
            )
            for i in range(count)
        )
    )


def own_json(*slugs: str, currency: str = "USD", facets: Sequence[Any] = ()) -> bytes:
    """Write a catalog in our own format."""
    return json.dumps(
        {
            "format": "plantly-catalog/1",
            "currency": currency,
            "facets": list(facets),
            "categories": [{"slug": "foliage", "name": "Foliage"}],
            "products": [
                {
                    "slug": slug,
                    "title": slug.title(),
                    "category": "foliage",
                    "description": f"All about {slug}.",
                    "option": "Pot",
                    "variants": [
                        {
                            "sku": f"OWN-{slug.upper()}",
                            "id": slug,
                            "title": "12 cm",
                            "option": "12 cm",
                            "default": True,
                            "price_minor": 1499,
                            "stock": 7,
                        }
                    ],
                }
                for slug in slugs
            ],
        }
    ).encode()
