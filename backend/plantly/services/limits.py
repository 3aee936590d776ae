"""Say no to who does too much: guesses, tries stolen cards, or just never stops.

Everything here belongs to the unit of work that it is called in. What is refused rolls back, the
count included, and a unit that is run again counts once. Who is counted, `uow.visitor` says.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from plantly.db import UnitOfWork
from plantly.domain.errors import RateLimited
from plantly.domain.limits import in_words, microseconds, whole_seconds
from plantly.domain.messages import Message
from plantly.domain.visitor import Cost, Visitor

Subject = tuple[str, str]
"""What else something is counted by: its kind, such as `cart`, and its name."""

_SECRET: Final = "limits"  # noqa: S105 - the name of a secret, not a secret
_CODE_PARAM: Final = re.compile(r"discount_codes\[(\d{1,3})\]", re.ASCII)
_WORDS: Mapping[str, str] = {
    "cart_writes": "The cart was changed very often in a short time",
    "checkout_starts": "Very many checkouts were started in a short time",
    "codes": (
        "Too many discount codes were tried that do not apply: leave discount codes out for now"
    ),
    "misses": "Too many ids and order numbers were asked for that do not exist",
    "page_posts": "This was sent very often in a short time",
    "payments": "Very many payments were begun in a short time, and nothing was charged",
    "declines": "Too many payments were declined, so no further one is taken for now",
    "bad_webhooks": "Too many webhooks had a bad signature",
}
_FOR_GOOD: Mapping[str, str] = {
    "declines_session": (
        "The payment was declined too often, so this checkout takes no further one. Nothing was "
        "charged. Please go back to your conversation and start a new checkout there."
    ),
}
"""Where waiting is not what to do."""

_OTHERWISE: Final = "Very many requests came in a short time"


def keep_limits_secret(uow: UnitOfWork) -> bytes:
    """Return the secret under which callers are counted; the first call makes it."""
    return uow.shop.keep_secret(_SECRET, uow.ids.token("lim_")).encode()


def spend(uow: UnitOfWork, name: str, *subjects: Subject, times: int = 1) -> None:
    """Count that the visitor does something, by who and where from, and by each subject.

    Raises:
        RateLimited: It was done too often; this unit of work must not be committed.
        LimitsUnavailable: It could not be counted; see `CountedDatabase`.
    """
    costs = _costs(uow.visitor, name, subjects)
    pay(uow, name, [cost.times(times) for cost in costs])


def pay(uow: UnitOfWork, name: str, costs: list[Cost]) -> None:
    """Count under every key at once.

    Raises:
        RateLimited, LimitsUnavailable: See `spend`.
    """
    if not costs:
        return
    now_us = microseconds(uow.now)
    refused = {cost.key for cost in costs} - uow.limits.spend(costs, now_us)
    if refused:
        raise _refusal(uow, name, [cost for cost in costs if cost.key in refused])


@dataclass(frozen=True, slots=True)
class CodeTrial:
    """Discount codes that were counted before anybody learned whether they apply."""

    uow: UnitOfWork
    subject: Subject
    codes: tuple[str, ...]
    """All that are on the cart or checkout now, folded."""
    new: frozenset[str]

    def end(self, messages: Iterable[Message]) -> None:
        """Take back what was counted for codes that do apply: they were no guesses."""
        wrong = len(self.new & set(self._refused(messages)))
        if wrong >= len(self.new):
            return
        for cost in _costs(self.uow.visitor, "codes", (self.subject,)):
            kept = cost.times(wrong).interval_us if wrong else 0
            self.uow.limits.give_back(cost.key, cost.times(len(self.new)).interval_us - kept)

    def _refused(self, messages: Iterable[Message]) -> Iterable[str]:
        for message in messages:
            found = _CODE_PARAM.fullmatch(message.param or "")
            if found and message.type == "warning" and int(found[1]) < len(self.codes):
                yield self.codes[int(found[1])]


def try_codes(
    uow: UnitOfWork, subject: Subject, before: Iterable[str], after: Iterable[str]
) -> CodeTrial:
    """Count the discount codes that are only there now, each as a guess, until the trial ends.

    Raises:
        RateLimited, LimitsUnavailable: See `spend`. Whether the code applies, nobody learns.
    """
    codes = tuple(code.casefold() for code in after)
    new = frozenset(codes) - {code.casefold() for code in before}
    if new:
        spend(uow, "codes", subject, times=len(new))
    return CodeTrial(uow, subject, codes, new)


def check(uow: UnitOfWork, name: str, costs: list[Cost]) -> None:
    """Look whether something may be done, without counting.

    Raises:
        RateLimited: It was done too often.
    """
    if not costs:
        return
    now_us = microseconds(uow.now)
    kept = uow.limits.spent_until(cost.key for cost in costs)
    full = [cost for cost in costs if _wait_us(cost, kept, now_us) > 0]
    if full:
        raise _refusal(uow, name, full)


def forget_limits(uow: UnitOfWork, most: int) -> int:
    """Delete a portion of the counts that say nothing any more; return how many there were."""
    return uow.limits.forget(uow.now, microseconds(uow.now), most)


def too_often(name: str, wait_us: int, *, quota: int, window: int) -> RateLimited:
    """Return the refusal, with the moment from which it may be done again."""
    seconds = whole_seconds(wait_us)
    words = _WORDS.get(name, _OTHERWISE)
    text = _FOR_GOOD.get(name) or f"{words}. Please try again in {in_words(seconds)}."
    return RateLimited(text, limit=name, retry_after=seconds, quota=quota, window=window)


def _refusal(uow: UnitOfWork, name: str, full: list[Cost]) -> RateLimited:
    now_us = microseconds(uow.now)
    kept = uow.limits.spent_until(cost.key for cost in full)
    wait_us, cost = max((_wait_us(cost, kept, now_us), cost) for cost in full)
    quota = cost.tolerance_us // cost.interval_us
    return too_often(name, wait_us, quota=quota, window=whole_seconds(cost.tolerance_us))


def _wait_us(cost: Cost, kept: Mapping[str, int], now_us: int) -> int:
    after = max(kept.get(cost.key, 0), now_us) + cost.interval_us
    return after - cost.tolerance_us - now_us


def _costs(visitor: Visitor, name: str, subjects: Iterable[Subject]) -> list[Cost]:
    costs = visitor.costs(name)
    for kind, value in subjects:
        cost = visitor.cost(name, kind, value)
        if cost is not None:
            costs.append(cost)
    return costs
