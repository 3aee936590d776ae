"""A batch of products: what is new is made, what differs is changed, and the rest is left alone."""

import dataclasses
from collections.abc import Callable
from datetime import timedelta

import pytest

from plantly.db import Database, UnitOfWork
from plantly.domain.catalog import FacetKind, PublishState
from plantly.domain.catalog_document import (
    CategoryDocument,
    MediaDocument,
    PriceDocument,
    StockDocument,
)
from plantly.domain.catalog_writing import BatchResult
from plantly.domain.errors import InvalidInput
from plantly.domain.money import Currency
from tests.support.builders import USD
from tests.support.catalog_documents import (
    HEAD,
    SCENT,
    counted,
    facets,
    found_by,
    history,
    item,
    piece,
    problems,
    shelves,
    times,
    write,
)
from tests.support.clock import START, MovableClock
from tests.support.shop import rows_of_every_table

pytestmark = pytest.mark.anyio

EUR = Currency("EUR")


@pytest.fixture
async def shop(empty_db: Database) -> Database:
    """Give a database that knows its facets and categories."""
    await empty_db.write(lambda uow: uow.catalog_writer.write_head(HEAD))
    return empty_db


async def test_texts_in_documents_are_kept_as_they_are_in_any_script(shop: Database) -> None:
    texts = ("süß", 'say "hi"', "back\\slash", "🌵 木槿", "a, b", "\u2028\x7f")
    fern = item("fern", tags=texts, facets={"scent": texts}, collections=texts[:1])
    await shop.write(lambda uow: write(uow, fern))
    kept = (await shop.read(shelves))["fern"]
    assert kept["tags"] == list(texts)
    assert kept["facet_values"] == {"scent": list(texts), "collection": ["süß"]}


async def test_a_new_product_gets_plain_defaults_for_what_is_not_said(shop: Database) -> None:
    result = await shop.write(lambda uow: write(uow, item("fern"), position=7))
    assert result == BatchResult(created=1)
    fern = (await shop.read(shelves))["fern"]
    assert {name: fern[name] for name in ("brand", "description", "care")} == {
        "brand": "",
        "description": "",
        "care": "",
    }
    assert (fern["category"], fern["state"], fern["position"]) == ("other", "active", 7)
    assert (fern["tags"], fern["undeliverable"], fern["facet_values"]) == ([], [], {})
    assert fern["variants"]["fern-sku"] == {
        "handle": "fern",
        "title": "",
        "option_values": [],
        "gtin": "",
        "is_default": True,
        "position": 0,
        "weight_g": 0,
        "state": "active",
        "prices": {"USD": (1000, None, None, None)},
        "stock": (0, "deny", 0, None),
    }
    assert await shop.read(history) == []


FULL = item(
    "fern",
    piece("A", 1000, title="Small", options=("Small",), weight_g=5, gtin="4006381333931", id="f-a"),
    piece("B", 2000, title="Big", options=("Big",), stock=StockDocument(4)),
    category=CategoryDocument("flowering", "Flowering"),
    description="Green all year.",
    care="Water it.",
    brand="Acme",
    tags=("new", "shade"),
    collections=("Spring", "Gifts"),
    facets={"color": ("Green",), "hardy": ("true",), "height": ("12.50", "30"), "scent": ()},
    media=(MediaDocument("a.svg", "A fern", 800, 600), MediaDocument("https://x.example/b.png")),
    options=("Size",),
    state=PublishState.ACTIVE,
    undeliverable=("US",),
)
BARE = item(
    "fern",
    piece("A", title="Small", options=("Small",)),
    piece("B", 2000, title="Big", options=("Big",)),
    options=("Size",),
)


async def test_everything_that_is_said_is_kept(shop: Database) -> None:
    await shop.write(lambda uow: write(uow, FULL))
    fern = (await shop.read(shelves))["fern"]
    assert fern["facets"] == {
        ("color", "Green", None),
        ("hardy", "true", None),
        ("height", "12.5", 12_500),
        ("height", "30", 30_000),
        ("collection", "Spring", None),
        ("collection", "Gifts", None),
    }
    assert fern["facet_values"] == {
        "color": ["Green"],
        "hardy": ["true"],
        "height": ["12.5", "30"],
        "collection": ["Spring", "Gifts"],
    }
    assert fern["media"] == [("a.svg", "A fern", 800, 600), ("https://x.example/b.png", "", 0, 0)]
    assert (fern["picture_path"], fern["picture_alt"]) == ("a.svg", "A fern")
    assert (fern["list_price_minor"], fern["price_from"]) == (1000, True)
    assert (fern["category"], fern["undeliverable"]) == ("flowering", ["US"])
    assert [v["handle"] for v in fern["variants"].values()] == ["f-a", "fern-big"]
    assert fern["variants"]["B"]["stock"] == (4, "deny", 0, None)


