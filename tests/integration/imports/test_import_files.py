"""`plantly catalog import` with files: what is taken, what is said, and what stays as it was.

SQLite is enough where a file is opened and read; what is written is asked of both databases.
"""

import csv
import getpass
import gzip
import io
import json
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.exc import OperationalError
from typer.testing import CliRunner

from plantly.cli import application, catalog_import
from plantly.db import UnitOfWork
from plantly.db.tables import CatalogImportRow, ProductRow
from plantly.domain.catalog import PublishState
from plantly.domain.imports import ImportState
from tests.support.cli import Shell
from tests.support.engines import sqlite_is_enough
from tests.support.merchant_files import many, own_json, shopify_csv, shopify_row
from tests.support.rivals import elsewhere
from tests.support.shop import rows_of_every_table


def put(shop: Shell, name: str, content: bytes) -> str:
    (shop.directory / name).write_bytes(content)
    return name


def states(url: str) -> dict[str, PublishState]:
    def work(uow: UnitOfWork) -> dict[str, PublishState]:
        found = uow.session.execute(select(ProductRow.slug, ProductRow.state))
        return {slug: state for slug, state in found}  # noqa: C416 - rows are no pairs to mypy

    return elsewhere(url, work)


def runs(url: str) -> list[ImportState]:
    return elsewhere(
        url,
        lambda uow: list(
            uow.session.scalars(select(CatalogImportRow.state).order_by(CatalogImportRow.id))
        ),
    )


def imported(shop: Shell, *arguments: str) -> Any:
    return shop.json("catalog", "import", *arguments)


PLANTS = shopify_csv(shopify_row("fern"), shopify_row("ivy"), shopify_row("moss"))


def test_a_shopify_file_is_taken_and_then_changes_nothing(shop: Shell, database_url: str) -> None:
    file = put(shop, "products.csv", PLANTS)
    first = imported(shop, file)
    assert first["format"] == "shopify"
    assert first["products"] == {
        "read": 3,
        "created": 3,
        "updated": 0,
        "unchanged": 0,
        "refused": 0,
        "archived": 0,
    }
    assert {p["id"] for p in shop.json("catalog", "list")["products"]} == {"fern", "ivy", "moss"}
    again = imported(shop, file)
    assert again["products"]["unchanged"] == 3
    assert again["products"]["created"] == again["products"]["updated"] == 0
    assert runs(database_url) == [ImportState.DONE, ImportState.DONE]


def test_our_own_format_says_which_filters_the_tools_lack(shop: Shell) -> None:
    light = {"key": "light", "title": "Light", "values": ["Sun", "Shade"]}
    said = imported(shop, put(shop, "catalog.json", own_json("fern", facets=[light])))
    assert said["format"] == "plantly-json"
    assert said["products"]["created"] == 1
    (message,) = said["messages"]
    assert "(light)" in message
    assert "plantly shop apply" in message


def test_a_new_shop_takes_the_currency_of_our_own_format(bare_shop: Shell) -> None:
    file = put(bare_shop, "catalog.json", own_json("fern", currency="JPY"))
    assert imported(bare_shop, file)["products"]["created"] == 1


def test_a_new_shop_has_no_currency_for_other_files(bare_shop: Shell, database_url: str) -> None:
    said = bare_shop.refused("catalog", "import", put(bare_shop, "products.csv", PLANTS))
    assert "plantly shop apply" in said
    assert states(database_url) == {}


@sqlite_is_enough
def test_a_gzipped_file_is_unpacked_on_the_way(shop: Shell) -> None:
    twice = gzip.compress(gzip.compress(PLANTS))
    assert imported(shop, put(shop, "a.csv.gz", gzip.compress(PLANTS)))["products"]["created"] == 3
    assert imported(shop, put(shop, "b.csv.gz", twice))["products"]["unchanged"] == 3


def test_a_file_can_come_from_standard_input(shop: Shell) -> None:
    result = CliRunner().invoke(application, ["catalog", "import", "-", "--json"], input=PLANTS)
    assert result.exit_code == 0, result.output
    said = json.loads(result.stdout)
    assert (said["source"], said["products"]["created"]) == ("standard input", 3)


BROKEN = shopify_csv(
    shopify_row("fern"),
    shopify_row("ivy", **{"Variant Price": "a lot"}),
    shopify_row("moss", **{"Variant Price": ""}),
    shopify_row("reed"),
)


