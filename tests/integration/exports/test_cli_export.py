"""`plantly catalog export`."""

import csv
import gzip
import json

import pytest

from plantly.services.exports.files import WRITERS
from tests.support.cli import Shell


@pytest.fixture
def shop(shell: Shell, sqlite_url: str) -> Shell:
    shell.set("PLANTLY_DATABASE_URL", sqlite_url)
    shell.done("catalog", "seed")
    return shell


@pytest.mark.parametrize("name", WRITERS)
def test_every_format_goes_into_a_file(shop: Shell, name: str) -> None:
    said = shop.json("catalog", "export", "out.txt", "--format", name)
    assert said == {
        "file": "out.txt",
        "format": name,
        "products": said["products"],
        "variants": said["variants"],
        "left_out": 0,
    }
    assert said["products"] >= 24
    text = (shop.directory / "out.txt").read_text(encoding="utf-8")
    assert "aloe-vera" in text
    assert [path.name for path in shop.directory.iterdir() if "out" in path.name] == ["out.txt"]


@pytest.mark.parametrize(
    ("file", "name"),
    [
        ("catalog.json", "plantly-json"),
        ("feed.jsonl.gz", "openai-jsonl"),
        ("feed.tsv", "google-tsv"),
        ("feed.XML", "google-xml"),
        ("to-shopify.csv", "shopify"),
        ("woocommerce.csv.gz", "woocommerce"),
        ("openai.csv", "openai-csv"),
    ],
)
def test_the_format_is_guessed_from_the_name(shop: Shell, file: str, name: str) -> None:
    assert shop.json("catalog", "export", file)["format"] == name
    content = (shop.directory / file).read_bytes()
    if file.endswith(".gz"):
        assert gzip.decompress(content)
        shop.done("catalog", "export", file)
        assert (shop.directory / file).read_bytes() == content


@pytest.mark.parametrize("file", ["catalog.csv", "shopify-for-openai.csv", "catalog", "-"])
def test_a_name_that_says_too_little_needs_the_format(shop: Shell, file: str) -> None:
    assert "--format shopify|" in shop.refused("catalog", "export", file)
    assert not (shop.directory / file).exists()


def test_standard_output_holds_nothing_but_the_catalog(shop: Shell) -> None:
    result = shop.run("catalog", "export", "--format", "plantly-json")
    assert result.exit_code == 0
    assert json.loads(result.stdout)["format"] == "plantly-catalog/1"
    assert "products with" in result.stderr
    refused = shop.refused("catalog", "export", "--format", "plantly-json", "--json")
    assert "name a FILE" in refused


def test_own_json_has_a_line_for_each_product(shop: Shell) -> None:
    lines = shop.done("catalog", "export", "-", "--format", "plantly-json").splitlines()
    slugs = [
        json.loads(line.rstrip(","))["slug"]
        for line in lines
        if line.startswith('{"slug":"') and '"variants":' in line
    ]
    assert "monstera" in slugs


def test_drafts_are_exported_when_asked_for(shop: Shell) -> None:
    shop.done("catalog", "archive", "monstera")
    shop.done("catalog", "export", "shopify.csv")
    everything = shop.json("catalog", "export", "all-shopify.csv", "--state", "all")
    with (shop.directory / "shopify.csv").open(encoding="utf-8", newline="") as file:
        handles = {row["Handle"] for row in csv.DictReader(file)}
    assert "monstera" not in handles
    assert len(handles) == everything["products"] - 1
    with (shop.directory / "all-shopify.csv").open(encoding="utf-8", newline="") as file:
        states = {row["Handle"]: row["Status"] for row in csv.DictReader(file) if row["Status"]}
    assert states["monstera"] == "archived"


def test_an_export_that_fails_leaves_the_file_as_it_was(shell: Shell, sqlite_url: str) -> None:
    shell.set("PLANTLY_DATABASE_URL", sqlite_url)
    (shell.directory / "feed.xml").write_text("before", encoding="utf-8")
    assert "not been set up" in shell.refused("catalog", "export", "feed.xml")
    assert [path.name for path in shell.directory.glob("*feed*")] == ["feed.xml"]
    assert (shell.directory / "feed.xml").read_text(encoding="utf-8") == "before"


def test_a_device_is_written_to_as_it_is(shop: Shell) -> None:
    assert shop.json("catalog", "export", "/dev/null", "--format", "shopify")["products"] >= 24


def test_a_folder_that_is_not_there_is_said(shop: Shell) -> None:
    assert "There is no folder nowhere" in shop.refused("catalog", "export", "nowhere/feed.xml")


def test_importing_an_export_changes_nothing(shop: Shell) -> None:
    shop.done("catalog", "export", "feed.tsv", "--state", "all")
    shop.done("catalog", "import", "feed.tsv")
    shop.done("catalog", "export", "before.json", "--state", "all")
    for file in ("woocommerce.csv", "shopify.csv", "feed.tsv", "feed.xml", "feed.jsonl.gz"):
        shop.done("catalog", "export", file, "--state", "all")
        shop.done("catalog", "import", file)
    shop.done("catalog", "export", "after.json", "--state", "all")
    after = (shop.directory / "after.json").read_text(encoding="utf-8")
    assert after == (shop.directory / "before.json").read_text(encoding="utf-8")
