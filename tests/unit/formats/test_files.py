"""Files of any encoding, dialect and state of repair: read as far as they go."""

import codecs
import csv
import gzip
import io
import json
from typing import BinaryIO

import pytest

from plantly.domain.errors import InvalidInput
from plantly.services.formats import encoding, json_stream, tables
from plantly.services.formats.encoding import TextStream
from plantly.services.formats.json_stream import BrokenJson, members
from plantly.services.formats.reading import FORMATS, Problem, detect, read_products
from plantly.services.formats.seen import SeenNames
from plantly.services.formats.tables import Table
from tests.unit.formats.reads import FILES, notes, places, problems, products, read, shop

ROWS = "Handle,Title,Variant Price\nfern,Fougère,5\nmoss,Moß,6\n"

DETECTED = {
    "shopify.csv": "shopify",
    "shopify-today.csv": "shopify",
    "shopify-broken.csv": "shopify",
    "woocommerce.csv": "woocommerce",
    "woocommerce-broken.csv": "woocommerce",
    "google.tsv": "google-tsv",
    "google-rss.xml": "google-xml",
    "google-atom.xml": "google-xml",
    "openai.csv": "openai-csv",
    "openai.jsonl": "openai-jsonl",
    "plantly.json": "plantly-json",
}


def test_every_small_file_is_detected() -> None:
    assert {path.name for path in FILES.iterdir()} == DETECTED.keys()
    found = {name: detect((FILES / name).read_bytes(), "catalog") for name in DETECTED}
    assert found == DETECTED
    assert set(DETECTED.values()) == set(FORMATS)


@pytest.mark.parametrize(
    ("text", "name", "found"),
    [
        ("\ufeff\n  {\n", "a", "plantly-json"),
        ('{"format": "plantly-catalog/1"', "a.jsonl", "plantly-json"),
        ('{"products": []}', "a", "plantly-json"),
        ('{"item_id": "' + "x" * 100, "a", "openai-jsonl"),
        ('{"a": "' + "x" * 100, "a.jsonl", "openai-jsonl"),
        ('{"a": 1}\n{"a": 2}', "a", "openai-jsonl"),
        ("id;title;price;availability\n", "a", "google-tsv"),
        ("g:id\tg:title\tg:price\n", "a", "google-tsv"),
        ("sep=;\nHandle;Title;Variant Price\n", "a", "shopify"),
        ('"Handle","Title","Variant\nPrice"\n', "a", "shopify"),
        ("id,title,price,enable_search\n", "a", "openai-csv"),
        ("TYPE,NAME,REGULAR PRICE\n", "a", "woocommerce"),
        ("<feed xmlns='http://www.w3.org/2005/Atom'>", "a", "google-xml"),
    ],
)
def test_formats_are_told_apart(text: str, name: str, found: str) -> None:
    assert detect(text.encode(), name) == found


@pytest.mark.parametrize(
    "head",
    [b"", b"\n\n", b"[1]", b"<html><p>x", b"a,b,c\n1,2,3\n", b"\x89PNG\r\n\x1a\n\x00", b'"a'],
)
def test_what_is_no_catalog_is_told_what_would_be(head: bytes) -> None:
    with pytest.raises(InvalidInput) as refused:
        detect(head, "catalog")
    assert refused.value.field == "file"
    assert refused.value.message.endswith(".")


def test_an_unknown_format_is_refused() -> None:
    with pytest.raises(InvalidInput, match="use shopify, woocommerce"):
        read_products(io.BytesIO(), "excel", shop())


@pytest.mark.parametrize(
    "data",
    [
        ROWS.encode(),
        codecs.BOM_UTF8 + ROWS.encode(),
        codecs.BOM_UTF16_LE + ROWS.encode("utf-16-le"),
        codecs.BOM_UTF16_BE + ROWS.encode("utf-16-be"),
        ROWS.replace("\n", "\r\n").encode(),
        ROWS.replace("\n", "\r").encode(),
        ROWS.replace(",", ";").encode(),
        ROWS.replace(",", "\t").encode(),
        b"sep=;\r\n" + ROWS.replace(",", ";").encode(),
        ROWS.rstrip().encode(),
        ROWS.replace("\n", "\n\n , ,\n").encode(),
        ROWS.replace("Foug", "F\x00o\x1bug").encode(),
    ],
)
def test_every_usual_way_to_write_a_table_is_read(data: bytes) -> None:
    items = read(data)
    assert {slug: product.title for slug, product in products(items).items()} == {
        "fern": "Fougère",
        "moss": "Moß",
    }
    assert [problem for problem in problems(items) if problem.field == "file"] == []


def test_windows_text_is_read_with_a_note() -> None:
    items = read(ROWS.encode("cp1252"))
    assert [product.title for product in products(items).values()] == ["Fougère", "Moß"]
    (note,) = notes(items)
    assert (note.line, note.field) == (2, "file")
    assert "save the file as UTF-8" in note.text


def test_one_wrong_byte_spoils_nothing_else() -> None:
    data = ROWS.encode().replace(b"\xc3\x9f", b"\xdf") + "späth,Späth,7\n".encode()
    items = read(data)
    titles = [product.title for product in products(items).values()]
    assert titles == ["Fougère", "Moß", "Späth"]
    assert [note.line for note in notes(items)] == [3]


@pytest.mark.parametrize("size", [1, 2, 3, 5, 7])
def test_pieces_may_end_anywhere(monkeypatch: pytest.MonkeyPatch, size: int) -> None:
    monkeypatch.setattr(encoding, "_CHUNK", size)
    for data in (
        ROWS.replace("\n", "\r\n").encode(),
        ROWS.encode("utf-16"),
        ROWS.encode("cp1252"),
        (FILES / "plantly.json").read_bytes(),
    ):
        items = list(read_products(io.BytesIO(data), detect(data, "catalog"), shop()))
        assert items[-2:]
        assert products(items) == products(read(data))


