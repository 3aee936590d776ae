"""Facets of every kind: what the merchant defines becomes arguments, and answers use its types."""

from collections.abc import AsyncIterator
from functools import partial

import pytest

from plantly.db import Database
from plantly.domain.catalog import Facet, FacetKind
from plantly.domain.errors import InvalidInput
from plantly.services.shop_file import apply_shop, read_shop_file
from tests.support.clock import MovableClock
from tests.support.shop import (
    SHOP_TOML,
    Json,
    ToolShop,
    catalog,
    open_tools,
    product,
    stock_shop,
    text_of,
)

pytestmark = pytest.mark.anyio

DEFINED = """
[[facets]]
key = "pet_safe"
title = "Pet safe"
kind = "bool"

[[facets]]
key = "height_cm"
title = "Height"
kind = "range"
unit = "cm"

[[facets]]
key = "grower"
title = "Grower"

[[facets]]
key = "light"
title = "Light"
values = ["Shade", "Sun"]
"""
MANY = [f"Grower {n:02}" for n in range(45)]


@pytest.fixture
def shop_url(sqlite_shop_url: str) -> str:
    """Give a shop on SQLite: what this is about knows no engine."""
    return sqlite_shop_url


def source(**changes: list[str]) -> Json:
    """Make a catalog that says everything as names, as most sources do."""
    facets = {"pet_safe": ["true"], "height_cm": ["30"], "grower": ["Ann"], "light": ["Shade"]}
    plants = [
        product("fern", facets=facets),
        product("cactus", facets={**facets, "pet_safe": ["false"], "height_cm": ["12.5"]}),
        product("palm", facets={**facets, "height_cm": ["180"], "grower": ["Bo"], **changes}),
    ]
    names = {key: sorted({v for p in plants for v in p["facets"][key]}) for key in facets}
    defined = [{"key": k, "title": k.title(), "values": v} for k, v in names.items()]
    return catalog(*plants, facets=defined)


def stocked(**changes: list[str]) -> partial[None]:
    return partial(stock_shop, source=source(**changes), shop_toml=SHOP_TOML + DEFINED)


@pytest.fixture
async def shop(
    empty_db: Database, database_url: str, clock: MovableClock
) -> AsyncIterator[ToolShop]:
    await empty_db.write(stocked())
    async with open_tools(database_url, clock=clock) as found:
        yield found


async def test_what_the_shop_file_defines_is_what_tools_take(empty_db: Database) -> None:
    await empty_db.write(stocked())
    current = await empty_db.read(lambda uow: uow.shop.current())
    assert current.facets == (
        Facet("pet_safe", "Pet safe", (), FacetKind.BOOL),
        Facet("height_cm", "Height", (), FacetKind.RANGE, "cm"),
        Facet("grower", "Grower", ("Ann", "Bo")),
        Facet("light", "Light", ("Shade", "Sun")),
    )
    assert current.config.facets[2] == Facet("grower", "Grower", ())
    again = await empty_db.write(lambda uow: apply_shop(uow, uow.shop.current().config))
    assert again == current.facets


async def test_what_the_file_does_not_mention_stays_after_what_it_defines(
    empty_db: Database,
) -> None:
    await empty_db.write(partial(stock_shop, source=source()))
    config = read_shop_file(SHOP_TOML + '[[facets]]\nkey = "light"\ntitle = "Where"\n')
    facets = await empty_db.write(lambda uow: apply_shop(uow, config))
    assert [facet.key for facet in facets] == ["light", "pet_safe", "height_cm", "grower"]
    assert facets[0] == Facet("light", "Where", ("Shade",))


