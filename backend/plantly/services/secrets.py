"""Secrets that an installation makes for itself, once."""

from plantly.db import UnitOfWork
from plantly.payments.sandbox import SandboxSecrets

_API_KEY = "sandbox_api_key"
_WEBHOOK_SECRET = "sandbox_webhook_secret"  # noqa: S105 - the name of a secret, not a secret


def sandbox_secrets(uow: UnitOfWork) -> SandboxSecrets:
    """Return what the shop and its sandbox know of each other; the first call makes it."""
    return SandboxSecrets(
        api_key=uow.shop.keep_secret(_API_KEY, uow.ids.token("sk_sandbox_")),
        webhook_secrets=(uow.shop.keep_secret(_WEBHOOK_SECRET, uow.ids.token("whsec_")),),
    )
