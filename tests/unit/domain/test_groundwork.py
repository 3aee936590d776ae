"""What can be worked out of products before the shop is asked for them."""

import pytest

from plantly.domain.catalog import COLLECTION, Facet, FacetKind, PublishState
from plantly.domain.catalog_document import CategoryDocument
from plantly.domain.groundwork import Groundworks, title_as_new
from plantly.domain.word_counts import own_filters
from plantly.domain.words import filter_token
from tests.support.catalog_documents import COLOR, HARDY, HEIGHT, item, piece

FERN = item(
    "fern",
    piece("F-1", title=None, options=("12 cm", "Clay"), gtin="4006381333931"),
    options=("Size", "Pot"),
    brand="Gärtner & Co",
    category=CategoryDocument("foliage", "Foliage"),
    tags=("shade",),
    facets={"color": ("Green", "Green"), "hardy": ("true",), "height": ("12",), "odd": ("x",)},
    collections=("New", "New"),
    description="A fern.",
)


def works(*facets: Facet) -> Groundworks:
    made = Groundworks()
    made.know(facets)
    return made


def test_a_product_is_found_by_all_its_names() -> None:
    done = works(COLOR, HARDY, HEIGHT).of([FERN])
    (texts,), (columns,) = done.texts, done.columns
    assert texts is not None
    assert columns is not None
    assert texts.labels == (
        *("Gärtner & Co", "Foliage", "shade", "Green", "Hardy", "New"),
        *("12 cm / Clay", "F-1", "12 cm", "Clay", "4006381333931"),
    )
    assert texts.body == ("A fern.", "")
    filters = ("category", "foliage"), ("color", "Green"), ("hardy", "true"), (COLLECTION, "New")
    assert texts.filters == filters
    assert own_filters(columns) == [filter_token(*pair) for pair in filters]
    assert [word for word, *_ in done.words] == sorted(" ".join(columns[1:4]).split())
    assert {count for *_, count in done.filters} == {1}
    assert done.problems == [[]]


def test_a_no_and_a_shop_without_facets_name_nothing() -> None:
    thorny = item("cactus", facets={"hardy": ("false",), "color": ()})
    (texts,) = works(HARDY).of([thorny]).texts
    assert texts is not None
    assert texts.labels == ("", "Other", "", "cactus-sku")
    assert texts.filters == (("category", "other"), ("hardy", "false"))


@pytest.mark.parametrize(
    ("changes", "wrong"),
    [
        ({"title": ""}, ["title"]),
        ({"title": "\ud800"}, ["title"]),
        ({"state": PublishState.DRAFT}, []),
        ({"facets": {"color": ("\ud800",)}}, []),
        ({"collections": ("\0",)}, []),
    ],
)
def test_what_nobody_may_find_has_no_words(changes: dict[str, object], wrong: list[str]) -> None:
    done = works(COLOR).of([item("ivy", **changes), FERN])
    assert [field for field, _ in done.problems[0]] == wrong
    assert (done.texts[0], done.columns[0]) == (None, None)
    assert done.filters == works(COLOR).of([FERN]).filters


def test_it_fits_the_same_products_and_the_same_texts() -> None:
    done = works(COLOR).of([item("ivy", title=""), FERN, item("moss")])
    _, fern, moss = done.texts
    assert fern is not None
    assert moss is not None
    assert done.fits({1: fern, 2: moss})
    assert not done.fits({1: fern})
    assert not done.fits({0: moss, 1: fern})
    assert not done.fits({1: fern, 2: moss._replace(title="Peat")})
    assert not done.fits({0: moss, 1: fern, 2: moss})


def test_a_new_variant_without_a_title_is_called_by_its_options() -> None:
    assert title_as_new(piece("F-1", title=None, options=("12 cm", "Clay"))) == "12 cm / Clay"
    assert title_as_new(piece("F-1", title="", options=("12 cm",))) == ""


def test_facets_that_come_later_are_known_later() -> None:
    made = Groundworks()
    assert made.of([FERN]).texts != works(COLOR).of([FERN]).texts
    made.know([COLOR])
    assert made.of([FERN]).texts == works(COLOR).of([FERN]).texts
    made.know([Facet("color", "Color", (), FacetKind.RANGE)])
    assert made.of([FERN]).texts == works().of([FERN]).texts
