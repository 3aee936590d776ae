"""What a provider may be able to do beside everything else: charge a token that was handed over."""

from typing import Protocol, runtime_checkable

from plantly.payments.gateway import PaymentRequest, Snapshot

REQUIRES_3DS = "requires_3ds"
"""The key of the fact that a payment was declined because the buyer has to confirm it first."""


@runtime_checkable
class TokenCharger(Protocol):
    """A provider that charges the tokens of an assistant's payment sheet."""

    async def charge_token(self, request: PaymentRequest, token: str) -> Snapshot:
        """Charge the whole amount of a payment; the same request never charges twice.

        A payment that the bank wants confirmed first comes back declined, with `REQUIRES_3DS` as
        the key of that fact: whoever confirmed it has another token, and begins another payment.

        Raises:
            ProviderUnavailable: It is unknown what the provider did; asking again is safe.
            ProviderRejected: The provider does not know this token.
        """
