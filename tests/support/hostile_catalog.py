"""A catalog whose every text is a payload, in several formats, and what the shop must make of it.

Beside the hostile products stands one with ordinary text, that nothing may ever happen to.
"""

import csv
import io
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final
from xml.etree import ElementTree as ET

from plantly.db import Database, UnitOfWork
from plantly.domain.text import clean, clean_line, slugify
from plantly.outbound.address_guard import AddressGuard
from plantly.outbound.fetch import Fetcher
from plantly.services.formats.html_text import text_of
from plantly.services.formats.tidy import tidy_names
from plantly.services.shop_file import apply_shop, read_shop_file
from plantly.services.workflows.import_catalog import ImportWishes, import_catalog
from plantly.services.workflows.import_place import ImportPlace
from plantly.services.workflows.import_report import ImportReport
from plantly.services.workflows.import_source import local_source
from tests.support.hostile import SHORT
from tests.support.shop import SHOP_TOML, Json

MEDIA_URL: Final = "http://127.0.0.1:8000/media/"
CONTROL: Final = "quiet-cactus"
SCENT: Final = {"key": "scent", "title": "Scent", "values": []}
PRICE_MINOR: Final = 1000
"""Of the first product; each has a price and a stock of its own."""
_LISTED: Final = 30
_NAME: Final = 100
_OPTION: Final = 64
_GOOGLE: Final = "{http://base.google.com/ns/1.0}"


@dataclass(frozen=True)
class Said:
    """What the shop must say of a product."""

    slug: str
    sku: str
    price_minor: int
    on_hand: int
    name: str
    description: str
    care: str
    brand: str
    category: str
    tags: tuple[str, ...]
    collections: tuple[str, ...]
    scent: tuple[str, ...]
    option: str
    choice: str
    alt: str

    def text(self) -> str:
        """Give all words that it can be found by."""
        names = (*self.tags, *self.collections, *self.scent)
        one = (self.name, self.description, self.care, self.brand, self.category, self.sku)
        return " ".join((*one, self.choice, *names))


@dataclass(frozen=True)
class HostileFile:
    """A file, and what becomes of its products if they are taken."""

    format: str
    content: bytes
    expected: tuple[Said, ...]


def _plain(number: int, payload: str) -> Said:
    """Give what a format must make of a payload that can say everything and escapes nothing."""
    line, text = clean_line(payload), clean(payload).strip()
    return Said(
        slug=f"h-{number:03}",
        sku=clean_line(_sku(number, payload)),
        price_minor=PRICE_MINOR + number,
        on_hand=number % 50 + 5,
        name=line,
        description=text,
        care=text,
        brand=line,
        category=line or "Other",
        tags=(line,),
        collections=(line,),
        scent=(line,),
        option=line,
        choice=line,
        alt=line,
    )


def _sku(number: int, payload: str) -> str:
    return f"{number:03}:{payload}" if len(payload) < _OPTION - 4 else f"{number:03}"


def control() -> Json:
    """Give the product that nothing happens to."""
    return {
        "slug": CONTROL,
        "title": "Quiet Cactus",
        "category": "calm",
        "description": "It stands still.",
        "brand": "Stillness",
        "tags": ["calm"],
        "facets": {"scent": ["None"]},
        "variants": [{"sku": "QUIET", "default": True, "price_minor": 777, "stock": 7}],
    }


def own_json(payloads: Sequence[str] = SHORT) -> HostileFile:
    """Write our own format; payloads also name categories, facets, their values and units."""
    names: dict[str, None] = {}
    for payload in payloads:
        line = clean_line(payload)
        if line and len(line) <= _NAME and "\0" not in payload:
            names.setdefault(line)
    shelves = {name: f"c-{i}" for i, name in enumerate(names)}
    document = _document(facets=[SCENT, *_facets(list(names))])
    document["categories"] += [{"slug": s, "name": name} for name, s in shelves.items()]
    document["products"] = [_own(i, payload, shelves) for i, payload in enumerate(payloads)]
    expected = [_plain(i, payload) for i, payload in enumerate(payloads)]
    return HostileFile("plantly-json", json.dumps(document).encode(), tuple(expected))


