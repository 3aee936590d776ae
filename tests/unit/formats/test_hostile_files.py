"""No file, however mutilated, ends in anything but products and problems."""

import io
import random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from plantly.domain.catalog_checks import problems_of
from plantly.domain.catalog_document import CatalogHead
from plantly.services.formats.reading import (
    FORMATS,
    Item,
    Problem,
    ReadProduct,
    detect,
    read_products,
)
from plantly.services.formats.tidy import tidy
from tests.unit.formats.reads import FILES, shop

SAMPLES = {path.name: path.read_bytes() for path in sorted(FILES.iterdir())}
PIECES = [
    b"",
    b"\x00",
    b'"',
    b",",
    b"\n",
    b"\r",
    b"\t",
    b"<",
    b"&#0;",
    b"&bogus;",
    b"</item>",
    b"<item>",
    b"{",
    b"}",
    b"[",
    b"\\",
    b"\\ud800",
    b"\xff",
    b"\xed\xa0\x80",
    b"-1",
    b"1e9",
    b"99999999999999999999",
    b"\xe2\x80\xae",
    b"\xe2\x80\x8b",
    b"null",
    b"true",
    b"[]",
    b"USD",
    b"9999-12-31",
    b"'=1",
    b"<script>alert(1)</script>",
    b"x" * 400,
]


def check(items: list[Item]) -> None:
    for item in items:
        if isinstance(item, Problem):
            assert item.line >= 1
            assert item.field
            assert item.text.endswith((".", "!"))
            item.text.encode()
            item.field.encode()
        elif isinstance(item, ReadProduct):
            assert problems_of(item.product) == []
            for text in (item.product.title, item.product.description or "", item.product.slug):
                assert text == tidy(text)
            assert all(not note.drops_row for note in item.notes)
        else:
            assert isinstance(item, CatalogHead)


def read(data: bytes, chosen: str) -> None:
    check(list(read_products(io.BytesIO(data), chosen, shop())))


@given(data=st.binary(max_size=400), chosen=st.sampled_from(FORMATS))
def test_any_bytes_can_be_read(data: bytes, chosen: str) -> None:
    read(data, chosen)


@given(text=st.text(max_size=300), chosen=st.sampled_from(FORMATS))
def test_any_text_can_be_read(text: str, chosen: str) -> None:
    read(text.encode("utf-8", "replace"), chosen)


@pytest.mark.parametrize("name", SAMPLES)
@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(seed=st.integers(0, 2**32), count=st.integers(1, 6))
def test_any_mutation_of_a_good_file_can_be_read(name: str, seed: int, count: int) -> None:
    data = SAMPLES[name]
    chosen = detect(data, name)
    dice = random.Random(seed)  # noqa: S311 - mutations, not secrets
    for _ in range(count):
        at = dice.randrange(len(data) + 1)
        gone = dice.choice([0, 0, 1, 5, 50])
        data = data[:at] + dice.choice(PIECES) + data[at + gone :]
    read(data, chosen)


@pytest.mark.parametrize("name", SAMPLES)
def test_any_beginning_of_a_good_file_can_be_read(name: str) -> None:
    data = SAMPLES[name]
    for end in range(0, len(data), max(1, len(data) // 150)):
        read(data[:end], detect(data, name))


@pytest.mark.parametrize("name", SAMPLES)
@pytest.mark.parametrize("chosen", FORMATS)
def test_a_file_of_one_format_can_be_read_as_another(name: str, chosen: str) -> None:
    read(SAMPLES[name], chosen)
