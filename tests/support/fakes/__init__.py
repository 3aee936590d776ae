"""What a payment provider made for tests has to be: the real HTTP of its API over its own ledger.

A fake is an ASGI app with methods beside it: the buyer's, the post's and the auditor's. They are
plain functions, called between two requests; what they change is told by webhooks, which wait in
`events()` until somebody carries them to the shop. `tests/support/fakes/rig.py` puts a fake and a
shop together.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, Protocol

from starlette.types import ASGIApp

from plantly.domain.ids import Clock

RefundOutcome = Literal["succeeded", "pending", "failed", "refused"]
"""`pending` waits for `settle_refunds`; `refused` is an error of the API, and no refund."""


@dataclass
class Knobs:
    """How a fake misbehaves; every knob stays until it is turned back."""

    wrong_amount: int | None = None
    """What is captured instead of what was asked for."""
    wrong_currency: str | None = None
    """Upper case; what is captured is in this currency."""
    refund: RefundOutcome = "succeeded"
    busy: int | None = None
    """An HTTP status that every API call is answered with, before anything is done."""
    busy_after: int | None = None
    """The same, after everything was done."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """A webhook on the wire; header names are spelled as the provider's documents do."""

    event_id: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Ledger:
    """What a provider knows of one session; amounts are in minor units.

    `refunded_minor` is what has certainly gone back, `refund_pending_minor` what is on its way.
    """

    currency: str
    authorized_minor: int = 0
    captured_minor: int = 0
    refunded_minor: int = 0
    refund_pending_minor: int = 0
    charges: int = 0
    """How often money was taken."""
    is_open: bool = True
    """Whether a buyer can still pay."""


@dataclass
class FakeSecrets:
    """What the fake and the shop know of each other; the newest webhook secret signs."""

    api_key: str = field(repr=False)
    webhook_secrets: list[str] = field(repr=False)


class FakeProvider(Protocol):
    """A provider of the real world's manners, without its money.

    It is made with `(clock, origin)`: the clock tells when sessions expire and what time stands in
    webhooks, the origin is where the shop finds its API, such as `http://127.0.0.1:9101`.
    """

    name: str
    origin: str
    app: ASGIApp
    clock: Clock
    knobs: Knobs
    secrets: FakeSecrets

    def environment(self) -> Mapping[str, str]:
        """Give the settings which make a shop use this provider: exactly what a merchant sets.

        They name the provider, its key, its webhook secrets and its loopback addresses.
        """

    def takes_key(self, method: str, path: str) -> bool:
        """Say whether the API knows idempotency keys for this call."""

    def sessions(self) -> list[str]:
        """Name every checkout session, oldest first."""

    # What a buyer does on the provider's page. Where the page would not let a buyer do it any more
    # (the session is over), nothing happens.

    def approve(self, session_ref: str) -> None:
        """Pay: money is captured, as much as the knobs say."""

    def authorize(self, session_ref: str) -> None:
        """Pay, with money that is only set aside so far."""

    def decline(self, session_ref: str) -> None:
        """Try to pay; the bank says no. Where the real session stays open, so does this one."""

    def challenge(self, session_ref: str) -> None:
        """Try to pay; the bank asks for 3-D Secure first, and nothing is final."""

    def confirm(self, session_ref: str) -> None:
        """Pass 3-D Secure: money is captured."""

    def fail_challenge(self, session_ref: str) -> None:
        """Fail 3-D Secure: that attempt is declined."""

    def pay_later(self, session_ref: str) -> None:
        """Choose a way to pay that takes days: the session is used, and no money has come."""

    def settle(self, session_ref: str, *, succeeds: bool = True) -> None:
        """Let days pass: money that was to come later comes, or never will."""

    def abandon(self, session_ref: str) -> None:
        """Go back without paying, as the provider's page offers it."""

    # What happens without a buyer.

    def expire(self, session_ref: str) -> None:
        """End a session whose time is over, if the clock says so, and tell of it."""

    def approve_late(self, session_ref: str) -> None:
        """Capture money although the session is canceled, expired or paid already."""

    def settle_refunds(self, *, succeeds: bool = True) -> None:
        """Let every pending refund succeed or fail, and tell of it."""

    # The post.

    def events(self) -> list[Delivery]:
        """Give the webhooks that nobody has been given yet, oldest first, signed as of now."""

    def sign(self, body: bytes, secret: str | None = None) -> Mapping[str, str]:
        """Give the headers of a webhook with this body, signed now with this or the newest key."""

    # The auditor.

    def ledger(self, session_ref: str) -> Ledger:
        """Say what is known of a session."""
