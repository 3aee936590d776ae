"""Read a Checkout Session with all that belongs to it, and what that says of its payment."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta
from typing import Any

import stripe

from plantly.domain.ids import Clock
from plantly.domain.payment import Fact, FactKind
from plantly.payments.gateway import Snapshot
from plantly.payments.stripe_client import ask, rejected, unreadable
from plantly.payments.stripe_facts import (
    Resource,
    dispute_facts,
    failed_later,
    id_of,
    intent_facts,
    refund_facts,
    resources,
    session_facts,
)

_SESSIONS_LIVE = timedelta(hours=24)
_EXPANDED = ["payment_intent.latest_charge.refunds"]
_PER_PAGE = 100
_MOST_PAGES = 5
_ENDED = frozenset({"succeeded", "canceled", "requires_payment_method"})
"""What a PaymentIntent of a complete session comes to; before that, each may be tried again."""


class StripeReader:
    """Reads what Stripe knows, as much as it takes and never without an end."""

    def __init__(self, api: stripe.V1Services, clock: Clock) -> None:
        self._api = api
        self._clock = clock

    async def session(self, session_ref: str) -> Resource | None:
        """Return a session with its PaymentIntent, the charge that counts, and first refunds."""
        return await ask(
            lambda: self._api.checkout.sessions.retrieve_async(session_ref, {"expand": _EXPANDED})
        )

    async def intent(self, session_ref: str) -> str:
        """Return the id of a session's PaymentIntent.

        Raises:
            ProviderRejected: There is none, because nobody has tried to pay.
        """
        session = await self.session(session_ref)
        intent = None if session is None else id_of(session.get("payment_intent"))
        if intent is None:
            raise rejected()
        return intent

    async def snapshot(self, session_ref: str) -> Snapshot | None:
        """Return a payment with its refunds and disputes; None when Stripe does not know it.

        Raises:
            ProviderUnavailable: What Stripe answers is no session at all.
        """
        session = await self.session(session_ref)
        if session is None:
            return None
        name, intent = id_of(session), _intent_in(session)
        if name is None:
            raise unreadable()
        refunds = refund_facts(await self.refunds(session))
        disputes = dispute_facts(await self._disputes(intent))
        facts = (*_of_session(session, intent), *intent_facts(intent), *refunds, *disputes)
        return Snapshot(name, facts, _is_closed(session, intent), id_of(intent))

    async def refunds(self, session: Resource) -> list[Resource]:
        """Return the refunds of a session: the first ten come along, more have to be asked for."""
        intent = _intent_in(session)
        listed = _charge_of(intent).get("refunds")
        if not isinstance(listed, Mapping) or not listed.get("has_more"):
            return resources(listed)
        name = id_of(intent) or ""
        return await _pages(
            lambda after: self._api.refunds.list_async(
                {"payment_intent": name, "limit": _PER_PAGE, "starting_after": after}
            )
        )

    async def find(self, reference: str) -> str | None:
        """Return the session that was made for a payment whose answer we never got.

        Nobody has been given its address, so nobody can pay it: one that is too far back to be
        found does no harm.
        """
        since = int((self._clock() - _SESSIONS_LIVE).timestamp())
        found = await _pages(
            lambda after: self._api.checkout.sessions.list_async(
                {"limit": _PER_PAGE, "created": {"gte": since}, "starting_after": after}
            ),
            until=lambda session: session.get("client_reference_id") == reference,
        )
        return next((id_of(s) for s in found if s.get("client_reference_id") == reference), None)

    async def _disputes(self, intent: Resource) -> list[Resource]:
        if not _charge_of(intent).get("disputed"):
            return []
        name = id_of(intent) or ""
        return await _pages(
            lambda after: self._api.disputes.list_async(
                {"payment_intent": name, "limit": _PER_PAGE, "starting_after": after}
            )
        )


async def _pages(
    read: Callable[[Any], Awaitable[stripe.StripeObject]],
    until: Callable[[Resource], bool] = lambda _: False,
) -> list[Resource]:
    """Return the objects of a few pages, up to the one that is looked for."""
    found: list[Resource] = []
    after: str | None = None
    for _ in range(_MOST_PAGES):
        page = await ask(lambda after=after: read(after))  # type: ignore[misc] # bound at once
        new = resources(page)
        found += new
        if page is None or not new or not page.get("has_more") or any(map(until, new)):
            break
        after = id_of(new[-1])
    return found


def _intent_in(session: Resource) -> Resource:
    """Return the PaymentIntent of a session; nothing before the first try to pay."""
    intent = session.get("payment_intent")
    return intent if isinstance(intent, Mapping) else {}


def _charge_of(intent: Resource) -> Resource:
    charge = intent.get("latest_charge")
    return charge if isinstance(charge, Mapping) else {}


def _of_session(session: Resource, intent: Resource) -> tuple[Fact, ...]:
    """Return what the session says that its PaymentIntent does not say better."""
    if session.get("status") == "complete" and intent.get("status") == "requires_payment_method":
        return failed_later(session)
    facts = session_facts(session)
    return tuple(fact for fact in facts if not intent or fact.kind is not FactKind.CAPTURED)


def _is_closed(session: Resource, intent: Resource) -> bool:
    """Say whether no money can come any more."""
    if session.get("status") == "complete":
        is_due = session.get("payment_status") in {"paid", "unpaid"}
        return intent.get("status") in _ENDED or not is_due
    return session.get("status") == "expired"