async def test_what_is_not_said_stays(shop: Database) -> None:
    await shop.write(lambda uow: write(uow, FULL))
    before = await shop.read(rows_of_every_table)
    assert await shop.write(lambda uow: write(uow, BARE)) == BatchResult(unchanged=1)
    assert await shop.read(rows_of_every_table) == before


async def test_what_is_said_to_be_empty_is_emptied(shop: Database) -> None:
    await shop.write(lambda uow: write(uow, FULL))
    empty = dataclasses.replace(
        BARE,
        description="",
        care="",
        brand="",
        tags=(),
        collections=(),
        facets={},
        media=(),
        undeliverable=(),
    )
    assert (await shop.write(lambda uow: write(uow, empty))).updated == 1
    fern = (await shop.read(shelves))["fern"]
    assert (fern["description"], fern["brand"], fern["tags"], fern["media"]) == ("", "", [], [])
    assert (fern["facets"], fern["facet_values"], fern["picture_path"]) == (set(), {}, None)


async def test_facets_and_collections_are_said_one_without_the_other(shop: Database) -> None:
    await shop.write(lambda uow: write(uow, FULL))
    await shop.write(lambda uow: write(uow, dataclasses.replace(BARE, collections=("Winter",))))
    fern = (await shop.read(shelves))["fern"]
    assert fern["facet_values"]["collection"] == ["Winter"]
    assert fern["facet_values"]["color"] == ["Green"]
    await shop.write(lambda uow: write(uow, dataclasses.replace(BARE, facets={"color": ("Red",)})))
    fern = (await shop.read(shelves))["fern"]
    assert fern["facet_values"] == {"collection": ["Winter"], "color": ["Red"]}


async def test_the_facet_of_collections_is_made_by_the_first_product_in_one(
    shop: Database,
) -> None:
    await shop.write(lambda uow: write(uow, item("moss")))
    assert len(await shop.read(facets)) == 4
    await shop.write(lambda uow: write(uow, item("fern", collections=("Spring",))))
    await shop.write(lambda uow: write(uow, item("jade", collections=("Autumn",))))
    assert (await shop.read(facets))[4:] == [("collection", "Collection", [])]


async def test_the_same_again_changes_nothing_and_keeps_the_times(
    shop: Database, clock: MovableClock
) -> None:
    products = [FULL, item("moss"), item("jade", state=PublishState.DRAFT)]
    await shop.write(lambda uow: write(uow, *products))
    before = await shop.read(rows_of_every_table)
    clock.advance(timedelta(days=1))
    assert await shop.write(lambda uow: write(uow, *products)) == BatchResult(unchanged=3)
    assert await shop.read(rows_of_every_table) == before


async def test_only_what_changed_was_changed_now(shop: Database, clock: MovableClock) -> None:
    await shop.write(lambda uow: write(uow, item("fern"), item("moss")))
    later = clock.advance(timedelta(days=1))
    result = await shop.write(lambda uow: write(uow, item("fern"), item("moss", brand="Acme")))
    assert result == BatchResult(updated=1, unchanged=1)
    assert await shop.read(times) == {"fern": (START, START), "moss": (START, later)}


async def test_products_stand_in_the_order_of_the_source(
    shop: Database, clock: MovableClock
) -> None:
    await shop.write(lambda uow: write(uow, item("fern"), item("moss"), position=10))
    clock.advance(timedelta(days=1))
    result = await shop.write(lambda uow: write(uow, item("moss"), item("fern"), position=20))
    assert result == BatchResult(unchanged=2, moved=2)
    found = await shop.read(shelves)
    assert (found["moss"]["position"], found["fern"]["position"]) == (20, 21)
    assert await shop.read(times) == {"fern": (START, START), "moss": (START, START)}


async def test_one_bad_product_keeps_no_other_from_being_written(shop: Database) -> None:
    await shop.write(lambda uow: write(uow, item("owner", piece("OWN", id="own"))))
    bad = [
        item("no-title", title=""),
        item("two-defaults", piece("D1", default=True), piece("D2", default=True)),
        item("options", piece("O", options=("Big",))),
        item("twice", piece("T"), piece("T")),
        item("thief", piece("THIEF", id="own")),
        item("nul", description="a\0b"),
        item("half", brand="\ud800"),
        item("facet", facets={"wind": ("Low",)}),
        item("closed", facets={"color": ("Blue",)}),
        item("long", facets={"scent": ("x" * 101,)}),
        item("nowhere", collections=("",)),
        item("number", facets={"height": ("tall",)}),
        item("fine-number", facets={"height": ("1.2345",)}),
        item("truth", facets={"hardy": ("yes",)}),
        item("unpriced", piece("U", prices=(PriceDocument(EUR, 1),))),
        item("compare", piece("C", prices=(PriceDocument(USD, 100, 100),))),
        item("dates", piece("DT", prices=(PriceDocument(USD, 100, None, START),))),
        item("stock", piece("S", stock=StockDocument(-1))),
        dataclasses.replace(item("empty"), variants=()),
    ]
    batch = [item("first"), *bad, item("last")]
    before = await shop.read(shelves)
    result = await shop.write(lambda uow: write(uow, *batch))
    assert result.created == 2
    assert {index for index, _ in problems(result)} == set(range(1, len(bad) + 1))
    assert all(problem.dropped for problem in result.problems)
    after = await shop.read(shelves)
    assert {slug: after[slug] for slug in before} == before
    assert after.keys() - before.keys() == {"first", "last"}
    assert len(await shop.read(found_by)) == 3


