"""The one pipeline that turns lines into totals: exact, pure, and adding up.

lines -> discounts on lines -> discounts on the order -> shipping -> tax -> total. The rules stand
in `docs/totals.md`, precisely enough to be computed by hand.
"""

from plantly.domain.pricing.parts import (
    AppliedDiscount,
    DiscountPart,
    FulfillmentTotals,
    LineTotals,
    Place,
    PricedLine,
    PricingInput,
    TaxPart,
    TotalEntry,
    Totals,
    TotalType,
)
from plantly.domain.pricing.pipeline import FulfillmentOffer, compute_totals, fulfillment_offers
from plantly.domain.pricing.quote import quote_hash

__all__ = [
    "AppliedDiscount",
    "DiscountPart",
    "FulfillmentOffer",
    "FulfillmentTotals",
    "LineTotals",
    "Place",
    "PricedLine",
    "PricingInput",
    "TaxPart",
    "TotalEntry",
    "TotalType",
    "Totals",
    "compute_totals",
    "fulfillment_offers",
    "quote_hash",
]
