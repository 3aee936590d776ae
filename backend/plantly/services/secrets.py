"""Secrets that an installation makes for itself, once."""

from plantly.db import UnitOfWork
from plantly.payments.sandbox import SandboxSecrets

_API_KEY = "sandbox_api_key"
_WEBHOOK_SECRET = "sandbox_webhook_secret"  # noqa: S105 - the name of a secret, not a secret
_CURSOR = "cursor"


def sandbox_secrets(uow: UnitOfWork) -> SandboxSecrets:
    """Return what the shop and its sandbox know of each other; the first call makes it."""
    return SandboxSecrets(
        api_key=uow.shop.keep_secret(_API_KEY, uow.ids.token("sk_sandbox_")),
        webhook_secrets=(uow.shop.keep_secret(_WEBHOOK_SECRET, uow.ids.token("whsec_")),),
    )


def make_cursor_secret(uow: UnitOfWork) -> None:
    """Make the secret that cursors are signed with, unless there is one."""
    uow.shop.keep_secret(_CURSOR, uow.ids.token("cur_"))


def cursor_secret(uow: UnitOfWork) -> str:
    """Return what cursors are signed with.

    A shop that has not been applied since there are signed cursors uses its version, which nobody
    is told; its cursors are good until it is applied.
    """
    return uow.shop.secret(_CURSOR) or uow.shop.current().version
