"""Listings: what is shown is what is sold."""

from typing import Final

from plantly.db import UnitOfWork
from tests.support.checks.rows import Check, rows


def _listings_show_the_truth(uow: UnitOfWork) -> list[str]:
    found = rows(
        uow,
        "SELECT p.slug, p.list_price_minor, "
        "(SELECT COUNT(*) FROM variants v WHERE v.product_id = p.id AND v.is_default "
        " AND v.state = 'active') AS defaults, "
        "(SELECT COUNT(*) FROM prices r JOIN variants v ON v.id = r.variant_id "
        " WHERE v.product_id = p.id AND v.is_default "
        " AND (r.amount_minor = p.list_price_minor OR ("
        "   r.compare_at_minor = p.list_price_minor "
        "   AND (r.starts_at IS NOT NULL OR r.ends_at IS NOT NULL)))) AS prices "
        "FROM products p WHERE p.state = 'active'",
    )
    return [
        f"product {row.slug} is listed at {row.list_price_minor}: {row.defaults} defaults, "
        f"{row.prices} prices like that"
        for row in found
        if row.defaults != 1 or row.prices < 1
    ]


CHECKS: Final[tuple[Check, ...]] = (_listings_show_the_truth,)
