"""Webhooks of many payments, in any order and again and again: the same shop in the end."""

import asyncio
import json
import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from plantly.db import UnitOfWork
from plantly.domain.checkout import CheckoutStatus
from plantly.domain.payment import reduce_facts
from plantly.payments.sandbox import facts_of
from plantly.payments.signatures import signed_headers
from tests.chaos.lab import Experiment, Lab, Outcome
from tests.chaos.shops_here import (
    PLENTY,
    PRICE_MINOR,
    Begun,
    State,
    begin,
    copied,
    deliver,
    differences,
    digest,
    dropped,
    open_shop,
    prepared,
    state,
    wrong_in,
)
from tests.chaos.stories import STORIES, Event, Story, cast, tell
from tests.support.pay_shop import PayShop

_AT_ONCE: Final = 8
_MOST_COPIES: Final = 10
_TRIES: Final = 5
_OK: Final = 200


@dataclass
class _Tally:
    delivered: int = 0
    again: int = 0
    """Deliveries that were asked for once more, as a provider would."""
    findings: list[str] = field(default_factory=list)


def _run(lab: Lab) -> Outcome:
    findings = _reduced(lab.random("reducer"))
    stories = cast(lab.sized(200, 10_000))
    template = prepared(lab, "webhooks")
    counts, found = asyncio.run(_delivered(lab, template, stories))
    return Outcome({**counts, "reduced": 500 * len(STORIES)}, findings + found)


def _reduced(dice: random.Random) -> list[str]:
    """Fold the facts of every story in 500 orders, with repetitions."""
    found = []
    for story in STORIES:
        facts = [f for event in tell(story, 1, PRICE_MINOR) for f in facts_of(event["payment"])]
        wanted = reduce_facts(facts)
        for _ in range(500):
            again = facts + dice.choices(facts, k=dice.randrange(len(facts) * 9 + 1))
            dice.shuffle(again)
            if reduce_facts(again) != wanted:
                found.append(f"{story.name}: {[f.key for f in again]} is {reduce_facts(again)}")
                break
    return found


async def _delivered(
    lab: Lab, template: str, stories: Sequence[Story]
) -> tuple[dict[str, int], list[str]]:
    async with open_shop(template) as shop:
        begun = await shop.db.write(lambda uow: _begin_all(uow, stories))
    events = [
        event
        for number, story in enumerate(stories)
        for event in tell(story, number, begun[number].amount_minor)
    ]
    tally = _Tally()
    wanted = await _one_run(lab, template, "in_order", [[event] for event in events], tally)
    tally.findings += _as_told(wanted, stories)
    for number in range(lab.sized(3, 50)):
        dice = lab.random(f"permutation {number}")
        got = await _one_run(lab, template, f"order_{number}", _turns(events, dice), tally)
        if digest(got) != digest(wanted):
            told_apart = "; ".join(differences(wanted, got))
            tally.findings.append(f"permutation {number} of seed {lab.seed}: {told_apart}")
        lab.say(f"permutation {number}: {digest(got)}, {tally.delivered} deliveries")
    counts = {
        "events": len(events),
        "payments": len(stories),
        "permutations": lab.sized(3, 50),
        "deliveries": tally.delivered,
        "asked again": tally.again,
    }
    return counts, tally.findings


def _begin_all(uow: UnitOfWork, stories: Sequence[Story]) -> list[Begun]:
    return [begin(uow, number, story.session) for number, story in enumerate(stories)]


def _turns(events: Sequence[Event], dice: random.Random) -> list[list[Event]]:
    """Shuffle events with their copies; each turn is delivered at the same moment."""
    copies = [
        event
        for event in events
        for _ in range(1 if dice.random() < 0.9 else dice.randint(2, _MOST_COPIES))
    ]
    dice.shuffle(copies)
    turns = []
    while copies:
        many = _AT_ONCE if dice.random() < 0.5 else 1
        turn, copies = copies[-many:], copies[:-many]
        # Now and then it is the same event eight times.
        turns.append(turn[:1] * many if dice.random() < 0.01 else turn)
        if len(turns[-1]) != len(turn) or turns[-1] != turn:
            turns.append(turn)
    return turns


async def _one_run(
    lab: Lab, template: str, name: str, turns: Sequence[Sequence[Event]], tally: _Tally
) -> State:
    """Deliver everything to a copy of the shop, and give the state it ends in."""
    url = await copied(lab, template, name)
    async with open_shop(url) as shop:
        for turn in turns:
            await asyncio.gather(*(_deliver(shop, event, tally) for event in turn))
        tally.findings += [f"{name}: {sentence}" for sentence in await wrong_in(shop.db)]
        after = await shop.db.read(state)
    await dropped(lab, url)
    return after


async def _deliver(shop: PayShop, event: Event, tally: _Tally) -> None:
    """Deliver an event until it is taken."""
    body = json.dumps(event).encode()
    headers = signed_headers(shop.till.sandbox.webhook_secrets, body, shop.clock())
    status = 0
    for _ in range(_TRIES):
        tally.delivered += 1
        status = await deliver(shop, headers, body)
        if status == _OK:
            return
        tally.again += 1
    tally.findings.append(f"event {event['id']} is answered with {status}")


def _as_told(after: State, stories: Sequence[Story]) -> list[str]:
    """Compare the shop with how each story has to end."""
    orders = {row[0]: row for row in after["orders"]}
    refunds = Counter(row[0] for row in after["refunds"])
    found = []
    for number, story in enumerate(stories):
        name = f"pay_{number}"
        order = orders[name][1] if name in orders else None
        if (order, refunds[name]) != (story.order, int(story.refund)):
            found.append(f"{name} ({story.name}): order {order}, {refunds[name]} refunds")
    sold = sum(row[4] for row in after["orders"])
    left = [(row[1], row[2]) for row in after["stock"]]
    held = sum(_holds(story) for story in stories)
    if left != [(PLENTY - sold, held)]:
        found.append(f"{sold} sold and {held} held of {PLENTY}: {left} left")
    return found


def _holds(story: Story) -> bool:
    """Say whether nothing final is ever heard of it."""
    waits = {"pending", "authorized"}
    live = story.session is CheckoutStatus.COMPLETE_IN_PROGRESS
    return live and all(scene.status in waits for scene in story.scenes)


WEBHOOKS = Experiment(
    "webhooks", "Events in any order, however often they come, give the same shop.", _run
)
