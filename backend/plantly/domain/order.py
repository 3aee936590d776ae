"""Finished purchases: their states and their numbers."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
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

    @property
    def is_over(self) -> bool:
        """Say whether there is nothing more to be sent, because it was called off or paid back."""
        return self in {OrderStatus.CANCELED, OrderStatus.REFUNDED}


_S = OrderStatus
_MOVES: Mapping[OrderStatus, frozenset[OrderStatus]] = {
    _S.CONFIRMED: frozenset({_S.PROCESSING, _S.SHIPPED, _S.CANCELED, _S.REFUNDED}),
    _S.PROCESSING: frozenset({_S.SHIPPED, _S.CANCELED, _S.REFUNDED}),
    _S.SHIPPED: frozenset({_S.DELIVERED, _S.REFUNDED}),
    _S.DELIVERED: frozenset({_S.REFUNDED}),
    # The money of a canceled order goes back, too; it stays canceled.
    _S.CANCELED: frozenset(),
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


class FulfillmentStatus(StrEnum):
    """How much of an order has left, and whether all of it has arrived."""

    UNFULFILLED = "unfulfilled"
    PARTIALLY_FULFILLED = "partially_fulfilled"
    FULFILLED = "fulfilled"
    DELIVERED = "delivered"


@dataclass(frozen=True, slots=True)
class LineProgress:
    """What has become of the units of one line of an order."""

    sku: str
    bought: int
    sent: int = 0
    dropped: int = 0
    """Refunded before they were sent: they never will be."""
    refunded: int = 0
    refunded_minor: int = 0
    to_restock: int = 0
    """Of what was refunded or came back, how many units belong back on the shelf..."""
    restocked: int = 0
    """...and how many were put there; more than that, when a refund has failed since."""
    kept_off: int = 0
    """Refunded without going back on the shelf."""
    returning: int = 0
    """In returns that were not declined."""

    @property
    def to_send(self) -> int:
        """Return how many units can still be sent."""
        return self.bought - self.sent - self.dropped

    @property
    def refundable(self) -> int:
        """Return how many units can still be refunded."""
        return self.bought - self.refunded

    @property
    def returnable(self) -> int:
        """Return how many units can still come back: sent, and neither returned nor refunded."""
        refunded_after_sending = max(0, self.refunded - self.dropped)
        return max(0, self.sent - max(self.returning, refunded_after_sending))


def fulfillment_status(lines: Iterable[LineProgress], *, all_delivered: bool) -> FulfillmentStatus:
    """Return how far the goods of an order are; `all_delivered` is about what was sent."""
    known = tuple(lines)
    if not any(line.sent for line in known):
        return FulfillmentStatus.UNFULFILLED
    if any(line.to_send for line in known):
        return FulfillmentStatus.PARTIALLY_FULFILLED
    return FulfillmentStatus.DELIVERED if all_delivered else FulfillmentStatus.FULFILLED


_FOLLOWS: Mapping[FulfillmentStatus, OrderStatus] = {
    FulfillmentStatus.UNFULFILLED: OrderStatus.CONFIRMED,
    FulfillmentStatus.PARTIALLY_FULFILLED: OrderStatus.PROCESSING,
    FulfillmentStatus.FULFILLED: OrderStatus.SHIPPED,
    FulfillmentStatus.DELIVERED: OrderStatus.DELIVERED,
}
_WAY = tuple(_FOLLOWS.values())


def follow(current: OrderStatus, goods: FulfillmentStatus) -> OrderStatus:
    """Return the status of an order whose goods have come so far.

    It never goes back, and an order that is over stays what it is: a parcel may arrive after all
    money went back, and units are to be sent again when their refund fails.
    """
    if current.is_over:
        return current
    for step in _WAY[_WAY.index(current) + 1 : _WAY.index(_FOLLOWS[goods]) + 1]:
        current = move(current, step)
    return current


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
