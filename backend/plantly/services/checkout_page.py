"""What a buyer does on the hosted checkout page, up to the moment of paying.

The address of the page is no secret: the model and everybody the conversation is shared with see
it. What a buyer typed belongs to the browser that typed it, which is known by a cookie.
"""

import hashlib
import hmac
from collections.abc import Sequence
from dataclasses import dataclass

from plantly.db import UnitOfWork
from plantly.db.tables import CheckoutRow
from plantly.domain.checkout import (
    Buyer,
    CheckoutStatus,
    buyer_problems,
    is_open,
    looks_like_card_number,
    move,
)
from plantly.domain.errors import CheckoutClosed, InvalidInput, NotFound
from plantly.domain.payment import PaymentStatus
from plantly.domain.records import fields_of
from plantly.domain.said import Said
from plantly.domain.shop import ShopConfig
from plantly.services.addresses import address_problems, normalized
from plantly.services.carts import check_codes
from plantly.services.checkout_currency import deliveries_in, payable_currencies
from plantly.services.checkout_delivery import Deliveries, deliveries
from plantly.services.checkout_view import CheckoutView, priced_lines, pricing_of, view
from plantly.services.items import PricedItems
from plantly.services.limits import try_codes
from plantly.services.order_links import order_path

_LONGEST_CODE = 64
_ANOTHER_WAY = (
    "Choose another address, or go back to your conversation and take it out of the order."
)


@dataclass(frozen=True, slots=True)
class Page:
    """Everything that the page shows to one browser."""

    checkout: CheckoutView
    shop: ShopConfig
    buyer: Buyer | None
    """The personal data, for the browser that typed them only."""
    is_mine: bool
    """Nobody has typed anything yet, or this browser has."""
    is_over: bool
    """The time to pay is over, though nobody has closed the session yet."""
    payment: PaymentStatus | None
    """Where the payment stands, while it is being paid."""
    currencies: tuple[str, ...] = ()
    """What this browser can choose to pay in, once it has said where the goods go."""
    order_path: str | None = None
    """The page of the order, for the browser that paid."""


def show(uow: UnitOfWork, token: str, browser: str | None) -> Page:
    """Return the page as this browser may see it.

    Raises:
        NotFound: There is no such page.
    """
    return page_of(uow, found(uow.checkouts.by_page_token(token)), browser)


def page_of(uow: UnitOfWork, checkout: CheckoutRow, browser: str | None) -> Page:
    """Return the page of a checkout session as this browser may see it."""
    own = is_mine(checkout, browser)
    payment = None
    if checkout.status is CheckoutStatus.COMPLETE_IN_PROGRESS:
        payment = uow.payments.latest_of(checkout.id)
    over = is_open(checkout.status) and checkout.expires_at <= uow.now
    shop = uow.shop.current().config
    seen = view(uow, checkout)
    can_choose = own and not over and is_open(checkout.status) and checkout.buyer is not None
    return Page(
        checkout=seen,
        shop=shop,
        buyer=_buyer(checkout) if own else None,
        is_mine=own,
        is_over=over,
        payment=payment.status if payment is not None else None,
        currencies=payable_currencies(uow, shop, checkout) if can_choose else (),
        order_path=order_path(uow, seen.order.order_number) if own and seen.order else None,
    )


def is_mine(checkout: CheckoutRow, browser: str | None) -> bool:
    """Say whether a browser may go on with a session: it began it, or nobody has."""
    if checkout.browser_hash is None:
        return True
    return browser is not None and hmac.compare_digest(checkout.browser_hash, _hash(browser))


def open_for_change(uow: UnitOfWork, token: str, browser: str | None) -> CheckoutRow:
    """Return a session, locked, that this browser may change.

    Raises:
        NotFound: There is no such page, or another browser has typed its details there.
        CheckoutClosed: It is being paid, or is over.
    """
    checkout = mine(uow, token, browser)
    check_open(uow, checkout)
    return checkout


def mine(uow: UnitOfWork, token: str, browser: str | None) -> CheckoutRow:
    """Return a session, locked, that belongs to this browser or to none yet.

    Raises:
        NotFound: There is no such page, or another browser has typed its details there.
    """
    checkout = uow.checkouts.by_page_token(token, lock=True)
    return found(checkout if checkout is not None and is_mine(checkout, browser) else None)


def save_details(uow: UnitOfWork, token: str, browser: str, buyer: Buyer) -> dict[str, str]:
    """Keep who buys and where the goods go; the session is this browser's from now on.

    Returns a sentence for every field that cannot be accepted, in which case nothing is kept. The
    delivery that was chosen stays if it goes there too, else the shop's first one is chosen.

    Raises:
        NotFound, CheckoutClosed: See `open_for_change`.
    """
    return keep_details(uow, open_for_change(uow, token, browser), browser, buyer)


def keep_details(
    uow: UnitOfWork, checkout: CheckoutRow, browser: str, buyer: Buyer
) -> dict[str, str]:
    """Keep the details in a session that is open, for this browser's eyes only."""
    shop = uow.shop.current().config
    kept = normalized(buyer)
    problems = _problems(shop, buyer, kept)
    priced = priced_lines(uow, shop, checkout)
    ways = deliveries(shop, pricing_of(uow, shop, checkout, priced, kept), priced.items)
    problem = ways.problem()
    if problem is not None and "country" not in problems:
        text = f"{problem} {_ANOTHER_WAY}"
        problems["country"] = Said(text, "form.another_way", problem=problem)
    if problems:
        return problems
    uow.checkouts.set_buyer(checkout, fields_of(kept))
    checkout.browser_hash = _hash(browser)
    checkout.country, checkout.region = kept.country, kept.region
    if checkout.option_id not in {option.id for option in ways.options}:
        checkout.option_id = ways.options[0].id
    settle_status(uow, checkout, priced, ways)
    return {}


