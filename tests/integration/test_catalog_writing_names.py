"""Who is who in a catalog: products by slug or SKU, and the public ids of variants."""

from dataclasses import replace
from functools import partial

import pytest

from plantly.db import Database, UnitOfWork
from plantly.domain.catalog_document import MediaDocument, ProductDocument
from plantly.domain.catalog_writing import BatchResult
from tests.support.catalog_documents import item, piece, problems, shelves, write

pytestmark = pytest.mark.anyio


def write_one(uow: UnitOfWork, product: ProductDocument) -> BatchResult:
    return write(uow, product)


async def test_a_product_is_found_by_any_of_its_skus_and_keeps_its_slug(empty_db: Database) -> None:
    await empty_db.write(lambda uow: write(uow, item("fern", piece("A"), piece("B"))))
    renamed = item("boston-fern", piece("C"), piece("B", 1500))
    assert (await empty_db.write(lambda uow: write(uow, renamed))).updated == 1
    found = await empty_db.read(shelves)
    assert found.keys() == {"fern"}
    assert found["fern"]["title"] == "Boston Fern"
    assert {sku: v["state"] for sku, v in found["fern"]["variants"].items()} == {
        "A": "archived",
        "B": "active",
        "C": "active",
    }
    assert found["fern"]["variants"]["C"]["handle"] == "fern-3"


async def test_a_product_does_not_take_the_sku_of_another_one(empty_db: Database) -> None:
    await empty_db.write(lambda uow: write(uow, item("fern", piece("A")), item("moss", piece("B"))))
    before = await empty_db.read(shelves)
    result = await empty_db.write(
        lambda uow: write(
            uow, item("fern", piece("A"), piece("B")), item("new", piece("A"), piece("B"))
        )
    )
    assert problems(result) == [(0, "sku"), (1, "sku")]
    assert await empty_db.read(shelves) == before


async def test_the_later_of_two_products_of_one_slug_changes_the_earlier(
    empty_db: Database,
) -> None:
    result = await empty_db.write(
        lambda uow: write(
            uow,
            item("fern", piece("A"), brand="First", care="Water"),
            item("moss"),
            item("fern", piece("B"), brand="Second"),
            item("other-name", piece("B", 1200)),
        )
    )
    assert result == BatchResult(created=2, updated=2)
    fern = (await empty_db.read(shelves))["fern"]
    assert (fern["brand"], fern["care"], fern["title"]) == ("Second", "Water", "Other Name")
    assert fern["list_price_minor"] == 1200
    assert fern["variants"]["A"]["state"] == "archived"


async def test_two_names_of_one_product_in_a_batch_are_one_product(empty_db: Database) -> None:
    await empty_db.write(lambda uow: write(uow, item("fern", piece("A"), piece("B"))))
    result = await empty_db.write(
        lambda uow: write(uow, item("x", piece("A"), brand="X"), item("y", piece("B"), brand="Y"))
    )
    assert result == BatchResult(updated=2)
    fern = (await empty_db.read(shelves))["fern"]
    assert (fern["brand"], fern["title"]) == ("Y", "Y")
    assert [v["state"] for v in fern["variants"].values()] == ["archived", "active"]


async def test_variants_get_readable_ids_that_nobody_has(empty_db: Database) -> None:
    await empty_db.write(
        lambda uow: write(
            uow,
            item("fern", piece("A", options=("12 cm",)), options=("Size",)),
            item("fern-12", piece("B", options=("cm",)), options=("Size",)),
            item("moss", piece("C", options=("!",)), piece("D", options=("?",)), options=("Size",)),
            item("x", piece("E", id="moss-2")),
        )
    )
    found = await empty_db.read(shelves)
    handles = {s: v["handle"] for p in found.values() for s, v in p["variants"].items()}
    assert handles == {
        "A": "fern-12-cm",
        "B": "fern-12-cm-2",
        "C": "moss",
        "D": "moss-3",
        "E": "moss-2",
    }


async def test_public_ids_are_never_too_long_and_never_the_same(empty_db: Database) -> None:
    pieces = [piece(f"S{i}", options=("ä" * 99, "Ä" * 99)) for i in range(60)]
    await empty_db.write(lambda uow: write(uow, item("a" * 100, *pieces, options=("A", "B"))))
    more = [piece(f"R{i}", options=("ä" * 99, "Ä" * 99)) for i in range(60)]
    await empty_db.write(
        lambda uow: write(uow, item("a" * 100, *pieces, *more, options=("A", "B")))
    )
    (product,) = (await empty_db.read(shelves)).values()
    handles = {variant["handle"] for variant in product["variants"].values()}
    assert len(handles) == 120
    assert max(map(len, handles)) <= 120


