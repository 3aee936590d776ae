"""What is left of portions is looked for between them."""

import gc
import weakref

import pytest

from plantly.domain.catalog_document import ProductDocument
from plantly.services.formats.portions import Portion
from plantly.services.formats.reading import ReadProduct
from plantly.services.workflows.import_garbage import LeftBehind, looking_between_portions

EVERY = 4


class _Cycle:
    """Something that holds on to itself."""

    def __init__(self) -> None:
        self.itself = self


def portion() -> Portion:
    document = ProductDocument(slug="fern", title="Fern", variants=())
    return Portion(1, products=[ReadProduct(1, document)])


def test_a_portion_that_is_let_go_holds_no_products() -> None:
    done = portion()
    LeftBehind().let_go(done)
    assert (done.products, done.groundwork) == ([], None)


def test_cycles_are_looked_for_after_a_few_portions_where_python_does_not() -> None:
    with looking_between_portions():
        assert not gc.isenabled()
        left, cycle = LeftBehind(), weakref.ref(_Cycle())
        for _ in range(EVERY - 1):
            left.let_go(portion())
            assert cycle() is not None
        left.let_go(portion())
        assert cycle() is None
    assert gc.isenabled()


def test_a_server_that_imports_looks_when_it_always_does(monkeypatch: pytest.MonkeyPatch) -> None:
    looked: list[int] = []
    monkeypatch.setattr(gc, "collect", lambda: looked.append(1))
    left = LeftBehind()
    for _ in range(EVERY):
        left.let_go(portion())
    assert not looked


def test_who_does_not_look_anyway_is_left_as_they_are() -> None:
    gc.disable()
    try:
        with looking_between_portions():
            assert not gc.isenabled()
        assert not gc.isenabled()
    finally:
        gc.enable()
