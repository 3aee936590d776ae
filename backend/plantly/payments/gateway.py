"""What the shop asks of a payment provider, in values that no provider owns."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from plantly.domain.payment import Fact


@dataclass(frozen=True, slots=True)
class RequestLine:
    """What the buyer sees of a line on the provider's page: the payment's amount decides."""

    name: str
    quantity: int
    unit_amount_minor: int
    sku: str


@dataclass(frozen=True, slots=True)
class PaymentRequest:
    """A payment to be started. `reference` is our name for it and comes back in every webhook.

    The lines add up to the amount; there are none when discounts, delivery or taxes are part of it.
    """

    reference: str
    amount_minor: int
    currency: str
    description: str
    return_url: str
    idempotency_key: str
    expires_at: datetime
    lines: tuple[RequestLine, ...] = ()


@dataclass(frozen=True, slots=True)
class StartResult:
    """The provider's name for a payment, and the page on which the buyer pays."""

    session_ref: str
    redirect_url: str


@dataclass(frozen=True, slots=True)
class EmbedRequest:
    """A payment whose form is to be shown on a page of ours."""

    reference: str
    session_ref: str
    amount_minor: int
    currency: str
    country: str


@dataclass(frozen=True, slots=True)
class EmbedForm:
    """A provider's payment form inside a page of ours, for one rendering of that page."""

    script_url: str
    options: Mapping[str, Any] = field(repr=False)
    """What the script is set up with; the token in it is for this buyer's browser only."""
    script_origins: tuple[str, ...]
    frame_origins: tuple[str, ...]
    connect_origins: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PaymentRef:
    """How to ask for a payment: by the provider's name, or by ours while that is unknown."""

    reference: str
    session_ref: str | None


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A payment as the provider has it now; once `closed`, no money can come any more."""

    session_ref: str
    facts: tuple[Fact, ...]
    closed: bool
    payment_ref: str | None = None
    """The provider's name for the money itself, where some webhooks name only that."""


@dataclass(frozen=True, slots=True)
class RefundRequest:
    """Money to be given back."""

    session_ref: str
    amount_minor: int
    currency: str
    idempotency_key: str
    keep_minor: int = 0
    """How much of all charges has to stay: with less left, it is refused."""


@dataclass(frozen=True, slots=True)
class RefundResult:
    """The provider's name for a refund, and the payment's facts since."""

    refund_ref: str
    facts: tuple[Fact, ...]


@dataclass(frozen=True, slots=True)
class VerifiedEvent:
    """A webhook that the provider has certainly sent. `event_id` is inside what was signed."""

    event_id: str
    type: str
    payload: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class NormalizedEvent:
    """What a webhook says: about which payment, and what; nothing when it is none of our kinds."""

    reference: str | None
    session_ref: str | None
    facts: tuple[Fact, ...]
    payment_ref: str | None = None


class PaymentGateway(Protocol):
    """A payment provider with a page of its own for the buyer, or a form inside one of ours.

    Whatever talks to the provider raises `ProviderUnavailable` when it is unknown what the provider
    did, and `ProviderRejected` when the provider has refused. A repeated idempotency key never
    does a thing twice.
    """

    @property
    def name(self) -> str:
        """Return the provider's name, as it stands in addresses and rows."""

    @property
    def pay_origin(self) -> str:
        """Return the origin of the page on which the buyer pays."""

    async def start(self, request: PaymentRequest) -> StartResult:
        """Start a payment, or find the one that the same key has started."""

    def embed(self, request: EmbedRequest) -> EmbedForm | None:
        """Return the form of a started payment; None for a provider with a page of its own.

        It calls nobody. Each rendering gets a token of its own for the same payment.
        """

    async def fetch(self, ref: PaymentRef) -> Snapshot | None:
        """Read a payment; None when the provider does not know it."""

    async def cancel_session(self, session_ref: str) -> None:
        """Let the buyer pay no more; what is paid already stays paid."""

    async def capture(
        self, session_ref: str, amount_minor: int, currency: str, key: str
    ) -> Snapshot:
        """Take exactly this much of what was authorized; return the payment as it is then."""

    async def void(self, session_ref: str, key: str) -> Snapshot:
        """Let go of what was authorized and not captured; return the payment as it is then."""

    async def refund(self, request: RefundRequest) -> RefundResult:
        """Give money back."""

    def verify(self, headers: Mapping[str, str], body: bytes, now: datetime) -> VerifiedEvent:
        """Return the event if the provider has signed these very bytes just now.

        Header names are in lower case.

        Raises:
            InvalidWebhook: Nothing in it can be trusted.
        """

    def normalize(self, event: VerifiedEvent) -> NormalizedEvent:
        """Return what an event says; unknown types and states say nothing and never raise."""
