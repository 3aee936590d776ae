"""Which payment provider a shop uses. The others' packages are never imported."""

import httpx

from plantly.domain.ids import Clock
from plantly.payments.gateway import PaymentGateway
from plantly.payments.sandbox import KnownSecrets, SandboxAddress, SandboxGateway
from plantly.settings import Settings


def open_gateway(
    settings: Settings, client: httpx.AsyncClient, sandbox: KnownSecrets, clock: Clock
) -> PaymentGateway:
    """Return the chosen provider, asked through this client."""
    if settings.gr4vy is not None:
        from plantly.payments.gr4vy import Gr4vyGateway  # noqa: PLC0415 - comes with an extra

        return Gr4vyGateway(settings.gr4vy, client, settings.public_origin, clock)
    if settings.stripe is not None:
        from plantly.payments.stripe_checkout import (  # noqa: PLC0415 - comes with an extra
            StripeGateway,
        )

        return StripeGateway(settings.stripe, client, clock)
    elsewhere = settings.sandbox.url
    address = SandboxAddress(
        base_url=elsewhere or settings.loopback_url,
        pay_origin=settings.pay_origin,
        webhook_url=f"{settings.loopback_url}/webhooks/sandbox" if elsewhere else None,
    )
    return SandboxGateway(client, address, sandbox)