def listed(facets: Sequence[Json]) -> dict[str, list[str]]:
    """Give the values of the facets that list hostile ones, by key."""
    return {facet["key"]: facet["values"] for facet in facets if facet["key"].startswith("list_")}


def _facets(names: list[str]) -> list[Json]:
    """Define facets whose titles, values and units are payloads."""
    groups = [names[i : i + _LISTED] for i in range(0, len(names), _LISTED)]
    facets = [
        {"key": f"list_{i}", "title": f"List {i} {group[0]}"[:100], "values": group}
        for i, group in enumerate(groups)
    ]
    units = [name for name in names if len(name) <= 32][:5]
    facets += [
        {"key": f"range_{i}", "title": f"Range {i} {unit}", "kind": "range", "unit": unit}
        for i, unit in enumerate(units)
    ]
    return facets


def _own(number: int, payload: str, shelves: dict[str, str]) -> Json:
    said = _plain(number, payload)
    place = list(shelves).index(said.name) if said.name in shelves else None
    facets: Json = {"scent": [payload]}
    if place is not None:
        facets |= {f"list_{place // _LISTED}": [said.name], "range_0": number}
    return {
        "slug": said.slug,
        "title": payload,
        "category": shelves.get(said.name, "calm"),
        "description": payload,
        "care": payload,
        "brand": payload,
        "tags": [payload],
        "collections": [payload],
        "facets": facets,
        "media": [{"file": "p.svg", "alt": payload}],
        "options": [payload],
        "variants": [
            {
                "sku": _sku(number, payload),
                "title": payload,
                "options": [payload],
                "default": True,
                "price_minor": said.price_minor,
                "stock": said.on_hand,
            }
        ],
    }


def shopify(payloads: Sequence[str] = SHORT) -> HostileFile:
    """Write Shopify's CSV: descriptions are HTML, commas and semicolons divide lists."""
    rows, expected = [], []
    for number, payload in enumerate(payloads):
        said, text = _plain(number, payload), text_of(payload)
        rows.append(
            {
                "Handle": said.slug,
                "Title": payload,
                "Body (HTML)": payload,
                "Vendor": payload,
                "Type": payload,
                "Tags": payload,
                "Option1 Name": payload,
                "Option1 Value": payload,
                "Variant SKU": _sku(number, payload),
                "Variant Inventory Tracker": "shopify",
                "Variant Inventory Qty": said.on_hand,
                "Variant Price": f"{said.price_minor // 100}.{said.price_minor % 100:02}",
                "Image Src": f"{MEDIA_URL}p.svg",
                "Image Alt Text": payload,
                "Scent (product.metafields.custom.scent)": payload,
                "Care (product.metafields.plantly.care)": payload,
                "Collections (product.metafields.plantly.collections)": payload,
            }
        )
        scents = _names(payload, ";") if ";" in said.name else (said.name,)
        tags, collections = _names(payload, ","), _names(payload, ";")
        said = replace(said, description=text, care=text, tags=tags, collections=collections)
        expected.append(replace(said, scent=scents))
    out = io.StringIO(newline="")
    writer = csv.DictWriter(out, list(rows[0]))
    writer.writeheader()
    writer.writerows(rows)
    return HostileFile("shopify", out.getvalue().encode(), _on_shelves(expected))


