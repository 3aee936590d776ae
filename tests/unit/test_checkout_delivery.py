"""Which deliveries there are, and how what cannot be sent is named."""

import pytest

from plantly.services.checkout_delivery import Deliveries


@pytest.mark.parametrize(
    ("names", "said"),
    [
        (("Fern",), "Fern cannot be sent to this country."),
        (("Fern", "Jade"), "Fern and Jade cannot be sent to this country."),
        (("Fern", "Jade", "Aloe"), "Fern, Jade and Aloe cannot be sent to this country."),
        (
            ("Fern", "Jade", "Aloe", "Ivy", "Moss"),
            "Fern, Jade, Aloe and 2 more cannot be sent to this country.",
        ),
        ((), "The shop does not deliver to this country."),
    ],
)
def test_products_that_stay_here_are_named(names: tuple[str, ...], said: str) -> None:
    deliveries = Deliveries((), names)
    assert deliveries.problem() == said
    (message,) = deliveries.messages()
    assert (message.type, message.code, message.content) == ("error", "not_deliverable", said)
    assert message.resolution
