"""Totals agree with a second calculation that was written from docs/totals.md alone."""

import random
from itertools import chain

import pytest

from tests.support.compared_totals import differences
from tests.support.random_shops import RandomOrder, random_order
from tests.support.reference_totals import gaps, reference_totals

_CARTS = 300


@pytest.fixture(scope="module")
def orders() -> dict[str, RandomOrder]:
    seeds = [f"totals/{number}" for number in range(_CARTS)]
    return {seed: random_order(random.Random(seed)) for seed in seeds}  # noqa: S311 - dice


def test_totals_are_what_the_page_says_in_every_row_and_part(
    orders: dict[str, RandomOrder],
) -> None:
    assert {seed: found for seed, order in orders.items() if (found := differences(order))} == {}


def test_parts_add_up_to_the_whole_in_the_second_calculation_too(
    orders: dict[str, RandomOrder],
) -> None:
    answers = [reference_totals(order.shop, order.question) for order in orders.values()]
    assert list(chain.from_iterable(map(gaps, answers))) == []


def test_the_carts_have_everything_that_totals_know(orders: dict[str, RandomOrder]) -> None:
    answers = [reference_totals(order.shop, order.question) for order in orders.values()]
    rows = {row.type for answer in answers for row in answer.rows}
    assert rows == {
        "items_base_amount",
        "items_discount",
        "discount",
        "subtotal",
        "fulfillment",
        "tax",
        "total",
    }
    kinds = {part.tax.kind[2] for a in answers for part in a.lines if part.tax}
    assert kinds == {"added", "included", "exempt"}
    reasons = {reason for answer in answers for _, reason in answer.refused}
    assert len(reasons) == 9
    asked = [order.question for order in orders.values()]
    assert any(q.option and not a.delivery for q, a in zip(asked, answers, strict=True))
    assert any(a.delivery and a.delivery.discounts for a in answers)
    assert any(a.delivery and not a.delivery.net for a in answers)
    assert max(len(question.lines) for question in asked) == 20
