"""What a paid cart holds beyond its order: it was put in after the checkout had begun."""

from collections.abc import Mapping

from plantly.db import UnitOfWork
from plantly.db.tables import CartLineRow, CartRow, CheckoutRow
from plantly.services.cart_merge import begin_cart


def carry_on(uow: UnitOfWork, paid: CartRow, checkout: CheckoutRow) -> None:
    """Move what nobody has paid for into the next cart of the owner or conversation.

    A cart that only its id leads to keeps it, as it keeps what is saved.
    """
    nobody = paid.owner_hash is None and paid.hint_hash is None
    # The name of a start ends in the version that it took: most carts are paid as they were.
    if nobody or (checkout.start_key or "").endswith(f":{paid.version}"):
        return
    uow.carts.flush()
    # Who placed the order has locked the cart, and not looked at what is in it.
    uow.carts.by_row_id(paid.id)
    bought = {line.variant_id: line.quantity for line in checkout.lines}
    left = _unpaid(paid, bought)
    if not left:
        return
    paid.lines = [line for line in paid.lines if line.variant_id in bought]
    for line in paid.lines:
        line.quantity = min(line.quantity, bought[line.variant_id])
    # What was saved may have begun it already.
    following = _next_of(uow, paid) or begin_cart(uow, paid.owner_hash, paid.hint_hash)
    following.lines = left


def _unpaid(cart: CartRow, bought: Mapping[int, int]) -> list[CartLineRow]:
    more = [(line, line.quantity - bought.get(line.variant_id, 0)) for line in cart.lines]
    return [
        CartLineRow(
            variant_id=line.variant_id,
            position=position,
            quantity=quantity,
            seen_amount_minor=line.seen_amount_minor,
            seen_currency=line.seen_currency,
        )
        for position, (line, quantity) in enumerate(pair for pair in more if pair[1] > 0)
    ]


def _next_of(uow: UnitOfWork, cart: CartRow) -> CartRow | None:
    if cart.owner_hash is not None:
        return uow.carts.open_by_owner(cart.owner_hash)
    return uow.carts.open_by_hint(cart.hint_hash or "")
