"""Cursors: where a listing goes on, as text that only this shop can have written."""

import hmac
import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error
from functools import lru_cache
from hashlib import sha256

from plantly.domain.catalog import Position, Sort
from plantly.domain.errors import InvalidInput

_SIGNATURE = 9
"""Bytes of the signature: enough against guessing, short enough for a model to repeat."""
_LONGEST = 2000


def sign_cursor(position: Position, sort: Sort, secret: str) -> str:
    """Return the cursor of a position; it is good for this sort only."""
    key = position.key
    # Most keys are numbers, which JSON writes as Python does.
    written = str(key) if isinstance(key, int) else json.dumps(key)
    said = f"{written},{position.product_id}".encode()
    return urlsafe_b64encode(_signature(said, sort, secret) + said).decode().rstrip("=")


def read_cursor(text: str, sort: Sort, secret: str) -> Position:
    """Return the position that a cursor stands for.

    Raises:
        InvalidInput: It is not one of ours, or belongs to another sort.
    """
    try:
        raw = urlsafe_b64decode(text[:_LONGEST].encode("ascii") + b"===")
    except (Error, ValueError) as error:
        raise _refusal() from error
    signature, said = raw[:_SIGNATURE], raw[_SIGNATURE:]
    if not hmac.compare_digest(signature, _signature(said, sort, secret)):
        raise _refusal()
    key, product_id = json.loads(b"[" + said + b"]")
    return Position(key, product_id)


def _signature(said: bytes, sort: Sort, secret: str) -> bytes:
    signing = _keyed(sort, secret).copy()
    signing.update(said)
    return signing.digest()[:_SIGNATURE]


@lru_cache(16)
def _keyed(sort: Sort, secret: str) -> "hmac.HMAC":
    """Return what signs for one sort: to take a key in takes longer than to sign."""
    return hmac.new(secret.encode(), f"cursor {sort} ".encode(), sha256)


def _refusal() -> InvalidInput:
    text = "cursor is not one of this listing in this sort: send next_cursor as given."
    return InvalidInput("cursor", text)
