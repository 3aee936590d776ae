"""Ask the provider about payments because a person wants to know."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from plantly.db import Database
from plantly.domain.errors import NotFound, ProviderUnavailable
from plantly.payments.gateway import PaymentGateway, PaymentRef
from plantly.services.payment_care import references_to_ask
from plantly.services.payment_changes import changes, picture
from plantly.services.workflows.reconcile import check_payment, read_payment

Progress = Callable[[int, int], None]

_PATIENCE = 3
"""After so many payments in a row without an answer the provider is taken for down."""


@dataclass(frozen=True, slots=True)
class Asking:
    """Which payments: one, those that are not settled, or every one."""

    reference: str | None = None
    all: bool = False


@dataclass(frozen=True, slots=True)
class Asked:
    """What came of asking about one payment."""

    reference: str
    answered: bool
    changes: tuple[str, ...]


async def ask_now(
    db: Database, gateway: PaymentGateway, asking: Asking, progress: Progress
) -> list[Asked]:
    """Ask about each payment, whenever it would be its turn; stop when nobody answers.

    Raises:
        NotFound: There is no such payment at this provider.
    """
    references = await _wanted(db, gateway.name, asking)
    done: list[Asked] = []
    silent = 0
    for reference in references:
        progress(len(done), len(references))
        one = Asked(reference, answered=False, changes=())
        if silent < _PATIENCE:
            one = await _ask(db, gateway, reference)
            silent = 0 if one.answered else silent + 1
        done.append(one)
    progress(len(done), len(references))
    return done


async def _wanted(db: Database, provider: str, asking: Asking) -> tuple[str, ...]:
    one = asking.reference
    if one is not None:
        if not await db.read(lambda uow: uow.payments.knows(provider, one)):
            raise NotFound("reference", f"There is no payment {one} at {provider}.")
        return (one,)
    return await db.read(partial(references_to_ask, provider=provider, all_=asking.all))


async def _ask(db: Database, gateway: PaymentGateway, reference: str) -> Asked:
    before = await db.read(partial(picture, reference=reference))
    try:
        if not before.is_settled:
            await check_payment(db, gateway, reference)
        else:
            ref = await db.read(lambda uow: uow.payments.session_of(reference))
            await read_payment(db, gateway, PaymentRef(reference, ref))
    except ProviderUnavailable:
        return Asked(reference, answered=False, changes=())
    after = await db.read(partial(picture, reference=reference))
    return Asked(reference, answered=True, changes=changes(before, after))