def test_bad_rows_are_listed_with_a_remedy_and_the_others_are_taken(
    shop: Shell, database_url: str
) -> None:
    said = imported(shop, put(shop, "products.csv", BROKEN))
    assert states(database_url).keys() == {"fern", "reed"}
    assert said["rows_skipped"] == 2
    assert [(p["line"], p["field"], p["skipped"]) for p in said["problems"]] == [
        (3, "Variant Price", True),
        (4, "Variant Price", True),
    ]
    assert said["problems_by_field"] == {"Variant Price": 2}
    shown = shop.done("catalog", "import", "products.csv")
    assert "2 rows skipped, 0 notes." in shown
    assert "a lot" in shown


def test_strict_takes_all_rows_or_none(shop: Shell, database_url: str) -> None:
    file = put(shop, "products.csv", BROKEN)
    result = shop.run("catalog", "import", file, "--strict")
    assert result.exit_code == 1
    assert "Nothing was written." in result.stdout
    assert states(database_url) == {}
    assert runs(database_url) == []
    good = put(shop, "good.csv", PLANTS)
    assert imported(shop, good, "--strict")["products"]["created"] == 3


def test_a_dry_run_finds_everything_and_keeps_nothing(shop: Shell, database_url: str) -> None:
    imported(shop, put(shop, "before.csv", shopify_csv(shopify_row("fern"), shopify_row("old"))))
    before = elsewhere(database_url, rows_of_every_table)
    changed = shopify_row("fern", **{"Variant Price": "99.00"})
    stolen = shopify_row("thief", **{"Variant SKU": "SKU-OLD"})
    file = put(shop, "after.csv", shopify_csv(changed, shopify_row("ivy"), stolen))
    said = imported(shop, file, "--dry-run")
    assert elsewhere(database_url, rows_of_every_table) == before
    assert (said["products"]["created"], said["products"]["updated"]) == (1, 2)
    assert (said["dry_run"], said["written"]) == (True, False)
    assert "would be created" in shop.done("catalog", "import", file, "--dry-run")


@sqlite_is_enough
def test_every_problem_is_written_to_the_report(shop: Shell) -> None:
    rows = [shopify_row(f"p{i}", **{"Variant Price": "=1+1"}) for i in range(250)]
    file = put(shop, "products.csv", shopify_csv(shopify_row("fern"), *rows))
    shown = shop.done("catalog", "import", file, "--report", "report.csv")
    assert "50 more stand in report.csv." in shown
    with (shop.directory / "report.csv").open(encoding="utf-8", newline="") as report:
        written = list(csv.DictReader(report))
    assert len(written) == 250
    assert {row["skipped"] for row in written} == {"yes"}
    assert not any(row["remedy"].startswith("=") for row in written)
    shop.done("catalog", "import", file, "--report", "report.jsonl")
    lines = (shop.directory / "report.jsonl").read_text(encoding="utf-8").splitlines()
    assert json.loads(lines[-1])["line"] == 252


def test_a_file_of_which_nothing_can_be_taken_is_refused(shop: Shell, database_url: str) -> None:
    file = put(shop, "products.csv", shopify_csv(shopify_row("ivy", **{"Variant Price": "x"})))
    assert shop.run("catalog", "import", file).exit_code == 1
    assert states(database_url) == {}


def test_prune_archives_what_the_file_has_not(shop: Shell, database_url: str) -> None:
    imported(shop, put(shop, "all.csv", PLANTS))
    less = put(shop, "less.csv", shopify_csv(shopify_row("ivy"), shopify_row("new")))
    assert imported(shop, less, "--prune", "--dry-run")["would_archive"] == 2
    said = imported(shop, less, "--prune")
    assert said["products"]["archived"] == 2
    found = states(database_url)
    assert {slug for slug, state in found.items() if state is PublishState.ACTIVE} == {"ivy", "new"}
    assert imported(shop, put(shop, "all.csv", PLANTS))["products"]["updated"] >= 2


