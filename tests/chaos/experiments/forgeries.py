"""Webhooks that nobody may believe, about payments that are waiting for just such a word."""

import asyncio
import json
import random
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Final

from plantly.db import UnitOfWork
from plantly.domain.errors import InvalidWebhook
from plantly.payments.signatures import SignatureChecker
from plantly.services.secrets import retire_secret, rotate_secret
from tests.chaos.lab import Experiment, Lab, Outcome
from tests.chaos.shops_here import Begun, begin, deliver, open_shop, prepared, quiet, wrong_in
from tests.chaos.stories import STORIES, tell
from tests.support.forgeries import MUTATIONS, Known, Webhook, signed
from tests.support.pay_shop import PayShop
from tests.support.shop import dump

_PAYMENTS: Final = 24
_POSTED_PART: Final = 0.1
_OK: Final = 200
_REFUSED: Final = 401
_SECRET: Final = "sandbox-webhook"


def _run(lab: Lab) -> Outcome:
    with quiet():
        return asyncio.run(_forge(lab, prepared(lab, "forgeries")))


async def _forge(lab: Lab, url: str) -> Outcome:
    counts: Counter[str] = Counter()
    async with open_shop(url) as shop:
        begun = await shop.db.write(lambda uow: [begin(uow, n) for n in range(_PAYMENTS)])
        before = await dump(shop.db)
        findings = await _try_all(lab, shop, begun, counts)
        if await dump(shop.db) != before:
            findings.append(f"forgeries of seed {lab.seed} changed the database")
        findings += await _rotate(shop, begun, counts)
        findings += await wrong_in(shop.db)
    return Outcome(dict(counts), findings)


async def _try_all(
    lab: Lab, shop: PayShop, begun: Sequence[Begun], counts: Counter[str]
) -> list[str]:
    """Put every forgery to the provider's check, and some of them to the route."""
    dice, found = lab.random("route"), []
    secrets = shop.till.sandbox.webhook_secrets
    known = Known([_genuine(shop, one, n, secrets) for n, one in enumerate(begun)], secrets)
    for real in known.webhooks:
        shop.till.gateway.verify(real.headers, real.body, shop.clock())
    wanted = lab.sized(20_000, 100_000)
    for number, forged in enumerate(_forgeries(lab.random("forgeries"), known, wanted)):
        if dice.random() < _POSTED_PART:
            status = await deliver(shop, forged.headers, forged.body)
            accepted = status != _REFUSED
            counts["posted"] += 1
        else:
            accepted = _is_believed(shop, forged)
            counts["verified"] += 1
        counts["accepted"] += accepted
        if accepted:
            found.append(f"forgery {number} of seed {lab.seed} ({forged.kind}) was accepted")
    return found


def _forgeries(dice: random.Random, known: Known, count: int) -> Iterator[Webhook]:
    kinds = list(MUTATIONS.items())
    for number in range(count):
        kind, mutate = kinds[number % len(kinds)]
        headers, body = mutate(dice, dice.choice(known.webhooks), known)
        yield Webhook(kind, headers, body)


def _is_believed(shop: PayShop, forged: Webhook) -> bool:
    try:
        shop.till.gateway.verify(forged.headers, forged.body, shop.clock())
    except InvalidWebhook:
        return False
    return True


def _genuine(shop: PayShop, payment: Begun, number: int, secrets: Sequence[str]) -> Webhook:
    """Write what the provider would send if this payment were paid."""
    (event,) = tell(STORIES[0], number, payment.amount_minor)
    timestamp = str(int(shop.clock().timestamp()))
    return signed("genuine", json.dumps(event).encode(), timestamp, secrets)


async def _rotate(shop: PayShop, begun: Sequence[Begun], counts: Counter[str]) -> list[str]:
    """Change the secret as the merchant does: the old one counts in between, and never again."""
    found = []
    (old,) = shop.till.sandbox.webhook_secrets
    new, _ = await shop.db.write(lambda uow: rotate_secret(uow, _SECRET))
    steps = (
        ("before anybody noticed", _nothing, {old: True, new: False, "": False}),
        ("while both count", _nothing, {old: True, new: True, "": False}),
        ("after the old one", _retire, {old: False, new: True, "": False}),
    )
    number = 0
    for name, change, accepted in steps:
        await shop.db.write(change)
        if number:
            await shop.till.sandbox.refresh()
        for secret, wanted in accepted.items():
            number += 1
            real = _genuine(shop, begun[number], number, (secret,))
            status = await deliver(shop, real.headers, real.body)
            if status != (_OK if wanted else _REFUSED):
                which = {old: "the old", new: "the new"}.get(secret, "an empty")
                found.append(f"{name}, {which} secret is answered with {status}")
    counts["rotations"] += 1
    return found + _empty_secrets()


def _nothing(_: UnitOfWork) -> None:
    """Change nothing: what was changed is noticed now."""


def _retire(uow: UnitOfWork) -> None:
    retire_secret(uow, _SECRET)


def _empty_secrets() -> list[str]:
    """Say which empty secrets a shop would open with."""
    found = []
    for secrets in ((), ("",), (" ",), ("whsec_good", ""), ("\t\n",)):
        try:
            SignatureChecker(secrets)
        except ValueError:
            continue
        found.append(f"a shop opens with the secrets {secrets!r}")
    return found


FORGERIES = Experiment("forgeries", "Nobody but the provider can say that money came.", _run)
