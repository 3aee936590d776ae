"""Secrets that an installation makes for itself, once, and changes when it is told to."""

from dataclasses import dataclass

from plantly.db import UnitOfWork
from plantly.domain.errors import InvalidInput, NotFound, ShopNotReady
from plantly.payments.sandbox import SandboxSecrets

_API_KEY = "sandbox_api_key"
_WEBHOOK_SECRET = "sandbox_webhook_secret"  # noqa: S105 - the name of a secret, not a secret
_CURSOR = "cursor"
_ORDER_LINKS = "order_links"
_BEFORE = "{}.before"
"""Where the secret is kept that a newer one has replaced, for as long as it is accepted."""


@dataclass(frozen=True, slots=True)
class SecretKind:
    """A secret that can be changed, as the merchant's command calls it."""

    name: str
    stored: str
    prefix: str
    purpose: str
    overlaps: bool
    """Whether the one before is accepted until it is retired."""


KINDS = (
    SecretKind(
        "sandbox-webhook",
        _WEBHOOK_SECRET,
        "whsec_",
        "signs the sandbox's webhooks",
        overlaps=True,
    ),
    SecretKind("sandbox-key", _API_KEY, "sk_sandbox_", "opens the sandbox's API", overlaps=True),
    SecretKind(
        "order-links",
        _ORDER_LINKS,
        "ord_",
        "proves the addresses of order pages, which stand in mails",
        overlaps=True,
    ),
    SecretKind("cursor", _CURSOR, "cur_", "signs the pages of listings", overlaps=False),
)


@dataclass(frozen=True, slots=True)
class SecretState:
    """What may be told of a secret: everything but the secret."""

    name: str
    purpose: str
    made: bool
    older_accepted: bool


def make_secrets(uow: UnitOfWork) -> SandboxSecrets:
    """Make every secret that a shop needs to open, unless it has them; return the sandbox's."""
    make_order_secret(uow)
    return sandbox_secrets(uow)


def sandbox_secrets(uow: UnitOfWork) -> SandboxSecrets:
    """Return what the shop and its sandbox know of each other; the first call makes it."""
    uow.shop.keep_secret(_API_KEY, uow.ids.token("sk_sandbox_"))
    uow.shop.keep_secret(_WEBHOOK_SECRET, uow.ids.token("whsec_"))
    return known_sandbox_secrets(uow)


def known_sandbox_secrets(uow: UnitOfWork) -> SandboxSecrets:
    """Return the same once it is made: the newest goes first, and an older one still counts.

    Raises:
        ShopNotReady: It has not been made.
    """
    return SandboxSecrets(
        api_key=_made(uow, _API_KEY),
        webhook_secrets=(_made(uow, _WEBHOOK_SECRET), *_older(uow, _WEBHOOK_SECRET)),
        older_api_keys=_older(uow, _API_KEY),
    )


def make_cursor_secret(uow: UnitOfWork) -> None:
    """Make the secret that cursors are signed with, unless there is one."""
    uow.shop.keep_secret(_CURSOR, uow.ids.token("cur_"))


def make_order_secret(uow: UnitOfWork) -> None:
    """Make the secret that proves the addresses of order pages, unless there is one."""
    uow.shop.keep_secret(_ORDER_LINKS, uow.ids.token("ord_"))


def order_secrets(uow: UnitOfWork) -> tuple[str, ...]:
    """Return what proves the address of an order's page, the newest first.

    Raises:
        ShopNotReady: It has not been made.
    """
    return (_made(uow, _ORDER_LINKS), *_older(uow, _ORDER_LINKS))


def list_secrets(uow: UnitOfWork) -> tuple[SecretState, ...]:
    """Return which secrets there are, and of which an older one is accepted."""
    return tuple(
        SecretState(
            kind.name,
            kind.purpose,
            made=uow.shop.secret(kind.stored) is not None,
            older_accepted=bool(_older(uow, kind.stored)),
        )
        for kind in KINDS
    )


def rotate_secret(uow: UnitOfWork, name: str) -> tuple[str, bool]:
    """Make a new secret; return it, and whether the one before is accepted for the time being.

    Raises:
        NotFound: There is no such secret.
        InvalidInput: An older one is still accepted; the one in use would be lost with it.
    """
    kind = _kind(name)
    if _older(uow, kind.stored):
        raise InvalidInput(
            "name",
            f"The {name} secret before this one is still accepted: run `plantly secrets retire "
            f"{name}` first.",
        )
    before = uow.shop.secret(kind.stored)
    made = uow.ids.token(kind.prefix)
    uow.shop.set_secret(kind.stored, made)
    if before is None or not kind.overlaps:
        return made, False
    uow.shop.set_secret(_BEFORE.format(kind.stored), before)
    return made, True


def retire_secret(uow: UnitOfWork, name: str) -> None:
    """Accept the newest secret only.

    Raises:
        NotFound: There is no such secret, or no older one.
    """
    kind = _kind(name)
    if not uow.shop.forget_secret(_BEFORE.format(kind.stored)):
        raise NotFound("name", f"No older {name} secret is accepted: there is nothing to retire.")


def _made(uow: UnitOfWork, stored: str) -> str:
    found = uow.shop.secret(stored)
    if not found:
        raise ShopNotReady("The shop has not made its secrets yet: start it once.")
    return found


def _older(uow: UnitOfWork, stored: str) -> tuple[str, ...]:
    found = uow.shop.secret(_BEFORE.format(stored))
    return () if found is None else (found,)


def _kind(name: str) -> SecretKind:
    for kind in KINDS:
        if kind.name == name:
            return kind
    names = ", ".join(kind.name for kind in KINDS)
    raise NotFound("name", f"There is no such secret: use one of {names}.")
