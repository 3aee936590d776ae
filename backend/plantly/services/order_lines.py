"""The lines of an order, in the words and at the prices of the day it was placed."""

from dataclasses import dataclass

from plantly.db import UnitOfWork
from plantly.db.tables import OrderRow
from plantly.domain.catalog import Picture


@dataclass(frozen=True, slots=True)
class OrderLine:
    """What was bought of one variant."""

    product_slug: str
    variant_handle: str
    sku: str
    name: str
    variant: str
    quantity: int
    unit_amount_minor: int
    picture: Picture | None = None
    """The one that the product has now, where it is shown."""

    @property
    def total_minor(self) -> int:
        """Return the price of all units, before discounts."""
        return self.unit_amount_minor * self.quantity


def lines_of(uow: UnitOfWork, order: OrderRow, *, pictures: bool) -> tuple[OrderLine, ...]:
    """Return the lines of an order, with or without the pictures of their products."""
    shown = uow.catalog.pictures(line.product_slug for line in order.lines) if pictures else {}
    return tuple(
        OrderLine(
            product_slug=line.product_slug,
            variant_handle=line.variant_handle,
            sku=line.sku,
            name=line.title,
            variant=line.variant_title,
            quantity=line.quantity,
            unit_amount_minor=line.unit_amount_minor,
            picture=shown.get(line.product_slug),
        )
        for line in order.lines
    )