def choose_option(uow: UnitOfWork, token: str, browser: str | None, option_id: str) -> None:
    """Choose how the goods get there.

    Raises:
        InvalidInput: The shop does not offer that for this address.
        NotFound, CheckoutClosed: See `open_for_change`.
    """
    checkout = open_for_change(uow, token, browser)
    checkout.option_id = option_id
    seen = view(uow, checkout)
    if seen.option_id is None:
        raise InvalidInput("option", seen.no_delivery)
    settle_status(uow, checkout)


def choose_currency(uow: UnitOfWork, token: str, browser: str | None, code: str) -> None:
    """Go on in another currency, at the prices that the merchant set in it.

    The delivery stays if it has a price there, else the shop's first one is chosen.

    Raises:
        InvalidInput: Something has no price in it.
        NotFound, CheckoutClosed: See `open_for_change`.
    """
    checkout = open_for_change(uow, token, browser)
    shop = uow.shop.current().config
    if code not in payable_currencies(uow, shop, checkout):
        text = Said("This order cannot be paid in that currency.", "form.no_currency")
        raise InvalidInput("currency", text)
    checkout.currency = code
    options = [option.id for option in deliveries_in(uow, shop, checkout, code).options]
    if checkout.option_id not in options:
        checkout.option_id = options[0]
    settle_status(uow, checkout)


def change_codes(
    uow: UnitOfWork, token: str, browser: str | None, codes: Sequence[str]
) -> str | None:
    """Replace the discount codes; a new one that takes nothing off is not kept.

    Returns why nothing was changed, or nothing. It never raises about a code: the count of codes
    that were tried is kept with this transaction.

    Raises:
        RateLimited: Too many were tried that do not apply; nobody learns about this one.
        NotFound, CheckoutClosed: See `open_for_change`.
    """
    checkout = open_for_change(uow, token, browser)
    if any(len(code) > _LONGEST_CODE or not _is_plain(code) for code in codes):
        return Said("This cannot be a discount code.", "form.no_code")
    before = checkout.discount_codes
    try:
        wanted = check_codes(codes)
    except InvalidInput:
        text = "No more discount codes fit into this order: remove one first."
        return Said(text, "form.too_many_codes")
    checkout.discount_codes = wanted
    trial = try_codes(uow, ("checkout", checkout.public_id), before, wanted)
    after = view(uow, checkout)
    trial.end(after.messages)
    known = {code.casefold() for code in before}
    new = {f"discount_codes[{i}]" for i, code in enumerate(wanted) if code.casefold() not in known}
    for message in after.messages:
        # One that was there may lose to a better one: that is told, and refuses nothing.
        if message.param in new:
            checkout.discount_codes = before
            return message.content
    settle_status(uow, checkout)
    return None


def start_over(uow: UnitOfWork, token: str) -> None:
    """Erase what another browser typed, so that this one can begin.

    Raises:
        NotFound: There is no such page.
        CheckoutClosed: It is being paid, or is over.
    """
    checkout = found(uow.checkouts.by_page_token(token, lock=True))
    check_open(uow, checkout)
    uow.checkouts.forget_buyer(checkout)
    checkout.browser_hash = checkout.country = checkout.region = checkout.option_id = None
    checkout.notice = None
    settle_status(uow, checkout)


def settle_status(
    uow: UnitOfWork,
    checkout: CheckoutRow,
    priced: PricedItems | None = None,
    ways: Deliveries | None = None,
) -> CheckoutView:
    """Set the status that follows from what is known, and return the session as `view` does."""
    checkout.updated_at = uow.now
    seen = view(uow, checkout, priced, ways)
    target = CheckoutStatus.INCOMPLETE
    if seen.has_buyer:
        ready = seen.option_id is not None and not seen.blocked
        target = CheckoutStatus.READY_FOR_PAYMENT if ready else CheckoutStatus.NOT_READY_FOR_PAYMENT
    checkout.status = move(checkout.status, target)
    return seen


def found(checkout: CheckoutRow | None) -> CheckoutRow:
    """Return the session that was looked for.

    Raises:
        NotFound: There is none.
    """
    if checkout is None:
        raise NotFound("token", "There is no such checkout.")
    return checkout


def _problems(shop: ShopConfig, typed: Buyer, kept: Buyer) -> dict[str, str]:
    problems = {**address_problems(kept), **buyer_problems(typed)}
    if typed.country not in shop.countries():
        text = "Choose one of the countries that we deliver to."
        problems["country"] = Said(text, "form.choose_country")
    return problems


def _is_plain(code: str) -> bool:
    return code.isprintable() and not looks_like_card_number(code)


def check_open(uow: UnitOfWork, checkout: CheckoutRow) -> None:
    """Refuse changes of a session that is not open.

    Raises:
        CheckoutClosed: It is being paid, or is over.
    """
    if checkout.status is CheckoutStatus.COMPLETE_IN_PROGRESS:
        raise CheckoutClosed("This checkout is being paid right now.")
    if not is_open(checkout.status) or checkout.expires_at <= uow.now:
        raise CheckoutClosed("This checkout is over.")


def _buyer(checkout: CheckoutRow) -> Buyer | None:
    row = checkout.buyer
    if row is None:
        return None
    return Buyer(**{name: getattr(row, name) for name in Buyer.__dataclass_fields__})


def _hash(browser: str) -> str:
    return hashlib.sha256(f"plantly checkout browser {browser}".encode()).hexdigest()
