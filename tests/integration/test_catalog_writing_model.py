"""Whatever is written, in whatever batches: the shop is what a plain dictionary would be."""

from collections import Counter
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from plantly.db import Database, UnitOfWork
from plantly.domain.catalog import PublishState, StockPolicy
from plantly.domain.catalog_document import (
    CategoryDocument,
    MediaDocument,
    PriceDocument,
    ProductDocument,
    StockDocument,
    VariantDocument,
)
from plantly.domain.catalog_writing import BatchResult, WriteRules
from plantly.domain.money import Currency
from tests.support.builders import USD
from tests.support.catalog_documents import HEAD, counted, found_by, history, shelves
from tests.support.clock import START
from tests.support.naive_catalog import NaiveCatalog, Plain

pytestmark = pytest.mark.anyio

DATES = (None, *(START + timedelta(days=days) for days in (-2, -1, 0, 1, 2)))


def some(values: Any, most: int = 2) -> Any:
    return st.none() | st.lists(st.sampled_from(values), max_size=most, unique=True).map(tuple)


@st.composite
def prices(draw: st.DrawFn) -> tuple[PriceDocument, ...]:
    found = []
    for code in draw(st.sampled_from([(USD,), (USD,), (USD, Currency("EUR")), (), (USD,)])):
        amount = draw(st.integers(0, 3))
        starts, ends = sorted(
            draw(st.lists(st.sampled_from(DATES), min_size=2, max_size=2, unique=True)),
            key=lambda at: (at is not None, at or START),
        )
        before = draw(st.none() | st.integers(amount + 1, 5))
        dates = (starts, ends) if before is not None and draw(st.booleans()) else (None, None)
        found.append(PriceDocument(code, amount, before, *dates))
    return tuple(found)


STOCKS = st.sampled_from(
    [
        StockDocument(0),
        StockDocument(7),
        StockDocument(None),
        StockDocument(3, StockPolicy.BACKORDER, 5, START),
    ]
)


@st.composite
def products(draw: st.DrawFn) -> ProductDocument:
    options = draw(st.sampled_from([(), ("Size",)]))
    variants = draw(
        st.lists(
            st.builds(
                VariantDocument,
                sku=st.sampled_from(["A", "B", "C", "D", "E", "F"]),
                title=st.sampled_from(["", "Big one"]),
                options=st.sampled_from([("S",), ("L",)]) if options else st.just(()),
                prices=prices(),
                id=st.none() | st.none() | st.sampled_from(["id-1", "id-2"]),
                stock=st.none() | STOCKS,
                weight_g=st.none() | st.integers(0, 2),
            ),
            min_size=1,
            max_size=3,
            unique_by=lambda variant: variant.sku,
        )
    )
    default = draw(st.integers(0, len(variants) - 1))
    return ProductDocument(
        slug=draw(st.sampled_from(["fern", "moss", "jade", "lily"])),
        title=draw(st.sampled_from(["Fern", "A moss", "Jade plants"])),
        variants=tuple(
            replace(variant, default=i == default) for i, variant in enumerate(variants)
        ),
        category=draw(st.none() | st.sampled_from(HEAD.categories) | st.just(_SHIRTS)),
        brand=draw(st.sampled_from([None, "", "Acme"])),
        tags=draw(some(["new", "old"])),
        collections=draw(some(["Spring", "Gifts"])),
        facets=draw(
            st.none()
            | st.fixed_dictionaries(
                {},
                optional={
                    "color": st.sampled_from([("Red",), ("Red", "Green"), ()]),
                    "hardy": st.sampled_from([("true",), ("false",)]),
                    "height": st.sampled_from([("12.5",), ("1", "2")]),
                },
            )
        ),
        media=draw(some([MediaDocument("a.svg"), MediaDocument("b.svg", "B", 1, 2)])),
        options=options,
        state=draw(st.sampled_from([None, None, *PublishState])),
    )


_SHIRTS = CategoryDocument("clothing-shirts", "Clothing > Shirts")


class _UndoneError(Exception):
    """Ends an example without leaving anything."""


@given(
    batches=st.lists(
        st.tuples(st.lists(products(), max_size=5), st.sampled_from(["new", "set"])), max_size=4
    )
)
@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_the_shop_is_what_a_dictionary_would_be(empty_db: Database, batches: Any) -> None:
    def work(uow: UnitOfWork) -> None:
        uow.catalog_writer.write_head(HEAD)
        naive = NaiveCatalog(START)
        for run, (documents, stock) in enumerate(batches):
            handles = _handles(uow)
            naive.set_stock = stock == "set"
            expected = Counter(naive.write(documents))
            rules = WriteRules(USD, "test", stock, run)
            result = uow.catalog_writer.write_products(documents, 0, rules)
            assert _outcome(result) == expected
            _compare(shelves(uow), naive.products)
            told = history(uow)
            assert Counter(change[:3] for change in told) == Counter(naive.history)
            assert all(before != after for *_, before, after in told)
            _ids_stay(handles, _handles(uow), documents)
        _index_is_right(uow)
        raise _UndoneError

    with pytest.raises(_UndoneError):
        await empty_db.write(work)


def _outcome(result: BatchResult) -> Counter[str]:
    counts = {"created": result.created, "updated": result.updated, "unchanged": result.unchanged}
    refused = len({problem.index for problem in result.problems if problem.dropped})
    return Counter({k: v for k, v in (counts | {"refused": refused}).items() if v})


def _compare(found: dict[str, Plain], expected: dict[str, Plain]) -> None:
    assert found.keys() == expected.keys()
    for slug, product in expected.items():
        real = found[slug]
        plain = {k: v for k, v in product.items() if k != "variants"}
        assert {k: real[k] for k in plain} == plain
        pairs = {(key, v) for key, chosen in product["facet_values"].items() for v in chosen}
        assert {pair[:2] for pair in real["facets"]} == pairs
        assert real["variants"].keys() == product["variants"].keys()
        for sku, variant in product["variants"].items():
            wanted = {k: v for k, v in variant.items() if k != "handle" or v is not None}
            assert {k: real["variants"][sku][k] for k in wanted} == wanted


def _handles(uow: UnitOfWork) -> dict[str, str]:
    return {s: v["handle"] for p in shelves(uow).values() for s, v in p["variants"].items()}


def _ids_stay(
    before: dict[str, str], after: dict[str, str], documents: list[ProductDocument]
) -> None:
    """A public id changes only where a document says so, or gives it to another variant."""
    said = {v.id for document in documents for v in document.variants if v.id}
    named = {v.sku for document in documents for v in document.variants if v.id}
    for sku, handle in before.items():
        if handle not in said and sku not in named and not handle.startswith("~"):
            assert after[sku] == handle


def _index_is_right(uow: UnitOfWork) -> None:
    """What the index has is what it would have if it was made anew."""
    found, counts = found_by(uow), counted(uow)
    uow.catalog_writer.refresh_listing(found)
    assert (found_by(uow), counted(uow)) == (found, counts)
    uow.search_index.remove(list(found))
    assert counted(uow) == {}
    active = [slug for slug, p in shelves(uow).items() if p["state"] == "active"]
    assert len(found) == len(active)
