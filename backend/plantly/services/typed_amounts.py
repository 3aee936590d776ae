"""Amounts as a merchant types them: exact, or refused."""

import re
from dataclasses import dataclass
from decimal import Decimal

from plantly.domain.errors import InvalidInput
from plantly.domain.money import EXPONENTS, MAX_MINOR, Currency, minor_from_major

_AMOUNT = re.compile(r"([0-9]{1,20}(?:\.[0-9]{1,20})?) ?([A-Za-z]{3})?")


@dataclass(frozen=True, slots=True)
class TypedAmount:
    """A number, and the currency if one was typed with it: `14.99`, `14.99EUR`."""

    number: Decimal
    currency: Currency | None

    def minor(self, code: Currency, *, is_minor: bool, field: str) -> int:
        """Return the amount in minor units; it was typed in these with `is_minor`.

        Raises:
            InvalidInput: The currency has no such amount, or no price is as high.
        """
        if self.currency is not None and self.currency != code:
            raise InvalidInput(field, f"{field} is in {self.currency}, but the price in {code}.")
        digits = 0 if is_minor else EXPONENTS[code]
        whole = is_minor and self.number == self.number.to_integral_value()
        minor = int(self.number) if whole else None
        if not is_minor:
            minor = minor_from_major(self.number, code)
        if minor is None:
            fits = f"at most {digits} decimals" if digits else "no decimals"
            of = "An amount in minor units" if is_minor else code
            raise InvalidInput(field, f"{of} has {fits}: {self.number} cannot be a price.")
        if minor > MAX_MINOR:
            raise InvalidInput(field, f"{self.number} is more than a price can be.")
        return minor


def read_amount(text: str) -> TypedAmount | None:
    """Read an amount such as `14.99`, `1499 JPY` or `9.5eur`; give None for anything else."""
    found = _AMOUNT.fullmatch(text.strip())
    if found is None:
        return None
    number, code = found.groups()
    if code is not None and code.upper() not in EXPONENTS:
        return None
    return TypedAmount(Decimal(number), Currency(code.upper()) if code else None)
