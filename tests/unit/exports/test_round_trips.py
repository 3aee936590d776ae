"""What is exported and imported again is what it was, as far as the format can say it."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from plantly.domain.catalog_document import ProductDocument
from tests.support.exported import FORMATS, read_back, sayable, written
from tests.support.exported_strategies import products


def _slug(product: ProductDocument) -> str:
    return product.slug


def _comes_back(catalog: list[ProductDocument], currency: str) -> None:
    for name in FORMATS:
        back = read_back(written(catalog, name, currency), name, currency)
        said = [sayable(product, name, currency) for product in catalog]
        assert sorted(back, key=_slug) == sorted(said, key=_slug), name


@settings(max_examples=40)
@given(catalog=products())
def test_a_catalog_comes_back_as_it_was_from_every_format(catalog: list[ProductDocument]) -> None:
    _comes_back(catalog, "USD")


@pytest.mark.parametrize("currency", ["JPY", "KWD"])
@settings(max_examples=10)
@given(data=st.data())
def test_prices_are_exact_in_currencies_without_cents(currency: str, data: st.DataObject) -> None:
    _comes_back(data.draw(products(currency)), currency)
