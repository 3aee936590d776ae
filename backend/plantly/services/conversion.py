"""A checkout that an assistant opens from its own product listings, which it read in our feeds."""

from collections.abc import Sequence
from dataclasses import dataclass

from plantly.db import UnitOfWork
from plantly.domain.errors import NotFound
from plantly.services.checkout import StartRequest, start_checkout
from plantly.services.checkout_view import CheckoutView
from plantly.services.shopper import Shopper
from plantly.services.wanted import ItemRef


@dataclass(frozen=True, slots=True)
class ListedItem:
    """What was chosen there: an item of a feed, and perhaps a certain offer of it."""

    id: str
    quantity: int
    offer_id: str | None = None

    @property
    def names(self) -> tuple[str, ...]:
        """Return what may name a variant, the nearest first."""
        return (self.offer_id, self.id) if self.offer_id else (self.id,)


def start_from_listing(
    uow: UnitOfWork, shopper: Shopper, items: Sequence[ListedItem]
) -> CheckoutView:
    """Start a checkout of listed items, at the prices of our own catalog.

    Raises:
        InvalidInput: There is nothing in it, or a quantity is impossible.
        NotFound: The shop does not have an item.
        RateLimited: See `start_checkout`.
    """
    named = uow.catalog.find_variants(name for item in items for name in item.names)
    products = uow.catalog.default_variants(item.id for item in items)
    refs = []
    for i, item in enumerate(items):
        variant = next((named[name][1] for name in item.names if name in named), None)
        if variant is None and item.id not in products:
            at = f"checkout_session.items[{i}].id"
            raise NotFound(at, f"{at} is not in this shop: send the id of an item of its feed.")
        product = item.id if variant is None else None
        refs.append(ItemRef(item.quantity, product_id=product, variant_id=variant))
    return start_checkout(uow, shopper, StartRequest(items=tuple(refs)))
