"""A fingerprint of what a buyer was shown."""

import hashlib
import json
from collections.abc import Sequence

from plantly.domain.pricing.parts import PricedLine, Totals


def quote_hash(totals: Totals, lines: Sequence[PricedLine], option_id: str | None) -> str:
    """Return a short fingerprint of lines, prices, option, totals and their currency."""
    shown = [
        [[line.variant_key, line.unit_amount_minor, line.quantity] for line in lines],
        option_id,
        [[entry.type, entry.amount_minor] for entry in totals.entries],
        totals.currency,
    ]
    return hashlib.sha256(json.dumps(shown).encode()).hexdigest()[:32]
