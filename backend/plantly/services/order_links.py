"""The address of an order's page: the order's number, and a proof that the shop gave it out.

An order number is on every parcel and in the conversation. Only who got the shop's mail, or paid
in this browser, has the proof, and sees the delivery address with it.
"""

import hashlib
import hmac
from base64 import urlsafe_b64encode
from typing import Final

from plantly.db import UnitOfWork
from plantly.db.tables import OrderRow
from plantly.services.secrets import order_secrets

_PROOF_BYTES: Final = 18
_LONGEST: Final = 80


def order_path(uow: UnitOfWork, order_number: str) -> str:
    """Return the path of an order's page; in a unit that reads, the secret has to be made."""
    return f"/order/{order_token(uow, order_number)}"


def order_token(uow: UnitOfWork, order_number: str) -> str:
    """Return what stands for an order in the address of its page."""
    return f"{order_number}_{_proof(order_secrets(uow)[0], order_number)}"


def order_of_token(uow: UnitOfWork, token: str) -> OrderRow | None:
    """Return the order of a token, if the shop gave that out: nothing else is even looked up."""
    number, _, proof = token.partition("_")
    if len(token) > _LONGEST or not token.isascii() or not proof:
        return None
    # Every secret is tried, whichever fits: the time taken tells nothing.
    fits = [hmac.compare_digest(_proof(key, number), proof) for key in order_secrets(uow)]
    return uow.orders.by_number(number) if any(fits) else None


def _proof(secret: str, order_number: str) -> str:
    """Return 24 characters that cannot be found without the secret."""
    text = f"order page {order_number}"
    digest = hmac.new(secret.encode(), text.encode(), hashlib.sha256).digest()
    return urlsafe_b64encode(digest[:_PROOF_BYTES]).decode()
