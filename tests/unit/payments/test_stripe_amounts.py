"""Amounts at Stripe: every currency that the shop knows goes there and back exactly, or nowhere."""

from typing import Final

import pytest

from plantly.domain.errors import ProviderRejected
from plantly.domain.money import EXPONENTS
from plantly.payments.stripe_amounts import can_take, from_stripe, to_stripe

REFUSED: Final = {"CLF", "IQD", "LYD", "UGX", "UYI", "UYW"}
WHOLE: Final = {code for code, exponent in EXPONENTS.items() if exponent == 0} - REFUSED - {"ISK"}
ROUND: Final = {"BHD": 10, "JOD": 10, "KWD": 10, "OMR": 10, "TND": 10, "MGA": 100}
"""What minor amounts have to be multiples of."""


@pytest.mark.parametrize("currency", sorted(set(EXPONENTS) - REFUSED))
def test_an_amount_goes_there_and_back(currency: str) -> None:
    step = ROUND.get(currency, 1)
    for amount in (step, 7 * step, 1999 * step, 10**9 * step):
        assert from_stripe(to_stripe(amount, currency), currency) == amount


@pytest.mark.parametrize("currency", sorted(set(EXPONENTS) - REFUSED - {"ISK", "MGA"}))
def test_most_currencies_are_written_as_here(currency: str) -> None:
    assert to_stripe(1990, currency) == 1990
    assert from_stripe(1990, currency) == 1990


@pytest.mark.parametrize("currency", sorted(WHOLE))
def test_whole_units_stay_whole(currency: str) -> None:
    assert to_stripe(500, currency) == 500


def test_the_krona_has_two_zeros_there_and_none_here() -> None:
    assert to_stripe(5, "ISK") == 500
    assert from_stripe(500, "ISK") == 5
    assert from_stripe(501, "ISK") is None


def test_the_ariary_is_whole_there_and_has_hundredths_here() -> None:
    assert to_stripe(50_000, "MGA") == 500
    assert from_stripe(500, "MGA") == 50_000


@pytest.mark.parametrize(("currency", "step"), sorted(ROUND.items()))
def test_an_amount_that_cannot_be_written_there_is_refused(currency: str, step: int) -> None:
    for rest in (1, step - 1):
        with pytest.raises(ProviderRejected, match="exactly this amount"):
            to_stripe(5000 + rest, currency)


@pytest.mark.parametrize("currency", [*sorted(REFUSED), "XXX", "usd"])
def test_a_currency_in_doubt_is_refused_and_never_read(currency: str) -> None:
    assert not can_take(currency)
    assert from_stripe(500, currency) is None
    with pytest.raises(ProviderRejected, match=f"cannot take amounts in {currency}"):
        to_stripe(500, currency)