async def test_each_kind_filters_in_its_own_type(shop: ToolShop) -> None:
    asked: list[tuple[Json, list[str]]] = [
        ({"pet_safe": False}, ["cactus"]),
        ({"min_height_cm": 12.5, "max_height_cm": 30}, ["fern", "cactus"]),
        ({"min_height_cm": 12.501}, ["fern", "palm"]),
        ({"max_height_cm": 12.499}, []),
        ({"pet_safe": True, "grower": "Bo"}, ["palm"]),
        ({"light": "Sun"}, []),
    ]
    for arguments, expected in asked:
        found = await shop.done("search_products", arguments)
        assert [entry["id"] for entry in found["products"]] == expected, arguments
        listed = {k: [v] if isinstance(v, str) else v for k, v in arguments.items()}
        assert found["initialFilters"] == listed
        again = await shop.done("search_products", found["initialFilters"])
        assert again == found


async def test_a_listing_says_what_was_asked_for_and_the_product_says_everything(
    shop: ToolShop,
) -> None:
    plain = (await shop.done("search_products"))["products"][1]
    assert (plain["grower"], plain["light"]) == (["Ann"], ["Shade"])
    assert not {"pet_safe", "height_cm"} & plain.keys()
    asked = await shop.done("search_products", {"pet_safe": False, "min_height_cm": 1})
    assert (asked["products"][0]["pet_safe"], asked["products"][0]["height_cm"]) == (False, 12.5)
    result = await shop.call("get_product", {"product_id": "cactus"})
    (entry,) = (result.structured_content or {})["products"]
    assert (entry["pet_safe"], entry["height_cm"], entry["grower"]) == (False, 12.5, ["Ann"])
    for sentence in ("Pet safe: no.", "Height: 12.5 cm.", "Grower: Ann."):
        assert sentence in text_of(result)
    document = await shop.done("fetch", {"id": "cactus"})
    assert "Height: 12.5 cm." in document["text"]


async def test_a_facet_with_too_many_values_is_asked_for_in_free_text(
    empty_db: Database, database_url: str, clock: MovableClock
) -> None:
    await empty_db.write(stocked(grower=[*MANY, "Ann"]))
    current = await empty_db.read(lambda uow: uow.shop.current())
    facets = {facet.key: facet for facet in current.facets}
    assert facets["grower"].values == ()
    assert facets["grower"].examples[0] == "Ann"
    async with open_tools(database_url, clock=clock) as shop:
        arguments = (await shop.tools())["search_products"].input_schema["properties"]
        assert "enum" not in arguments["grower"]["anyOf"][0]
        assert arguments["grower"]["description"].startswith("Grower (e.g. Ann, Grower ")
        found = await shop.done("search_products", {"grower": ["Grower 44"]})
        assert [entry["id"] for entry in found["products"]] == ["palm"]
        assert found["products"][0]["grower"] == [*MANY, "Ann"]
        error = await shop.refused("search_products", {"grower": "grower 4"})
        assert error["field"] == "grower"
        assert "grower has no value 'grower 4': send one of Grower " in error["message"]
        other = await shop.refused("search_products", {"grower": ["Ann", "xyzzy"]})
        assert "grower has no value 'xyzzy': send one of Ann, " in other["message"]


@pytest.mark.parametrize(
    ("key", "sentence"),
    [
        ("collection", "'collection' is made of the catalog's collections: rename yours"),
        ("sort", "'sort' cannot be a filter of the tools: rename it"),
        ("price_minor", "'price_minor' cannot be a filter of the tools: rename it"),
        ("asked_for", "'asked_for' cannot be a filter of the tools: rename it"),
        ("min_height_cm", "cannot be a filter of the tools: another facet has an argument"),
        ("light", "'light' is defined twice"),
    ],
)
async def test_a_name_that_is_taken_is_refused(empty_db: Database, key: str, sentence: str) -> None:
    config = read_shop_file(SHOP_TOML + DEFINED + f'[[facets]]\nkey = "{key}"\ntitle = "Odd"\n')
    await empty_db.write(partial(stock_shop, source=source()))
    with pytest.raises(InvalidInput, match=sentence):
        await empty_db.write(lambda uow: apply_shop(uow, config))


