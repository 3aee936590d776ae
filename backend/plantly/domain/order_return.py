"""Goods on their way back: why, and how far it has come."""

from collections.abc import Mapping
from enum import StrEnum

from plantly.domain.errors import IllegalMove

MOST_NOTE = 500
"""Characters of the note that a buyer may write to a return."""


class ReturnReason(StrEnum):
    """Why something goes back. The list is closed: nobody types a person's details here."""

    DAMAGED = "damaged"
    WRONG_ITEM = "wrong_item"
    NOT_AS_DESCRIBED = "not_as_described"
    ARRIVED_LATE = "arrived_late"
    CHANGED_MIND = "changed_mind"
    OTHER = "other"

    @property
    def display_text(self) -> str:
        """Return what buyers and the merchant read."""
        return _TEXTS[self]


_TEXTS: Mapping[ReturnReason, str] = {
    ReturnReason.DAMAGED: "It arrived damaged",
    ReturnReason.WRONG_ITEM: "It is not what was ordered",
    ReturnReason.NOT_AS_DESCRIBED: "It is not as described",
    ReturnReason.ARRIVED_LATE: "It arrived too late",
    ReturnReason.CHANGED_MIND: "It is not needed after all",
    ReturnReason.OTHER: "Another reason",
}


class ReturnStatus(StrEnum):
    """Where a return stands."""

    REQUESTED = "requested"
    APPROVED = "approved"
    DECLINED = "declined"
    RECEIVED = "received"


_S = ReturnStatus
_MOVES: Mapping[ReturnStatus, frozenset[ReturnStatus]] = {
    # A parcel may arrive before anybody has answered.
    _S.REQUESTED: frozenset({_S.APPROVED, _S.DECLINED, _S.RECEIVED}),
    # What was promised to take back and never came ends, too.
    _S.APPROVED: frozenset({_S.DECLINED, _S.RECEIVED}),
    _S.DECLINED: frozenset(),
    _S.RECEIVED: frozenset(),
}


def move(current: ReturnStatus, target: ReturnStatus) -> ReturnStatus:
    """Return `target` if a return may go there.

    Raises:
        IllegalMove: It is past that point.
    """
    if target not in _MOVES[current]:
        raise IllegalMove(current, target)
    return target