def test_what_a_feed_had_lost_is_for_sale_again_when_it_is_back(
    shop: Shell, database_url: str
) -> None:
    def feed(*names: str) -> str:
        rows = (f"{name}\t{name.title()}\t5 USD\tin_stock\t3" for name in names)
        head = "id\ttitle\tprice\tavailability\tquantity"
        return put(shop, "feed.tsv", "\n".join((head, *rows, "")).encode())

    imported(shop, feed("fern", "ivy", "moss"))
    shop.done("catalog", "archive", "moss")
    assert imported(shop, feed("ivy"), "--prune")["products"]["archived"] == 1
    said = imported(shop, feed("fern", "ivy", "moss"))
    assert (said["products"]["updated"], said["products"]["unchanged"]) == (1, 2)
    found = states(database_url)
    assert found.pop("moss") is PublishState.ARCHIVED, "what somebody archived stays archived"
    assert set(found.values()) == {PublishState.ACTIVE}
    assert [p["id"] for p in shop.json("catalog", "search", "fern")["products"]] == ["fern"]
    imported(shop, feed("ivy"), "--prune")
    shop.done("catalog", "publish", "fern")
    shop.done("catalog", "archive", "fern")
    imported(shop, feed("fern", "ivy"))
    assert states(database_url)["fern"] is PublishState.ARCHIVED


def test_prune_waits_until_every_row_can_be_taken(shop: Shell, database_url: str) -> None:
    imported(shop, put(shop, "all.csv", PLANTS))
    said = imported(shop, put(shop, "broken.csv", BROKEN), "--prune")
    assert said["products"]["archived"] == 0
    assert any("Nothing was archived" in message for message in said["messages"])
    assert set(states(database_url).values()) == {PublishState.ACTIVE}


def test_an_empty_file_never_archives_everything(shop: Shell, database_url: str) -> None:
    imported(shop, put(shop, "all.csv", PLANTS))
    said = shop.refused("catalog", "import", put(shop, "none.csv", shopify_csv()), "--prune")
    assert "nothing was archived" in said
    assert set(states(database_url).values()) == {PublishState.ACTIVE}
    assert runs(database_url)[-1] is ImportState.FAILED


def test_stock_that_was_sold_stays_sold_unless_it_is_set(shop: Shell) -> None:
    imported(shop, put(shop, "a.csv", PLANTS))
    more = shopify_csv(
        *(shopify_row(h, **{"Variant Inventory Qty": "50"}) for h in ("fern", "ivy"))
    )
    file = put(shop, "b.csv", more)
    imported(shop, file)
    units = {p["id"]: p["available_quantity"] for p in shop.json("catalog", "list")["products"]}
    assert units["fern"] == 5
    imported(shop, file, "--stock", "set")
    units = {p["id"]: p["available_quantity"] for p in shop.json("catalog", "list")["products"]}
    assert (units["fern"], units["moss"]) == (50, 5)


def test_the_history_names_the_format_and_who_imported(
    shop: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(getpass, "getuser", lambda: "rosa")
    imported(shop, put(shop, "a.csv", PLANTS))
    dearer = shopify_row("fern", **{"Variant Price": "15.49", "Variant Inventory Qty": "7"})
    imported(shop, put(shop, "b.csv", shopify_csv(dearer)), "--stock", "set", "--prune")
    changes = shop.json("catalog", "history")
    assert {change["actor"] for change in changes} == {"import shopify (cli:rosa)"}
    assert {(change["product_id"], change["kind"]) for change in changes} == {
        ("fern", "price"),
        ("fern", "stock"),
        ("ivy", "state"),
        ("moss", "state"),
    }


@sqlite_is_enough
@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("empty.csv", b"", "none of the known formats"),
        ("odd.csv", b"a,b\n1,2\n", "none of the known formats"),
        ("book.xlsx", b"PK\x03\x04" + bytes(100), "unpack it, or save it as CSV"),
        ("book.csv.gz", gzip.compress(b"PK\x03\x04" + bytes(100), mtime=0), "unpack it"),
    ],
)
def test_what_is_no_catalog_is_refused_in_a_sentence(
    shop: Shell, name: str, content: bytes, said: str
) -> None:
    assert said in shop.refused("catalog", "import", put(shop, name, content))


def test_a_refusal_holds_nothing_that_steers_a_terminal(shop: Shell) -> None:
    said = shop.refused("catalog", "import", put(shop, "a.csv", b"na\x1b[2Jme,a\x07ge\n1,2\n"))
    assert all(line.isprintable() for line in said.splitlines())


def test_prices_in_another_currency_are_refused(shop: Shell, database_url: str) -> None:
    file = put(shop, "catalog.json", own_json("fern", currency="EUR"))
    result = shop.run("catalog", "import", file)
    assert result.exit_code == 1
    assert "USD" in result.output
    assert states(database_url) == {}


def test_a_currency_that_is_none_is_refused_before_anything_is_written(
    bare_shop: Shell, database_url: str
) -> None:
    file = put(bare_shop, "catalog.json", own_json("fern", currency="QQQ"))
    assert "plantly shop apply" in bare_shop.refused("catalog", "import", file)
    assert states(database_url) == {}