async def test_a_public_id_stays_when_everything_around_it_changes(empty_db: Database) -> None:
    await empty_db.write(
        lambda uow: write(uow, item("fern", piece("A", options=("S",)), options=("Size",)))
    )
    other = item("fern", piece("A", 5, title="Large", options=("L",)), options=("Pot",))
    await empty_db.write(lambda uow: write(uow, other))
    fern = (await empty_db.read(shelves))["fern"]
    assert fern["variants"]["A"]["handle"] == "fern-s"
    assert fern["variants"]["A"]["option_values"] == ["L"]


async def test_an_id_that_somebody_keeps_is_not_given_away(empty_db: Database) -> None:
    await empty_db.write(
        lambda uow: write(uow, item("fern", piece("A", id="a"), piece("B", id="b")))
    )
    result = await empty_db.write(
        lambda uow: write(uow, item("fern", piece("A", id="b"), piece("B")))
    )
    assert problems(result) == [(0, "id")]


async def test_a_variant_that_comes_back_without_its_id_gets_a_new_one(empty_db: Database) -> None:
    await empty_db.write(lambda uow: write(uow, item("fern", piece("A", id="a"))))
    await empty_db.write(lambda uow: write(uow, item("fern", piece("B", id="a"))))
    await empty_db.write(lambda uow: write(uow, item("fern", piece("A"), piece("B"))))
    fern = (await empty_db.read(shelves))["fern"]
    assert {sku: v["handle"] for sku, v in fern["variants"].items()} == {"A": "fern", "B": "a"}


async def test_a_picture_keeps_what_a_source_does_not_say_of_it(empty_db: Database) -> None:
    async def pictures(*media: MediaDocument) -> list[tuple[object, ...]]:
        await empty_db.write(lambda uow: write(uow, item("fern", media=media)))
        found: list[tuple[object, ...]] = (await empty_db.read(shelves))["fern"]["media"]
        return found

    whole = MediaDocument("fern.svg", "A fern", 800, 600)
    assert await pictures(whole) == [("fern.svg", "A fern", 800, 600)]
    bare = MediaDocument("fern.svg")
    assert await pictures(MediaDocument("new.svg"), bare) == [
        ("new.svg", "", 0, 0),
        ("fern.svg", "A fern", 800, 600),
    ]
    assert await pictures(replace(bare, alt="Two ferns")) == [("fern.svg", "Two ferns", 800, 600)]


async def test_the_default_can_be_any_variant_at_any_time(empty_db: Database) -> None:
    for chosen in ("A", "B", "C", "A", "C"):
        pieces = [piece(sku, default=sku == chosen) for sku in "ABC"]
        await empty_db.write(partial(write_one, product=item("fern", *pieces)))
        fern = (await empty_db.read(shelves))["fern"]
        assert [s for s, v in fern["variants"].items() if v["is_default"]] == [chosen]
    await empty_db.write(lambda uow: write(uow, item("fern", piece("D"))))
    fern = (await empty_db.read(shelves))["fern"]
    assert [s for s, v in fern["variants"].items() if v["is_default"]] == ["D"]


async def test_products_that_have_to_do_with_each_other_are_written_in_their_order(
    empty_db: Database,
) -> None:
    result = await empty_db.write(
        lambda uow: write(
            uow,
            item("fern", piece("A"), piece("B")),
            item("fern", piece("A"), brand="Second"),
            item("fern", piece("A"), brand="Third"),
            # Known by a name that only the first one had.
            item("other", piece("B"), brand="Last"),
        )
    )
    assert result == BatchResult(created=1, updated=3)
    assert (await empty_db.read(shelves))["fern"]["brand"] == "Last"


async def test_a_batch_of_one_product_over_and_over_takes_no_longer_than_it_must(
    empty_db: Database,
) -> None:
    again = [item("fern", piece("A", i)) for i in range(300)]
    result = await empty_db.write(lambda uow: write(uow, *again))
    assert result == BatchResult(created=1, updated=299)