def google_xml(payloads: Sequence[str] = SHORT) -> HostileFile:
    """Write a Google Merchant feed, with the characters that XML can hold."""
    root = ET.Element("rss")
    channel = ET.SubElement(root, "channel")
    expected = []
    for number, raw in enumerate(payloads):
        payload = "".join(c for c in raw if c in "\t\n\r" or " " <= c < "\ufffe" or c > "\uffff")
        item = ET.SubElement(channel, "item")
        for name, value in _feed_row(number, payload).items():
            ET.SubElement(item, _GOOGLE + name).text = value
        for section, name in (("Option", payload), ("Facets", "Scent")):
            detail = ET.SubElement(item, f"{_GOOGLE}product_detail")
            ET.SubElement(detail, f"{_GOOGLE}section_name").text = section
            ET.SubElement(detail, f"{_GOOGLE}attribute_name").text = name
            ET.SubElement(detail, f"{_GOOGLE}attribute_value").text = payload
        expected.append(_of_feed(number, payload))
    return HostileFile("google-xml", ET.tostring(root), _on_shelves(expected))


def openai_jsonl(payloads: Sequence[str] = SHORT) -> HostileFile:
    """Write an OpenAI product feed, one object a line."""
    lines, expected = [], []
    for number, payload in enumerate(payloads):
        row: Json = {**_feed_row(number, payload), "variant_dict": {payload: payload}}
        lines.append(json.dumps({**row, "scent": payload}))
        expected.append(_of_feed(number, payload))
    return HostileFile("openai-jsonl", "\n".join(lines).encode(), _on_shelves(expected))


def _feed_row(number: int, payload: str) -> dict[str, str]:
    said = _plain(number, payload)
    return {
        "id": _sku(number, payload),
        "title": payload,
        "description": f"{payload}\n{payload}",
        "brand": payload,
        "product_type": payload,
        "link": f"https://shop.example/p/{said.slug}",
        "image_link": f"{MEDIA_URL}p.svg",
        "availability": "in_stock",
        "quantity": str(said.on_hand),
        "price": f"{said.price_minor // 100}.{said.price_minor % 100:02} USD",
    }


def _of_feed(number: int, payload: str) -> Said:
    text = text_of(f"{payload}\n{payload}".strip())
    return replace(
        _plain(number, payload), description=text, care="", tags=(), collections=(), alt=""
    )


def _names(text: str, separator: str) -> tuple[str, ...]:
    return tuple(name for name in tidy_names(text, separator) if len(name) <= _NAME)


def _on_shelves(expected: list[Said]) -> tuple[Said, ...]:
    """Let what has the same address stand on one shelf, which has the name that came first."""
    shelves: dict[str, str] = {}
    return tuple(
        replace(said, category=shelves.setdefault(slugify(said.category), said.category))
        for said in expected
    )


WRITERS: Final[tuple[Callable[[], HostileFile], ...]] = (
    own_json,
    shopify,
    google_xml,
    openai_jsonl,
)


def _document(**changes: Any) -> Json:
    values: Json = {
        "format": "plantly-catalog/1",
        "currency": "USD",
        "facets": [SCENT],
        "categories": [{"slug": "calm", "name": "Calm"}],
        "products": [],
    }
    return {**values, **changes}


async def import_bytes(
    db: Database, content: bytes, name: str, folder: Path, **wishes: Any
) -> ImportReport:
    """Import a file as the command line does."""
    path = folder / "catalog.txt"
    path.write_bytes(content)
    fetcher = Fetcher(AddressGuard())
    place = ImportPlace(db, fetcher, folder, MEDIA_URL)
    try:
        with local_source(path) as source:
            return await import_catalog(source, ImportWishes(format=name, **wishes), place)
    finally:
        await fetcher.aclose()


def put_in_force(uow: UnitOfWork) -> None:
    """Apply the shop's file, which takes a new snapshot of the filters."""
    apply_shop(uow, read_shop_file(SHOP_TOML))


async def open_quiet_shop(db: Database, folder: Path) -> None:
    """Fill an empty database with a shop that sells one quiet product."""
    content = json.dumps(_document(products=[control()])).encode()
    report = await import_bytes(db, content, "plantly-json", folder)
    assert (report.counts.created, report.skipped) == (1, 0)
    await db.write(put_in_force)
