"""The terms of sale: which version a buyer is asked to accept, and which one was accepted."""

import hashlib
from dataclasses import dataclass

from plantly.db import UnitOfWork
from plantly.db.tables import CheckoutRow
from plantly.domain.errors import InvalidInput
from plantly.domain.said import Said
from plantly.domain.shop import ShopConfig

TOPIC = "terms"
"""The policy that buyers accept before they pay."""

_VERSION_LENGTH = 12


@dataclass(frozen=True, slots=True)
class Terms:
    """The terms of sale as they are now; another text is another version."""

    title: str
    version: str


def terms_of(shop: ShopConfig) -> Terms | None:
    """Return what has to be accepted before paying, or nothing when the shop has no terms."""
    policy = next((policy for policy in shop.policies if policy.topic == TOPIC), None)
    if policy is None:
        return None
    digest = hashlib.sha256(policy.text.encode()).hexdigest()
    return Terms(policy.title, digest[:_VERSION_LENGTH])


def accept_terms(uow: UnitOfWork, checkout: CheckoutRow, version: str | None) -> None:
    """Keep which version a buyer accepts by pressing Pay, and when.

    Raises:
        InvalidInput: The shop has terms, and these have not been accepted as they are now.
    """
    terms = terms_of(uow.shop.current().config)
    if terms is None:
        checkout.terms_version = checkout.terms_accepted_at = None
        return
    if not version:
        text = f"Tick this box to accept: {terms.title}."
        raise InvalidInput("terms", Said(text, "form.accept", terms=terms.title))
    if version != terms.version:
        text = f"{terms.title} changed since this page was shown: please read and accept again."
        raise InvalidInput("terms", Said(text, "form.accept_again", terms=terms.title))
    checkout.terms_version, checkout.terms_accepted_at = version, uow.now
