"""Which of the formats a file has, by what it begins with."""

import codecs
import csv
import json
import re
from typing import Any

from plantly.domain.errors import InvalidInput
from plantly.services.formats.tables import column_name, delimiter_of

FORMATS = (
    "shopify",
    "woocommerce",
    "google-tsv",
    "google-xml",
    "openai-csv",
    "openai-jsonl",
    "plantly-json",
)

_LOOKED_AT = 1 << 16
_OWN = re.compile(r'"format"\s*:\s*"plantly-catalog')
_XML_ROOT = re.compile(r"<(?:rss|feed|channel)\b", re.IGNORECASE)
_JSON_LINES = (".jsonl", ".ndjson", ".jsonlines")
_OPENAI = frozenset(
    {
        "item id",
        "enable search",
        "enable checkout",
        "is eligible search",
        "is eligible checkout",
        "seller name",
        "image url",
        "group id",
    }
)


def detect(head: bytes, name: str) -> str:
    """Return the format of a file that begins with `head`; `name` only helps where that is open.

    Raises:
        InvalidInput: It is none of the formats.
    """
    text = _text(head[:_LOOKED_AT]).lstrip()
    if text.startswith("{"):
        return _of_json(text, name)
    if text.startswith("<"):
        return _of_xml(text)
    if text.startswith("["):
        told = "The file is a JSON list: write one product a line (JSON lines) instead."
        raise InvalidInput("file", told)
    return _of_table(text)


def _text(head: bytes) -> str:
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return head.decode("utf-16", "ignore")
    return head.removeprefix(codecs.BOM_UTF8).decode("utf-8", "replace")


def _of_json(text: str, name: str) -> str:
    if _OWN.search(text):
        return "plantly-json"
    first: Any = None
    line = text.split("\n", 1)[0]
    try:
        first = json.loads(line)
    except (ValueError, RecursionError):
        first = None
    if isinstance(first, dict):
        return "plantly-json" if {"format", "products"} & first.keys() else "openai-jsonl"
    # One line can be longer than what is looked at here.
    is_lines = name.casefold().endswith(_JSON_LINES) or '"item_id"' in line or '"title"' in line
    return "openai-jsonl" if is_lines and '"products"' not in line else "plantly-json"


def _of_xml(text: str) -> str:
    if _XML_ROOT.search(text):
        return "google-xml"
    raise _unknown("it is XML without <rss> or <feed>")


def _of_table(text: str) -> str:
    first = next((line for line in text.splitlines() if line.strip()), "")
    delimiter = delimiter_of(first)
    if first.casefold().startswith("sep="):
        text = text.split("\n", 1)[-1]
    titles = next(csv.reader(text.splitlines(keepends=True), delimiter=delimiter), [])
    names = {column_name(title.partition("(")[0]).removeprefix("g:") for title in titles}
    if {"regular price", "type", "name"} <= names:
        return "woocommerce"
    if {"handle", "title"} <= names and names & {"variant price", "price"}:
        return "shopify"
    if {"title", "url handle"} <= names:
        return "shopify"
    if "title" in names and (names & _OPENAI) and ("item id" in names or "id" in names):
        return "openai-csv"
    if {"id", "title"} <= names and {"price", "link", "availability", "description"} & names:
        return "google-tsv"
    found = ", ".join(title.strip() for title in titles[:5])
    raise _unknown(
        f"its first row is not one of theirs ({found[:100]})" if found else "it is empty"
    )


def _unknown(why: str) -> InvalidInput:
    known = (
        "a Shopify product CSV, a WooCommerce product CSV, a Google Merchant feed (TSV or XML), "
        "an OpenAI product feed (CSV or JSON lines) or a catalog in Plantly's own JSON"
    )
    return InvalidInput("file", f"The file is none of the known formats, since {why}: use {known}.")
