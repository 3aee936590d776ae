"""How the goods of a checkout can reach a country, and which of them cannot be sent there."""

from collections.abc import Sequence
from dataclasses import dataclass

from plantly.domain.messages import Message
from plantly.domain.shop import FulfillmentKind, FulfillmentOption, ShopConfig
from plantly.services.items import PricedItem

_SHOWN_NAMES = 3


@dataclass(frozen=True, slots=True)
class Deliveries:
    """What can be chosen from, and the products that cannot be sent: they can be picked up only."""

    options: tuple[FulfillmentOption, ...]
    unsendable: tuple[str, ...] = ()

    def problem(self) -> str | None:
        """Say what is wrong with the address when nothing can be chosen, else nothing."""
        if self.options:
            return None
        if not self.unsendable:
            return "The shop does not deliver to this country."
        return f"{_names(self.unsendable)} cannot be sent to this country."

    def messages(self) -> tuple[Message, ...]:
        """Return what the buyer has to know about it."""
        problem = self.problem()
        if problem is not None:
            fix = "another address"
            if self.unsendable:
                fix = "another address, or an order without it"
            return (Message("error", "not_deliverable", problem, "country", resolution=fix),)
        if self.unsendable:
            text = f"{_names(self.unsendable)} cannot be sent to this country, only picked up."
            return (Message("info", "pickup_only", text, "country"),)
        return ()


def deliveries(shop: ShopConfig, items: Sequence[PricedItem], country: str) -> Deliveries:
    """Return how these items can reach a country.

    What a merchant does not send somewhere can still be picked up there.
    """
    options = shop.options_for(country)
    unsendable = tuple(dict.fromkeys(i.name for i in items if country in i.undeliverable))
    if unsendable:
        options = tuple(o for o in options if o.kind is FulfillmentKind.PICKUP)
    return Deliveries(options, unsendable if shop.options_for(country) else ())


def _names(names: Sequence[str]) -> str:
    *first, last = names
    if not first:
        return last
    if len(names) > _SHOWN_NAMES:
        shown = ", ".join(names[:_SHOWN_NAMES])
        return f"{shown} and {len(names) - _SHOWN_NAMES} more"
    return f"{', '.join(first)} and {last}"
