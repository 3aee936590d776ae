"""Random carts in random shops are put to two calculations, made apart from each other."""

import random
from collections import Counter

from tests.chaos.lab import Experiment, Lab, Outcome
from tests.support.compared_totals import differences
from tests.support.random_shops import RandomOrder, random_order
from tests.support.reference_totals import gaps, reference_totals

_TOLD_EVERY = 1000


def _run(lab: Lab) -> Outcome:
    counts: Counter[str] = Counter()
    found: list[str] = []
    for number in range(lab.sized(1_000, 10_000)):
        name = f"{lab.seed}/cart/{number}"
        order = random_order(random.Random(name))  # noqa: S311 - dice, not a secret
        found += [f"random_order(random.Random({name!r})): {said}" for said in _wrong(order)]
        _count(order, counts)
        if (number + 1) % _TOLD_EVERY == 0:
            lab.say(f"{number + 1} carts, {len(found)} findings")
    return Outcome(dict(counts), found)


def _wrong(order: RandomOrder) -> list[str]:
    missing = gaps(reference_totals(order.shop, order.question))
    return [*differences(order), *(f"the reference does not add up: {gap}" for gap in missing)]


def _count(order: RandomOrder, counts: Counter[str]) -> None:
    """Count what the carts had, so that nobody takes a thousand empty ones for a proof."""
    answer = reference_totals(order.shop, order.question)
    taxed = {part.tax.kind[2] for part in answer.lines if part.tax}
    counts.update({"carts": 1, "lines": len(answer.lines), "discounts in use": len(answer.applied)})
    counts.update({f"carts with {kind} tax": 1 for kind in taxed})
    counts.update({"carts with a delivery": answer.delivery is not None})
    counts.update({"carts in another currency": order.question.currency != order.shop.currency})
    counts.update({"codes refused": len(answer.refused), "estimates": answer.estimated})


TOTALS = Experiment(
    "totals",
    "What an order comes to is what docs/totals.md says, in every row and in every part.",
    _run,
    engines=("sqlite",),
)
