"""Every pair of states: the moves that exist, and that no other one does."""

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from itertools import product

import pytest

from plantly.domain import checkout, order
from plantly.domain.checkout import CheckoutStatus as C
from plantly.domain.errors import IllegalMove
from plantly.domain.order import OrderStatus as O

OPEN = {C.INCOMPLETE, C.NOT_READY_FOR_PAYMENT, C.READY_FOR_PAYMENT}
FINAL = {C.COMPLETED, C.CANCELED, C.EXPIRED}
ENDS = {C.CANCELED, C.EXPIRED}

CHECKOUT_MOVES: Mapping[C, AbstractSet[C]] = {
    C.INCOMPLETE: OPEN | ENDS,
    C.NOT_READY_FOR_PAYMENT: OPEN | ENDS,
    C.READY_FOR_PAYMENT: OPEN | ENDS | {C.COMPLETE_IN_PROGRESS},
    C.COMPLETE_IN_PROGRESS: {C.READY_FOR_PAYMENT, C.COMPLETED} | ENDS,
    C.COMPLETED: set(),
    C.CANCELED: set(),
    C.EXPIRED: set(),
}
ORDER_MOVES: Mapping[O, AbstractSet[O]] = {
    O.CONFIRMED: {O.PROCESSING, O.SHIPPED, O.CANCELED, O.REFUNDED},
    O.PROCESSING: {O.SHIPPED, O.CANCELED, O.REFUNDED},
    O.SHIPPED: {O.DELIVERED, O.REFUNDED},
    O.DELIVERED: {O.REFUNDED},
    O.CANCELED: set(),
    O.REFUNDED: set(),
}


@pytest.mark.parametrize(("current", "target"), list(product(C, C)))
def test_a_checkout_session_moves_along_its_table_only(current: C, target: C) -> None:
    if target in CHECKOUT_MOVES[current]:
        assert checkout.move(current, target) is target
        return
    with pytest.raises(IllegalMove, match=f"from {current} to {target}") as refused:
        checkout.move(current, target)
    assert (refused.value.current, refused.value.target) == (current, target)


@pytest.mark.parametrize(("current", "target"), list(product(O, O)))
def test_an_order_moves_along_its_table_only(current: O, target: O) -> None:
    if target in ORDER_MOVES[current]:
        assert order.move(current, target) is target
        return
    with pytest.raises(IllegalMove, match=f"from {current} to {target}"):
        order.move(current, target)


@pytest.mark.parametrize("status", C)
def test_a_checkout_session_is_open_final_or_being_paid(status: C) -> None:
    assert checkout.is_open(status) == (status in OPEN)
    assert checkout.is_final(status) == (status in FINAL)


def test_no_order_ever_comes_back_to_where_it_was() -> None:
    def beyond(status: O) -> set[O]:
        return {later for step in ORDER_MOVES[status] for later in {step, *beyond(step)}}

    assert all(status not in beyond(status) for status in O)
