"""Everything the shop refuses, as one tree.

ShopError
├── InvalidInput            the caller sent something that has to be sent differently
├── NotFound                no such thing, or not yours: the two are never told apart
├── VersionConflict         the cart moved on since the caller looked
├── IdempotencyConflict     the same key came with another body
├── OutOfStock              fewer units are left than were asked for
├── QuoteChanged            the total is no longer what the buyer was shown
├── RateLimited             the same was done too often: later it may be done again
├── CheckoutClosed          the checkout session is finished, canceled or expired
├── IllegalMove             a state machine was asked for a move that it does not have
├── ShopNotReady            the shop has not been set up yet
├── Overloaded              more is asked of the shop than it can do at this moment
├── FetchFailed             another server's file could not, or may not, be fetched
└── PaymentError
    ├── ProviderUnavailable the payment provider did not answer, or not in time
    ├── ProviderRejected    the payment provider refused the request
    └── InvalidWebhook      a webhook that cannot be trusted
"""

from typing import ClassVar


class ShopError(Exception):
    """A refusal with a stable code and one sentence for whoever asked."""

    code: ClassVar[str] = "shop_error"

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class InvalidInput(ShopError):
    """A field holds something that has to be sent differently."""

    code = "invalid_input"

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field


class NotFound(ShopError):
    """There is no such thing, or it belongs to somebody else: nobody learns which."""

    code = "not_found"

    def __init__(self, field: str, message: str, *, was_guessed: bool = True) -> None:
        super().__init__(message)
        self.field = field
        self.was_guessed = was_guessed
        """The name may have been a guess: it counts as one for the limits."""


class VersionConflict(ShopError):
    """The cart has another version than the caller expected."""

    code = "version_conflict"

    def __init__(self, *, cart_id: str, expected: int | None, current: int) -> None:
        super().__init__(
            f"expected_version is {expected}, but the cart is at version {current}. Look at the "
            f"cart, then send the change again with expected_version {current}."
            if expected is not None
            else f"mode 'add' needs the expected_version of the cart it adds to: send {current}."
        )
        self.cart_id = cart_id
        self.expected = expected
        self.current = current


class IdempotencyConflict(ShopError):
    """The same idempotency key was used before with another body."""

    code = "idempotency_conflict"


class OutOfStock(ShopError):
    """Fewer units are left than were asked for."""

    code = "out_of_stock"

    def __init__(self, *, sku: str, name: str, requested: int, available: int) -> None:
        left = "none is left" if available <= 0 else f"only {available} left"
        super().__init__(f"{name}: {requested} asked for, {left}.")
        self.sku = sku
        self.name = name
        self.requested = requested
        self.available = available


class QuoteChanged(ShopError):
    """The total is no longer the one that the buyer was shown."""

    code = "quote_changed"


class CheckoutClosed(ShopError):
    """The checkout session takes no more changes."""

    code = "checkout_closed"


class RateLimited(ShopError):
    """The same was done too often; after `retry_after` seconds it may be done again."""

    code = "rate_limited"

    def __init__(
        self, message: str, *, limit: str, retry_after: int, quota: int, window: int
    ) -> None:
        super().__init__(message)
        self.limit = limit
        self.retry_after = retry_after
        self.quota = quota
        """How much there is at most..."""
        self.window = window
        """...and in how many seconds all of it comes back."""


class IllegalMove(ShopError):
    """A state machine was asked for a move that it does not have."""

    code = "illegal_move"

    def __init__(self, current: str, target: str) -> None:
        super().__init__(f"cannot move from {current} to {target}")
        self.current = current
        self.target = target


class ShopNotReady(ShopError):
    """The shop has no configuration or no catalog yet."""

    code = "shop_not_ready"


class Overloaded(ShopError):
    """More is asked of the shop than it can do at this moment: nothing was begun."""

    code = "overloaded"
    retry_after: ClassVar[int] = 2
    """After so many seconds it is worth another try."""

    def __init__(self) -> None:
        super().__init__("The shop is very busy right now: please try again in a moment.")


class FetchFailed(ShopError):
    """Another server's file could not be fetched, or is none that we fetch."""

    code = "fetch_failed"


class PaymentError(ShopError):
    """Something between us and the payment provider went wrong."""

    code = "payment_error"


class ProviderUnavailable(PaymentError):
    """The provider did not answer, or not in time: what it did is unknown."""

    code = "provider_unavailable"


class ProviderRejected(PaymentError):
    """The provider answered, and refused."""

    code = "provider_rejected"


class InvalidWebhook(PaymentError):
    """A webhook whose signature, time or form cannot be trusted."""

    code = "invalid_webhook"
