"""Set a price by hand."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from plantly.db import UnitOfWork
from plantly.db.tables import PriceRow
from plantly.domain.catalog import ChangeKind
from plantly.domain.catalog_document import PriceDocument
from plantly.domain.errors import InvalidInput
from plantly.domain.money import Currency, Money
from plantly.services.catalog_edit import (
    Edited,
    find_variant,
    name_of,
    record,
    show_changes,
    written,
)
from plantly.services.typed_amounts import TypedAmount


@dataclass(frozen=True, slots=True)
class PriceWish:
    """A price as a merchant asks for it. What is None stays as it is, if it still makes sense."""

    amount: TypedAmount
    is_minor: bool = False
    """The amounts were typed in minor units."""
    currency: Currency | None = None
    compare_at: TypedAmount | None = None
    drops_compare_at: bool = False
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    clears_dates: bool = False


def set_price(uow: UnitOfWork, actor: str, ref: str, wish: PriceWish) -> Edited:
    """Set the price of a variant in one currency, the shop's own unless another is named.

    Raises:
        NotFound: Nothing in the catalog is called that.
        InvalidInput: The product has several variants, or the price cannot be as it is asked for.
    """
    product, variant = find_variant(uow, ref)
    code = wish.currency or wish.amount.currency or uow.shop.current().config.currency
    row = uow.catalog_desk.lock_price(variant.id, code)
    kept = _document(row) if row is not None else None
    price = _wished(wish, code, kept, uow.now)
    _check(price)
    edit = Edited(
        product.slug,
        variant.sku,
        name_of(product, variant),
        _values(kept) if kept is not None else {},
        _values(price),
    )
    if edit.is_changed:
        _write(uow, row or PriceRow(variant_id=variant.id, currency=code), price)
        record(uow, actor, ChangeKind.PRICE, [edit])
        show_changes(uow, [product.id])
    return edit


def _wished(
    wish: PriceWish, code: Currency, kept: PriceDocument | None, now: datetime
) -> PriceDocument:
    """Return the price that is asked for, with what stays of the one before."""
    amount = wish.amount.minor(code, is_minor=wish.is_minor, field="The price")
    starts_at, ends_at = _dates(wish, kept, now)
    has_dates = starts_at is not None or ends_at is not None
    compare_at = None
    if wish.compare_at is not None:
        compare_at = wish.compare_at.minor(
            code, is_minor=wish.is_minor, field="The price to compare with"
        )
    elif kept is not None and not wish.drops_compare_at:
        compare_at = kept.compare_at_minor
        if _is_over(kept, now):
            compare_at = None
        if compare_at is None and has_dates:
            # The plain price of today is the one before and after.
            compare_at = kept.compare_at_minor if _is_over(kept, now) else kept.amount_minor
        if not has_dates and compare_at is not None and compare_at <= amount:
            # Nothing is left to compare with.
            compare_at = None
    return PriceDocument(code, amount, compare_at, starts_at, ends_at)


def _dates(
    wish: PriceWish, kept: PriceDocument | None, now: datetime
) -> tuple[datetime | None, datetime | None]:
    if wish.clears_dates or kept is None or _is_over(kept, now):
        return wish.starts_at, wish.ends_at
    has_dates = kept.starts_at is not None or kept.ends_at is not None
    if has_dates and wish.starts_at is None and wish.ends_at is None and wish.compare_at is None:
        raise InvalidInput(
            "dates",
            f"This price has dates ({_described(kept)}): say --clear-dates for one price from now "
            "on, or --from, --until or --compare-at to change the one with dates.",
        )
    return wish.starts_at or kept.starts_at, wish.ends_at or kept.ends_at


def _is_over(price: PriceDocument, now: datetime) -> bool:
    return price.ends_at is not None and price.ends_at <= now


def _check(price: PriceDocument) -> None:
    has_dates = price.starts_at is not None or price.ends_at is not None
    if price.compare_at_minor is None and has_dates:
        text = "A price with dates needs the price before and after them: say --compare-at."
        raise InvalidInput("compare_at", text)
    if price.compare_at_minor is not None and price.compare_at_minor <= price.amount_minor:
        raise InvalidInput(
            "compare_at",
            f"The price to compare with, {_money(price.compare_at_minor, price.currency)}, is not "
            f"higher than {_money(price.amount_minor, price.currency)}: say --compare-at.",
        )
    if price.starts_at and price.ends_at and price.starts_at >= price.ends_at:
        raise InvalidInput("dates", "The dates end before they begin: say another --until.")


def _write(uow: UnitOfWork, row: PriceRow, price: PriceDocument) -> None:
    row.amount_minor, row.compare_at_minor = price.amount_minor, price.compare_at_minor
    row.starts_at, row.ends_at = price.starts_at, price.ends_at
    uow.catalog_desk.keep_price(row)


def _document(row: PriceRow) -> PriceDocument:
    return PriceDocument(
        Currency(row.currency), row.amount_minor, row.compare_at_minor, row.starts_at, row.ends_at
    )


def _values(price: PriceDocument) -> dict[str, Any]:
    return {
        "currency": price.currency,
        "amount_minor": price.amount_minor,
        "compare_at_minor": price.compare_at_minor,
        "starts_at": written(price.starts_at),
        "ends_at": written(price.ends_at),
    }


def _described(price: PriceDocument) -> str:
    since = f" from {price.starts_at:%Y-%m-%d %H:%M}" if price.starts_at else ""
    until = f" until {price.ends_at:%Y-%m-%d %H:%M}" if price.ends_at else ""
    return f"{_money(price.amount_minor, price.currency)}{since}{until}"


def _money(amount_minor: int, code: Currency) -> str:
    return f"{Money(amount_minor, code).major()} {code}"
