"""What a provider tells of payments: stories of events, and how each has to end."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from plantly.domain.checkout import CheckoutStatus

Event = dict[str, Any]


@dataclass(frozen=True)
class Scene:
    """One event: the payment as the provider has it at that moment."""

    status: str
    refunds: tuple[tuple[str, str], ...] = ()
    """Which part of the amount (`half`, `rest` or `all`), and how far it has gone back."""
    currency: str = ""
    more: int = 0
    """Minor units beside what was asked for."""


@dataclass(frozen=True)
class Story:
    """Events in the order in which they happen, and what has to be true afterwards."""

    name: str
    scenes: tuple[Scene, ...]
    order: str | None
    """Where the order stands; none for no order."""
    refund: bool = False
    """Whether the shop decides that all of it goes back."""
    session: CheckoutStatus = CheckoutStatus.COMPLETE_IN_PROGRESS
    """Where the session stands before anything is heard: the shop may have closed it itself."""


_PAID: Final = Scene("captured")
_HALF: Final = (("half", "succeeded"),)
_ALL: Final = (*_HALF, ("rest", "succeeded"))

STORIES: Final = (
    Story("captured", (_PAID,), "confirmed"),
    Story("pending, captured", (Scene("pending"), _PAID), "confirmed"),
    Story("declined", (Scene("declined"),), None),
    Story("declined, then captured", (Scene("declined"), _PAID), "confirmed"),
    Story("refunded in part", (_PAID, Scene("captured", _HALF)), "confirmed"),
    Story(
        "refunded in full",
        (_PAID, Scene("captured", _HALF), Scene("captured", _ALL)),
        "refunded",
    ),
    Story("first heard of when it was refunded", (Scene("captured", _ALL),), "refunded"),
    Story(
        "refund failed",
        (
            _PAID,
            Scene("captured", (("all", "pending"),)),
            Scene("captured", (("all", "failed"),)),
        ),
        "confirmed",
    ),
    Story("authorized, captured", (Scene("authorized"), _PAID), "confirmed"),
    Story("authorized, voided", (Scene("authorized"), Scene("voided")), None),
    Story(
        "late, after a cancel",
        (Scene("canceled"), _PAID),
        None,
        refund=True,
        session=CheckoutStatus.CANCELED,
    ),
    Story(
        "late, after expiry",
        (Scene("expired"), _PAID),
        None,
        refund=True,
        session=CheckoutStatus.EXPIRED,
    ),
    Story("too much", (Scene("pending"), Scene("captured", more=1)), None, refund=True),
    Story("too little", (Scene("captured", more=-1),), None, refund=True),
    Story("wrong currency", (Scene("captured", currency="EUR"),), None, refund=True),
)


def tell(story: Story, number: int, amount_minor: int) -> list[Event]:
    """Give the events of a story about the payment of that number."""
    return [
        {
            "id": f"evt_{number}_{place}",
            "type": f"payment.{scene.status}",
            "payment": _resource(scene, number, amount_minor),
        }
        for place, scene in enumerate(story.scenes)
    ]


def cast(events: int) -> list[Story]:
    """Choose stories in turn until there are at least so many events."""
    chosen: list[Story] = []
    told = 0
    while told < events:
        story = STORIES[len(chosen) % len(STORIES)]
        chosen.append(story)
        told += len(story.scenes)
    return chosen


def _resource(scene: Scene, number: int, amount_minor: int) -> Mapping[str, Any]:
    captured = amount_minor + scene.more if scene.status == "captured" else 0
    return {
        "id": f"sbx_{number}",
        "reference": f"pay_{number}",
        "status": scene.status,
        "amount_minor": amount_minor,
        "currency": scene.currency or "USD",
        "authorized_minor": amount_minor if scene.status == "authorized" else 0,
        "captured_minor": captured,
        "refunds": _refunds(scene, number, amount_minor),
    }


def _refunds(scene: Scene, number: int, amount_minor: int) -> Sequence[Mapping[str, Any]]:
    """Give the refunds so that the halves add up to the whole."""
    half = amount_minor // 2
    amounts = {"half": half, "rest": amount_minor - half, "all": amount_minor}
    return [
        {"id": f"sbr_{number}_{name}", "status": status, "amount_minor": amounts[name]}
        for name, status in scene.refunds
    ]
