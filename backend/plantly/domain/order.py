"""Finished purchases: their states and their numbers."""

from collections.abc import Mapping
from enum import StrEnum

from plantly.domain.errors import IllegalMove

_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_BITS_PER_CHARACTER = 5
_GROUPS = 4
_GROUP_LENGTH = 4
ORDER_NUMBER_BITS = _GROUPS * _GROUP_LENGTH * _BITS_PER_CHARACTER
"""Random bits in an order number: nobody guesses one."""


class OrderStatus(StrEnum):
    """Where an order stands."""

    CONFIRMED = "confirmed"
    PROCESSING = "processing"
    SHIPPED = "shipped"
    DELIVERED = "delivered"
    CANCELED = "canceled"
    REFUNDED = "refunded"


_S = OrderStatus
_MOVES: Mapping[OrderStatus, frozenset[OrderStatus]] = {
    _S.CONFIRMED: frozenset({_S.PROCESSING, _S.SHIPPED, _S.CANCELED, _S.REFUNDED}),
    _S.PROCESSING: frozenset({_S.SHIPPED, _S.CANCELED, _S.REFUNDED}),
    _S.SHIPPED: frozenset({_S.DELIVERED, _S.REFUNDED}),
    _S.DELIVERED: frozenset({_S.REFUNDED}),
    _S.CANCELED: frozenset({_S.REFUNDED}),
    _S.REFUNDED: frozenset(),
}


def move(current: OrderStatus, target: OrderStatus) -> OrderStatus:
    """Return `target` if an order may go there.

    Raises:
        IllegalMove: The order is past that point.
    """
    if target not in _MOVES[current]:
        raise IllegalMove(current, target)
    return target


def order_number(prefix: str, random_bits: int) -> str:
    """Write random bits as a number for people: `PL-4X7K-9Q2M-TB3V-H6WD`.

    The alphabet is Crockford's base 32, which has no I, L, O or U.
    """
    characters = [
        _ALPHABET[(random_bits >> shift) & (len(_ALPHABET) - 1)]
        for shift in range(0, ORDER_NUMBER_BITS, _BITS_PER_CHARACTER)
    ]
    text = "".join(characters)
    groups = [text[i : i + _GROUP_LENGTH] for i in range(0, len(text), _GROUP_LENGTH)]
    return "-".join([prefix, *groups])


def read_order_number(typed: str) -> str:
    """Return an order number as we write it, from one as people type it."""
    cleaned = "".join(typed.upper().split())
    head, dash, tail = cleaned.partition("-")
    return head + dash + tail.replace("O", "0").replace("I", "1").replace("L", "1")
