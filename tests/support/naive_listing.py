"""A catalog that is as odd as catalogs get, and a listing of it that is as plain as possible."""

import json
import random
from collections import Counter
from collections.abc import Callable, Mapping
from decimal import Decimal
from io import BytesIO
from typing import Any, Final

from plantly.db import UnitOfWork
from plantly.domain.catalog import CatalogQuery, Sort
from plantly.domain.catalog_document import CatalogDocument, CatalogHead
from plantly.domain.money import currency
from plantly.domain.search import SearchText, Synonyms, parse_search
from plantly.domain.words import fold, words_of
from plantly.services.catalog_file import write_catalog
from plantly.services.formats.findings import Problem, ReadContext, ReadProduct
from plantly.services.formats.own_json import read_own_json
from plantly.services.shop_file import apply_shop, read_shop_file
from tests.support.shop import SHOP_TOML, Json, catalog, product, variant

SYNONYMS: Final[Synonyms] = (("palm", "areca"), ("snake plant", "mother in law", "aloe"))
ODD_SHOP: Final = f"""{SHOP_TOML}
[search]
synonyms = {[list(group) for group in SYNONYMS]}
"""

_WORDS: Final = (
    "Aloe",
    "Crème",
    "Brûlée",
    "fern",
    "ferns",
    "100%",
    "a_b",
    "back\\slash",
    "木槿",
    "Straße",
    "palm",
    "palmetto",
    "areca",
    "snake",
    "plant",
    "'quoted'",
    "NEAR",
    "OR",
)
_KEYS: Final = ("sunlight", "water", "climate")
_HEIGHTS: Final = (-2, 0, 0.5, 12.125, 40)
_POLICIES: Final = (
    {"policy": "deny"},
    {"policy": "backorder", "backorder_limit": 5},
    {"policy": "preorder", "backorder_limit": 5},
    {"policy": "untracked"},
)


def odd_catalog(size: int = 40, seed: int = 7) -> Json:
    """Make a catalog of so many products, always the same for a seed."""
    dice = random.Random(seed)  # noqa: S311 - no secret
    source = catalog()
    values = {facet["key"]: facet["values"] for facet in source["facets"]}
    source["facets"] += [
        {"key": "safe", "title": "Safe for pets", "kind": "bool"},
        {"key": "height", "title": "Height", "kind": "range", "unit": "cm"},
    ]
    shelves = [category["slug"] for category in source["categories"]]
    for n in range(size):
        chosen: Json = {
            key: dice.sample(values[key], dice.randint(1, 2))
            for key in _KEYS
            if dice.random() < 0.8
        }
        if dice.random() < 0.7:
            chosen["safe"] = dice.random() < 0.5
        if dice.random() < 0.7:
            chosen["height"] = dice.choice(_HEIGHTS)
        variants = [
            variant(
                f"p{n}-{i}",
                price_minor=dice.randrange(5) * 500,
                stock={"on_hand": dice.choice([0, 0, 1, 9]), **dice.choice(_POLICIES)},
            )
            for i in range(dice.randint(1, 3))
        ]
        entry = product(
            f"p{n}",
            *variants,
            title=" ".join(dice.sample(_WORDS, 2)),
            category=dice.choice(shelves),
            facets=chosen,
            description=" ".join(dice.sample(_WORDS, 3)),
            brand=dice.choice(["", "Fern & Co", "Öko"]),
            tags=dice.sample(["New", "100%", "Gift sets"], dice.randint(0, 2)),
        )
        source["products"].append(entry)
    return source


def odd_document(source: Json) -> CatalogDocument:
    """Read a catalog that has facets of every kind."""
    context = ReadContext(currency(source["currency"]))
    items = list(read_own_json(BytesIO(json.dumps(source).encode()), context))
    (head,) = [item for item in items if isinstance(item, CatalogHead)]
    assert not [item for item in items if isinstance(item, Problem)], items
    return CatalogDocument(head, tuple(i.product for i in items if isinstance(i, ReadProduct)))


def stock_odd_shop(uow: UnitOfWork, source: Json) -> None:
    """Fill an empty database with an odd catalog."""
    write_catalog(uow, odd_document(source))
    apply_shop(uow, read_shop_file(ODD_SHOP))


