"""A catalog that is as odd as catalogs get, and a listing of it that is as plain as possible."""

import random
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any, Final

from plantly.domain.catalog import CatalogQuery, Sort
from plantly.domain.words import fold
from tests.support.shop import Json, catalog, product, variant

_WORDS: Final = (
    "Aloe",
    "Crème",
    "Brûlée",
    "fern",
    "100%",
    "a_b",
    "back\\slash",
    "木槿",
    "Straße",
    "palm",
    "'quoted'",
)
_KEYS: Final = ("sunlight", "water", "climate")


def odd_catalog(size: int = 40, seed: int = 7) -> Json:
    """Make a catalog of so many products, always the same for a seed."""
    dice = random.Random(seed)  # noqa: S311 - no secret
    source = catalog()
    values = {facet["key"]: facet["values"] for facet in source["facets"]}
    shelves = [category["slug"] for category in source["categories"]]
    for n in range(size):
        chosen = {
            key: dice.sample(values[key], dice.randint(1, 2))
            for key in _KEYS
            if dice.random() < 0.8
        }
        variants = [
            variant(f"p{n}-{i}", price_minor=dice.randrange(5) * 500, stock=dice.choice([0, 1, 9]))
            for i in range(dice.randint(1, 3))
        ]
        entry = product(
            f"p{n}",
            *variants,
            title=" ".join(dice.sample(_WORDS, 2)),
            category=dice.choice(shelves),
            facets=chosen,
            description=dice.choice(_WORDS),
        )
        source["products"].append(entry)
    return source


class NaiveListing:
    """Answers a query by looking at every product, one after the other."""

    def __init__(self, source: Json) -> None:
        self.products: list[Json] = source["products"]
        self.facets: list[Json] = source["facets"]
        self.shelves: list[Json] = source["categories"]
        self._names = {shelf["slug"]: shelf["name"] for shelf in self.shelves}

    def ids(self, query: CatalogQuery) -> list[str]:
        """Give the slugs of all matches, in the order of the sort."""
        found = [entry for entry in self.products if self._matches(entry, query)]
        return [entry["slug"] for entry in self._sorted(found, query.sort)]

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
            found = Counter(
                value
                for entry in self.products
                if self._matches(entry, query, without=key)
                for value in entry["facets"].get(key, [])
            )
            counts[key] = {value: found[value] for value in facet["values"]}
        return {key: {v: n for v, n in part.items() if n} for key, part in counts.items()}

    def _matches(self, entry: Json, query: CatalogQuery, without: str = "") -> bool:
        price = _default(entry)["price_minor"]
        shelf = {entry["category"], self._names[entry["category"]]}
        stocked = any(v["stock"] > 0 for v in entry["variants"])
        tests = {
            "search": all(word in _text(entry) for word in fold(query.search or "").split()),
            "category": not query.category or bool(shelf & set(query.category)),
            "min": query.min_price_minor is None or price >= query.min_price_minor,
            "max": query.max_price_minor is None or price <= query.max_price_minor,
            "in_stock": query.in_stock is None or stocked == query.in_stock,
            **_facet_tests(entry, query.facets),
        }
        return all(passed for name, passed in tests.items() if name != without)

    def _sorted(self, found: list[Json], sort: Sort) -> list[Json]:
        place = {entry["slug"]: n for n, entry in enumerate(self.products)}
        keys: dict[Sort, Callable[[Json], Any]] = {
            Sort.FEATURED: lambda entry: place[entry["slug"]],
            Sort.NEWEST: lambda entry: -place[entry["slug"]],
            Sort.NAME: lambda entry: (fold(entry["title"]), place[entry["slug"]]),
            Sort.PRICE_ASC: lambda e: (_default(e)["price_minor"], place[e["slug"]]),
            Sort.PRICE_DESC: lambda e: (-_default(e)["price_minor"], -place[e["slug"]]),
        }
        return sorted(found, key=keys[sort])


def _default(entry: Json) -> Json:
    return next(v for v in entry["variants"] if v.get("default"))


def _text(entry: Json) -> str:
    words = [entry["title"], entry["category"], entry["description"]]
    words += [value for values in entry["facets"].values() for value in values]
    words += [v["title"] for v in entry["variants"]]
    return fold(" ".join(words))


def _facet_tests(entry: Json, chosen: Mapping[str, tuple[str, ...]]) -> dict[str, bool]:
    return {
        key: bool(set(values) & set(entry["facets"].get(key, []))) for key, values in chosen.items()
    }
