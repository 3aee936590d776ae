"""Whatever a catalog says is text: it stays in its own field and does nothing."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]  # no types

from plantly.db import Database
from plantly.domain.words import words_of
from plantly.services.workflows.import_report import ImportReport
from tests.support.catalog_documents import shelves
from tests.support.engines import sqlite_is_enough
from tests.support.hostile import LONG, SHORT
from tests.support.hostile_catalog import (
    CONTROL,
    WRITERS,
    HostileFile,
    Said,
    google_xml,
    import_bytes,
    own_json,
    put_in_force,
)
from tests.support.shop import Json, ToolShop

pytestmark = pytest.mark.anyio

REFUSED = 12
"""At most so many payloads are no text that a product could have."""
AT_ONCE = 20

every_format = pytest.mark.parametrize("write", WRITERS, ids=lambda write: write.__name__)
# What a format can say is the same for both databases: the second has to hear it from one.
formats_and_databases = pytest.mark.parametrize(
    ("database_url", "write"),
    [*(("sqlite", write) for write in WRITERS), ("postgresql", own_json)],
    ids=lambda one: getattr(one, "__name__", one),
    indirect=["database_url"],
)


async def load(db: Database, file: HostileFile, folder: Path) -> tuple[ImportReport, list[Said]]:
    """Import a file; give the products that were taken."""
    report = await import_bytes(db, file.content, file.format, folder, stock="set")
    await db.write(put_in_force)
    there = await db.read(shelves)
    return report, [said for said in file.expected if said.slug in there]


async def products(tools: ToolShop, names: list[str]) -> dict[str, Json]:
    """Give products as assistants get them."""
    found: dict[str, Json] = {}
    for i in range(0, len(names), AT_ONCE):
        answer = await tools.done("get_product", {"product_ids": names[i : i + AT_ONCE]})
        found |= {product["id"]: product for product in answer["products"]}
    return found


def told(product: Json) -> Said:
    """Give what an assistant is told of a product, apart from its stock."""
    (variant,) = product["variants"]
    (media,) = product["media"]
    return Said(
        slug=product["id"],
        sku=variant["sku"],
        price_minor=variant["price_minor"],
        on_hand=0,
        name=product["name"],
        description=product["description"],
        care=product["care"],
        brand=product.get("brand", ""),
        category=product["category"],
        tags=tuple(product.get("tags", ())),
        collections=tuple(product.get("collections", ())),
        scent=tuple(product["scent"]),
        option="".join(product["options"]),
        choice="".join(variant["options"]),
        alt=media["alt"],
    )


def without_stock(said: Said) -> Said:
    return Said(**{**vars(said), "on_hand": 0})


@formats_and_databases
async def test_every_field_says_its_own_text_and_nothing_else_changes(
    quiet_db: Database, quiet_tools: ToolShop, tmp_path: Path, write: Callable[[], HostileFile]
) -> None:
    before = (await quiet_db.read(shelves))[CONTROL]
    file = write()
    report, taken = await load(quiet_db, file, tmp_path)
    refused = len(file.expected) - len(taken)
    assert report.counts.created == len(taken)
    assert refused <= REFUSED
    lost = [problem for problem in report.problems if problem.drops_row]
    assert len({problem.line for problem in lost}) == refused
    assert all(problem.text.endswith(".") and problem.text.isprintable() for problem in lost)

    found = await products(quiet_tools, [said.slug for said in taken])
    for said in taken:
        assert told(found[said.slug]) == without_stock(said)
    rows = await quiet_db.read(shelves)
    for said in taken:
        (variant,) = rows[said.slug]["variants"].values()
        assert variant["prices"] == {"USD": (said.price_minor, None, None, None)}
        assert variant["stock"] == (said.on_hand, "deny", 0, None)
    after = rows[CONTROL]
    assert {**after, "position": 0} == {**before, "position": 0}

    again, _ = await load(quiet_db, file, tmp_path)
    assert (again.counts.unchanged, again.counts.updated) == (len(taken), 0)


async def test_a_payload_finds_what_has_its_words_and_nothing_more(
    quiet_db: Database, quiet_tools: ToolShop, tmp_path: Path
) -> None:
    _, taken = await load(quiet_db, own_json(), tmp_path)
    words = {said.slug: set(words_of(said.text())) for said in taken}
    words[CONTROL] = set(words_of("Quiet Cactus Calm It stands still. Stillness calm None QUIET"))
    for payload in SHORT:
        answer = await quiet_tools.call("list_products", {"search": payload, "limit": 50})
        if "\0" in payload:
            assert answer.is_error
            continue
        assert not answer.is_error, payload
        content: Any = answer.structured_content
        matches = {slug for slug, own in words.items() if _matches(payload, own)}
        if not payload.strip():
            continue
        assert {card["id"] for card in content["products"]} <= matches, payload
        assert content["total"] == len(matches), payload
        results = (await quiet_tools.done("search", {"query": payload}))["results"]
        ids = {result["id"] for result in results if not result["id"].startswith("policy-")}
        assert ids <= matches
        assert len(ids) == min(20, len(matches))


def _matches(payload: str, own: set[str]) -> bool:
    """Say whether every word is there; the last one may be the beginning of one."""
    wanted = list(dict.fromkeys(words_of(payload)[:8]))
    if not wanted:
        return False
    begun = len(wanted[-1]) > 1 and any(word.startswith(wanted[-1]) for word in own)
    return set(wanted[:-1]) <= own and (wanted[-1] in own or begun)


async def test_a_payload_as_a_filter_finds_its_own_products(
    quiet_db: Database, quiet_tools: ToolShop, tmp_path: Path, database_url: str
) -> None:
    _, taken = await load(quiet_db, own_json(), tmp_path)
    # What a filter compares is the same on both engines: one has to hear them all.
    for payload in SHORT if database_url.startswith("sqlite") else SHORT[::6]:
        for name, own in (
            ("category", [said.slug for said in taken if said.category == payload]),
            ("scent", [said.slug for said in taken if payload in said.scent]),
        ):
            answer = await quiet_tools.call("search_products", {name: payload, "limit": 50})
            content: Any = answer.structured_content
            if own:
                assert sorted(card["id"] for card in content["products"]) == sorted(own), payload
            else:
                assert answer.is_error
                assert content["error"]["message"].isprintable()


async def test_hostile_values_of_filters_are_still_a_schema_and_still_filter(
    quiet_db: Database, quiet_tools: ToolShop, tmp_path: Path
) -> None:
    _, taken = await load(quiet_db, own_json(), tmp_path)
    await quiet_tools.parts.toolbook.refresh()
    tools = await quiet_tools.tools()
    for tool in tools.values():
        Draft202012Validator.check_schema(tool.input_schema)
        Draft202012Validator.check_schema(tool.output_schema or {})
    properties = tools["list_products"].input_schema["properties"]
    listed = {key: part for key, part in properties.items() if key.startswith("list_")}
    by_name: dict[str, list[str]] = {}
    for said in taken:
        by_name.setdefault(said.name, []).append(said.slug)
    asked = 0
    for key, part in listed.items():
        for value in part["anyOf"][0]["enum"]:
            Draft202012Validator(tools["list_products"].input_schema).validate({key: value})
            answer = await quiet_tools.done("search_products", {key: value})
            assert [card["id"] for card in answer["products"]] == by_name.get(value, [])
            asked += 1
    assert asked > len(SHORT) - 30


# Whoever reads what is too long, or no XML, refuses it; a database has no part in that.
@sqlite_is_enough
@every_format
async def test_what_is_too_long_is_refused_with_a_remedy_and_the_next_product_is_read(
    quiet_db: Database, tmp_path: Path, write: Callable[[tuple[str, ...]], HostileFile]
) -> None:
    file = write((*LONG, "small fern"))
    before = (await quiet_db.read(shelves))[CONTROL]
    report, taken = await load(quiet_db, file, tmp_path)
    assert [said.name for said in taken] == ["small fern"]
    assert report.skipped >= len(LONG)
    assert all(len(problem.text) < 1100 for problem in report.problems)
    assert (await quiet_db.read(shelves))[CONTROL]["variants"] == before["variants"]


@sqlite_is_enough
async def test_what_is_too_long_is_no_question(quiet_tools: ToolShop) -> None:
    for payload in LONG:
        assert await quiet_tools.refused("list_products", {"search": payload})
        assert await quiet_tools.refused("list_products", {"category": payload})
        assert await quiet_tools.refused("search", {"query": payload})
        assert await quiet_tools.refused("fetch", {"id": payload})


@sqlite_is_enough
async def test_what_no_xml_holds_ends_the_feed_with_a_remedy(
    quiet_db: Database, tmp_path: Path
) -> None:
    file = google_xml(("one fern", "two ferns", "three ferns"))
    broken = file.content.replace(b"two ferns", b"two\x00ferns")
    report = await import_bytes(quiet_db, broken, "google-xml", tmp_path)
    assert (report.counts.created, report.skipped) == (1, 1)
    assert "What stands before was read." in report.problems[0].text