class NaiveListing:
    """Answers a query by looking at every product, one after the other."""

    def __init__(self, source: Json, synonyms: Synonyms = ()) -> None:
        self.products: list[Json] = source["products"]
        self.facets: list[Json] = source["facets"]
        self.shelves: list[Json] = source["categories"]
        self._synonyms = synonyms
        self._names = {shelf["slug"]: shelf["name"] for shelf in self.shelves}
        self._titles = {facet["key"]: facet["title"] for facet in self.facets}

    def ids(self, query: CatalogQuery) -> list[str]:
        """Give the slugs of all matches, in the order of the sort."""
        found = [entry for entry in self.products if self._matches(entry, query)]
        return [entry["slug"] for entry in self._sorted(found, query)]

    def counts(self, query: CatalogQuery) -> dict[str, dict[str, int]]:
        """Count the values of each filter among what matches all the other filters."""
        shelf_of = [
            self._names[entry["category"]]
            for entry in self.products
            if self._matches(entry, query, without="category")
        ]
        shelves = Counter(shelf_of)
        counts = {"category": {s["name"]: shelves[s["name"]] for s in self.shelves}}
        for facet in self.facets:
            key = facet["key"]
            if facet.get("kind") == "range":
                continue
            found = Counter(
                value
                for entry in self.products
                if self._matches(entry, query, without=key)
                for value in _values(entry, key)
            )
            listed = ("true", "false") if facet.get("kind") == "bool" else facet["values"]
            counts[key] = {value: found[value] for value in listed}
        return {key: {v: n for v, n in part.items() if n} for key, part in counts.items()}

    def _matches(self, entry: Json, query: CatalogQuery, without: str = "") -> bool:
        price = _default(entry)["price_minor"]
        shelf = {entry["category"], self._names[entry["category"]]}
        tests = {
            "search": self._tier(entry, query) is not None,
            "category": not query.category or bool(shelf & set(query.category)),
            "min": query.min_price_minor is None or price >= query.min_price_minor,
            "max": query.max_price_minor is None or price <= query.max_price_minor,
            "in_stock": query.in_stock is None or _stocked(entry) == query.in_stock,
            **_facet_tests(entry, query.facets),
            **_range_tests(entry, query),
        }
        return all(passed for name, passed in tests.items() if name != without)

    def _tier(self, entry: Json, query: CatalogQuery) -> int | None:
        """Give the tier of relevance; None when the words are not all there."""
        if query.search is None:
            return 0
        text = parse_search(query.search, self._synonyms)
        if not text.units:
            return None
        title = words_of(entry["title"])
        labels = title + words_of(self._labels(entry))
        anywhere = labels + words_of(f"{entry['description']} {entry['care']}")
        tiers = [title == words_of(query.search)]
        tiers += [_all_in(text, words) for words in (title, labels, anywhere)]
        tiers.append(_all_in(text, anywhere, text.prefix))
        return next((number for number, passed in enumerate(tiers) if passed), None)

    def _labels(self, entry: Json) -> str:
        labels = [entry["brand"], self._names[entry["category"]], *entry["tags"]]
        for key, values in entry["facets"].items():
            labels += [self._titles[key]] if values is True else []
            labels += values if isinstance(values, list) else []
        for v in entry["variants"]:
            labels += [v["title"], v["sku"], v["option"]]
        return " ".join(labels)

    def _sorted(self, found: list[Json], query: CatalogQuery) -> list[Json]:
        place = {entry["slug"]: n for n, entry in enumerate(self.products)}
        keys: dict[Sort, Callable[[Json], Any]] = {
            Sort.FEATURED: lambda entry: place[entry["slug"]],
            Sort.NEWEST: lambda entry: -place[entry["slug"]],
            Sort.BEST_SELLING: lambda entry: -place[entry["slug"]],
            Sort.NAME: lambda entry: (fold(entry["title"]), place[entry["slug"]]),
            Sort.PRICE_ASC: lambda e: (_default(e)["price_minor"], place[e["slug"]]),
            Sort.PRICE_DESC: lambda e: (-_default(e)["price_minor"], -place[e["slug"]]),
            Sort.RELEVANCE: lambda e: (self._tier(e, query), place[e["slug"]]),
        }
        return sorted(found, key=keys[query.sort])


def _all_in(text: SearchText, words: list[str], prefix: str = "") -> bool:
    for i, unit in enumerate(text.units):
        *before, last = unit[0]
        begun = i == len(text.units) - 1 and bool(prefix)
        whole = any(set(alternative) <= set(words) for alternative in unit)
        open_ended = begun and set(before) <= set(words)
        if not whole and not (open_ended and any(word.startswith(last) for word in words)):
            return False
    return True


def _default(entry: Json) -> Json:
    return next(v for v in entry["variants"] if v.get("default"))


def _stocked(entry: Json) -> bool:
    return any(
        v["stock"]["on_hand"] > 0 or v["stock"].get("policy") == "untracked"
        for v in entry["variants"]
    )


def _values(entry: Json, key: str) -> list[str]:
    values = entry["facets"].get(key, [])
    return values if isinstance(values, list) else [str(values).lower()]


def _facet_tests(entry: Json, chosen: Mapping[str, tuple[str, ...]]) -> dict[str, bool]:
    return {key: bool(set(values) & set(_values(entry, key))) for key, values in chosen.items()}


def _range_tests(entry: Json, query: CatalogQuery) -> dict[str, bool]:
    tests = {}
    for key, (least, most) in query.ranges.items():
        number = entry["facets"].get(key)
        tests[key] = number is not None and not (
            (least is not None and Decimal(str(number)) < least)
            or (most is not None and Decimal(str(number)) > most)
        )
    return tests