def test_strict_and_restart_look_through_the_file_again(shop: Shell) -> None:
    file = put(shop, "a.csv", PLANTS)
    assert imported(shop, file, "--strict", "--restart")["products"]["created"] == 3


def test_a_dry_run_says_when_nothing_would_be_archived(shop: Shell) -> None:
    imported(shop, put(shop, "all.csv", PLANTS))
    said = imported(shop, put(shop, "broken.csv", BROKEN), "--prune", "--dry-run")
    assert said["would_archive"] is None
    assert any("Nothing was archived" in message for message in said["messages"])
    said = imported(shop, put(shop, "none.csv", shopify_csv()), "--prune", "--dry-run")
    assert said["would_archive"] is None
    assert any("Nothing would be archived" in message for message in said["messages"])


@sqlite_is_enough
def test_a_file_that_is_damaged_from_the_beginning_is_refused(shop: Shell) -> None:
    said = shop.refused("catalog", "import", put(shop, "a.csv.gz", b"\x1f\x8b\x08\x00rubbish"))
    assert "breaks off at its beginning" in said


@sqlite_is_enough
def test_an_import_can_be_stopped(shop: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    def stopped(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(catalog_import, "_import", stopped)
    result = shop.run("catalog", "import", put(shop, "a.csv", PLANTS))
    assert (result.exit_code, "goes on where it was" in result.stderr) == (130, True)


@sqlite_is_enough
@pytest.mark.parametrize(("said", "is_kept"), [("disk I/O error", True), ("no such table", False)])
def test_an_import_that_the_database_broke_off_says_how_it_goes_on(
    shop: Shell, monkeypatch: pytest.MonkeyPatch, said: str, is_kept: bool
) -> None:
    def broken(*_: object) -> None:
        raise OperationalError("INSERT", None, Exception(said))

    monkeypatch.setattr(catalog_import, "_import", broken)
    told = shop.refused("catalog", "import", put(shop, "a.csv", PLANTS))
    assert said in told
    assert ("the same command goes on" in told) is is_kept


def test_a_format_that_is_not_known_is_refused(shop: Shell, database_url: str) -> None:
    said = shop.refused("catalog", "import", put(shop, "a.csv", PLANTS), "--format", "magento")
    assert "use shopify, woocommerce" in said
    assert runs(database_url) == []


def test_the_format_can_be_said(shop: Shell) -> None:
    file = put(shop, "a.csv", PLANTS)
    assert imported(shop, file, "--format", "shopify")["products"]["created"] == 3


def test_a_missing_file_is_refused_in_a_sentence(shop: Shell) -> None:
    assert "There is no file" in shop.refused("catalog", "import", "nowhere.csv")


@sqlite_is_enough
def test_a_small_file_that_unpacks_to_very_much_is_broken_off(
    shop: Shell, database_url: str
) -> None:
    packed = io.BytesIO()
    with gzip.open(packed, "wb") as file:
        file.write(PLANTS)
        for _ in range(80):
            file.write((b" " * 1023 + b"\n") * 1024)
    said = shop.refused("catalog", "import", put(shop, "bomb.csv.gz", packed.getvalue()))
    assert "which is too much" in said


@sqlite_is_enough
def test_a_truncated_file_is_taken_as_far_as_it_goes(shop: Shell, database_url: str) -> None:
    packed = gzip.compress(many(2000))
    said = imported(shop, put(shop, "cut.csv.gz", packed[: len(packed) // 2]), "--prune")
    assert said["products"]["created"] == len(states(database_url)) > 100
    assert any("breaks off" in problem["remedy"] for problem in said["problems"])
    assert said["products"]["archived"] == 0


@sqlite_is_enough
def test_a_huge_cell_ends_in_a_sentence(shop: Shell, database_url: str) -> None:
    huge = shopify_row("huge", Title="x" * (1 << 20))
    said = imported(shop, put(shop, "huge.csv", shopify_csv(shopify_row("fern"), huge)))
    assert states(database_url).keys() == {"fern"}
    (problem,) = said["problems"]
    assert (problem["line"], problem["field"]) == (3, "Title")
    assert len(problem["remedy"]) < 300


@sqlite_is_enough
def test_names_of_files_hold_nothing_that_steers_a_terminal(shop: Shell) -> None:
    name = "odd\x1b[31m.csv"
    Path(shop.directory / name).write_bytes(PLANTS)
    assert "\x1b" not in shop.done("catalog", "import", name)