async def test_a_product_that_went_wrong_stays_as_it_was(shop: Database) -> None:
    await shop.write(lambda uow: write(uow, FULL))
    before = await shop.read(shelves)
    wrong = dataclasses.replace(FULL, title="New", brand="New", facets={"color": ("Blue",)})
    result = await shop.write(lambda uow: write(uow, wrong))
    assert problems(result) == [(0, "facets.color")]
    assert await shop.read(shelves) == before


async def test_categories_are_made_on_the_fly_behind_the_others(shop: Database) -> None:
    shirts = CategoryDocument("clothing-shirts", "Clothing > Shirts")
    await shop.write(
        lambda uow: write(uow, item("a", category=shirts), item("b"), item("c", category=shirts))
    )
    names = await shop.read(lambda uow: uow.catalog.category_names())
    assert names == [
        ("foliage", "Foliage"),
        ("flowering", "Flowering"),
        ("clothing-shirts", "Clothing > Shirts"),
        ("other", "Other"),
    ]


async def test_a_bad_product_leaves_no_category_behind(shop: Database) -> None:
    nowhere = CategoryDocument("nowhere", "Nowhere")
    await shop.write(lambda uow: write(uow, item("a", title="", category=nowhere)))
    assert len(await shop.read(lambda uow: uow.catalog.category_names())) == 2


async def test_a_renamed_category_is_what_its_products_are_found_by(shop: Database) -> None:
    await shop.write(lambda uow: write(uow, item("a", category=HEAD.categories[0])))
    new = dataclasses.replace(HEAD, categories=(CategoryDocument("foliage", "Greenery"),))
    await shop.write(lambda uow: uow.catalog_writer.write_head(new))
    words = (await shop.read(counted))["words"]
    assert "greenery" in words
    assert "foliage" not in words


async def test_a_facet_becomes_no_other_kind_than_its_values_could_have(shop: Database) -> None:
    def become(kind: FacetKind) -> Callable[[UnitOfWork], None]:
        facets = (dataclasses.replace(SCENT, kind=kind),)
        return lambda uow: uow.catalog_writer.write_head(dataclasses.replace(HEAD, facets=facets))

    await shop.write(lambda uow: write(uow, item("a", facets={"scent": ("12.5",)})))
    with pytest.raises(InvalidInput, match=r"'scent' cannot be of another kind: it has '12.5'"):
        await shop.write(become(FacetKind.BOOL))
    await shop.write(become(FacetKind.RANGE))
    assert (await shop.read(shelves))["a"]["facets"] == {("scent", "12.5", 12_500)}


async def test_a_draft_is_written_and_not_found(shop: Database) -> None:
    await shop.write(lambda uow: write(uow, item("fern", state=PublishState.DRAFT)))
    assert await shop.read(found_by) == {}
    await shop.write(lambda uow: write(uow, item("fern", state=PublishState.ACTIVE)))
    assert len(await shop.read(found_by)) == 1
    await shop.write(lambda uow: write(uow, item("fern")))
    await shop.write(lambda uow: write(uow, item("fern", state=PublishState.ARCHIVED)))
    assert await shop.read(found_by) == {}
    assert await shop.read(history) == [
        ("state", "fern", None, {"state": "draft"}, {"state": "active"}),
        ("state", "fern", None, {"state": "active"}, {"state": "archived"}),
    ]


async def test_products_are_found_by_everything_that_names_them(shop: Database) -> None:
    await shop.write(lambda uow: write(uow, FULL))
    words = set((await shop.read(counted))["words"])
    assert words == {
        *("fern", "flowering", "acme", "new", "shade", "spring", "gift", "green"),
        *("hardy", "small", "big", "a", "b", "4006381333931", "all", "year", "water", "it"),
    }
    assert (await shop.read(counted))["filters"] == {
        "=": 1,
        "category=flowering": 1,
        "collection=Gifts": 1,
        "collection=Spring": 1,
        "color=Green": 1,
        "hardy=true": 1,
    }


async def test_a_large_batch_is_written_in_parts(shop: Database) -> None:
    many = [item(f"p{i}", *(piece(f"{i}-{n}") for n in range(1 + i % 7 * 40))) for i in range(60)]
    result = await shop.write(lambda uow: write(uow, *many))
    assert result == BatchResult(created=60)
    found = await shop.read(shelves)
    assert [product["position"] for product in found.values()] == list(range(60))
    assert sum(len(product["variants"]) for product in found.values()) == sum(
        1 + i % 7 * 40 for i in range(60)
    )