@pytest.mark.parametrize(
    ("key", "value", "sentence"),
    [
        ("pet_safe", "yes", "'pet_safe' does not fit the catalog: 'yes' is neither true nor"),
        ("height_cm", "tall", "'height_cm' does not fit the catalog: 'tall' is no number"),
        ("height_cm", "0.0001", "'0.0001' is no number with at most three decimals"),
        ("height_cm", "NaN", "'NaN' is no number"),
        ("light", "Dusk", "'Dusk' is not one of its values: list it"),
    ],
)
async def test_a_definition_that_the_catalog_contradicts_is_refused(
    empty_db: Database, key: str, value: str, sentence: str
) -> None:
    with pytest.raises(InvalidInput, match=sentence):
        await empty_db.write(stocked(**{key: [value]}))


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ('kind = "bool"\nvalues = ["yes"]', "only a facet of the kind enum lists values"),
        ('unit = "cm"', "only a facet of the kind range has a unit"),
        ('values = ["A", "A"]', "a value stands there twice"),
        ('kind = "color"', "kind"),
        ('key = "Große"', "key"),
    ],
)
def test_a_definition_that_contradicts_itself_is_refused(text: str, sentence: str) -> None:
    key = "" if text.startswith("key") else 'key = "odd"\n'
    with pytest.raises(InvalidInput, match=sentence):
        read_shop_file(f'{SHOP_TOML}[[facets]]\n{key}title = "Odd"\n{text}\n')


async def test_when_nothing_matches_the_shop_says_what_would(shop: ToolShop) -> None:
    asked = {"search": "fern", "pet_safe": False, "min_height_cm": 20, "max_height_cm": 40}
    result = await shop.call("search_products", asked)
    said: Json = result.structured_content or {}
    assert said["help"] == {"drop": [{"arguments": ["pet_safe"], "total": 1}]}
    assert text_of(result) == "No product matches. Without pet_safe: 1."
    less = {key: value for key, value in asked.items() if key != "pet_safe"}
    assert (await shop.done("search_products", less))["total"] == 1
    bounds = await shop.done("search_products", {**asked, "search": "cactus"})
    drop = [{"arguments": ["min_height_cm", "max_height_cm"], "total": 1}]
    assert bounds["help"] == {"drop": drop}
    found = await shop.done("search_products", {"search": "cactus"})
    assert "help" not in found
    mistyped = await shop.call("search_products", {"search": "cactis"})
    assert (mistyped.structured_content or {})["help"] == {"did_you_mean": "cactus"}
    assert text_of(mistyped) == "No product matches. Did you mean 'cactus'?"
    bare = await shop.call("search_products", {"search": "xyzzyplugh"})
    assert (bare.structured_content or {})["help"] == {}
    assert text_of(bare).endswith("Try fewer filters or other words.")


async def test_the_most_common_values_of_a_large_facet_are_counted(
    empty_db: Database, database_url: str, clock: MovableClock
) -> None:
    await empty_db.write(stocked(grower=[*MANY, "Ann"]))
    async with open_tools(database_url, clock=clock) as shop:
        found = await shop.done("search_products")
        growers = found["filters"]["grower"]
        assert len(growers) == 20
        assert next(iter(growers.items())) == ("Ann", 3)
        assert found["filters"]["pet_safe"] == {"true": 2, "false": 1}
        assert "height_cm" not in found["filters"]


async def test_the_meta_names_every_argument_and_says_what_it_takes(shop: ToolShop) -> None:
    meta = (await shop.call("list_products")).meta or {}
    assert meta["plantly/facets"] == {
        "pet_safe": {"kind": "bool"},
        "height_cm": {"kind": "range", "unit": "cm"},
        "grower": {"kind": "enum"},
        "light": {"kind": "enum"},
    }
    assert meta["plantly/labels"]["min_height_cm"] == "Height from"
    assert meta["plantly/labels"]["max_height_cm"] == "Height up to"