def test_lines_are_physical_lines() -> None:
    rows = 'Handle,Title,Variant Price\nfern,"Two\r\nlines\n",5\nmoss,Moss,x\n'
    assert places(read(rows)) == [(5, "Variant Price")]


def test_a_cell_of_a_megabyte_is_told_and_the_rest_goes_on() -> None:
    title = "x\n" * 500_000
    items = read(f'Handle,Title,Variant Price\nfern,"{title}",5\nmoss,Moss,5\n')
    assert list(products(items)) == ["moss"]
    assert places(items) == [(2, "Title")]


def test_a_cell_without_end_stops_the_reading(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tables, "MAX_CELL", 1000)
    title = "x\n" * 2000
    items = read(f'Handle,Title,Variant Price\nfern,Fern,5\nmoss,"{title}\n')
    assert list(products(items)) == ["fern"]
    (problem,) = problems(items)
    assert "close its quotation mark" in problem.text
    monkeypatch.setattr(tables, "MAX_CELL", 2)
    assert problems(list(read_products(io.BytesIO(ROWS.encode()), "shopify", shop())))
    csv.field_size_limit(1 << 22)


def test_a_line_without_end_stops_the_reading(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(encoding, "MAX_LINE", 1000)
    monkeypatch.setattr(encoding, "_CHUNK", 100)
    items = read(ROWS.encode() + b"x" * 5000)
    assert list(products(items)) == ["fern", "moss"]
    assert "more than 1000 characters" in problems(items)[-1].text


def test_rows_with_too_many_or_too_few_cells() -> None:
    table = Table(io.BytesIO(b"a,b\n1\n1,2,,\n1,2,3\n"))
    rows = list(table.rows())
    assert rows[0] == (2, ["1", "", ""])
    assert rows[1] == (3, ["1", "2", ""])
    assert isinstance(rows[2], Problem)
    assert "has 3 cells, but there are 2 columns" in rows[2].text


def test_a_compressed_file_that_breaks_off_gives_what_stood_before() -> None:
    rows = ROWS + "".join(f"p{n},Title {n},{n}\n" for n in range(50_000))
    packed = gzip.compress(rows.encode())
    with gzip.open(io.BytesIO(packed[: len(packed) // 2])) as stream:
        items = list(read_products(stream, "shopify", shop()))  # type: ignore[arg-type]  # it reads bytes
    assert len(products(items)) > 1000
    assert "breaks off" in problems(items)[-1].text


class _Failing(io.BytesIO):
    def read(self, _size: int | None = -1, /) -> bytes:
        raise OSError("the line went dead")


def test_a_line_that_goes_dead_is_told() -> None:
    stream: BinaryIO = _Failing()
    (problem,) = read_products(stream, "openai-jsonl", shop())
    assert isinstance(problem, Problem)
    assert "the line went dead" in problem.text


def test_names_are_remembered_however_many() -> None:
    seen = SeenNames()
    assert [seen.add(f"name {n}") for n in range(5000)] == [False] * 5000
    assert all(seen.add(f"name {n}") for n in range(5000))
    assert "name 7" in seen
    assert "name 5000" not in seen


@pytest.mark.parametrize(
    "text",
    [
        "{}",
        ' { "a" : [1, 2.5, {"b": null}], "l": [ ] , "c": "\\ud83c\\udf31" } ',
        '{"l": [1, "two", [3], {"four": 4}, true, -5e3]}',
        '{"l": [' + ",".join(["1234567890"] * 100) + '], "z": 12345}',
    ],
)
@pytest.mark.parametrize("size", [1, 4, 1000])
def test_streamed_json_is_json(monkeypatch: pytest.MonkeyPatch, text: str, size: int) -> None:
    monkeypatch.setattr(encoding, "_CHUNK", size)
    found: dict[str, object] = {}
    items: list[object] = []
    for name, value in members(TextStream(io.BytesIO(text.encode())), "l"):
        if name == "l" and value is not json_stream.BEGIN:
            items.append(value)
        elif name != "l":
            found[name] = value
    whole = json.loads(text)
    assert items == whole.pop("l", [])
    assert found == whole


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "not a JSON object"),
        ("[1]", "not a JSON object"),
        ("{", "Expecting value"),
        ('{"a" 1}', "a colon is missing"),
        ("{1: 2}", "name of a member is no text"),
        ('{"a": 1 "b": 2}', "a comma is missing"),
        ('{"a": 1', "it breaks off"),
        ('{"a": "x', "Unterminated string"),
        ('{"a": NaN}', "NaN is no number"),
        ('{"a": {"b": tru} , "c": 1234567890123456}', "Expecting value"),
        ('{"l": 5}', "is not a list"),
        ('{"l": [1, 2', "it breaks off"),
        ("{} {}", "something follows its end"),
        ('{"a": ' + "9" * 5000 + "}", "digits"),
        ('{"a": ' + "[" * 100_000, "nested too deeply"),
        ('{"a": "\\x"}', "Invalid \\escape"),
    ],
)
def test_broken_json_says_what_is_broken(text: str, told: str) -> None:
    with pytest.raises(BrokenJson) as broken:
        list(members(TextStream(io.BytesIO(text.encode())), "l"))
    assert told in str(broken.value)


def test_a_value_without_end_is_not_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(json_stream, "MAX_VALUE", 1000)
    monkeypatch.setattr(encoding, "_CHUNK", 100)
    with pytest.raises(BrokenJson, match="more than 1000 characters"):
        list(members(TextStream(io.BytesIO(b'{"a": "' + b"x" * 100_000)), "l"))
