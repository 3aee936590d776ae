"""The settings of Stripe."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from plantly.settings.reader import Reader

_LIVE_KEYS = ("sk_live_", "rk_live_")
_TEST_KEYS = ("sk_test_", "rk_test_")
_PAY_ORIGIN = "https://checkout.stripe.com"


@dataclass(frozen=True, slots=True)
class StripeSettings:
    """The account at Stripe."""

    api_key: str = field(repr=False)
    webhook_secrets: tuple[str, ...] = field(repr=False)
    api_url: str | None
    """A stand-in for Stripe's API, on this machine; None for Stripe's own."""

    @property
    def pay_origin(self) -> str:
        """Return the origin of the page on which buyers pay."""
        return self.api_url or _PAY_ORIGIN

    def test_settings(self) -> Iterator[str]:
        """Say what production must not be set to."""
        if self.api_key.startswith(_TEST_KEYS):
            yield "STRIPE_API_KEY is a test key, which moves no money: production needs a live key."
        if self.api_url is not None:
            yield "STRIPE_API_URL is for tests: production refuses it."


def read_stripe(read: Reader) -> StripeSettings:
    """Read the account, when Stripe is the chosen provider."""
    read.installed("stripe", "stripe")
    keys = read.needed_secrets(
        "STRIPE_API_KEY", "copy a secret or restricted key from the dashboard, under API keys."
    )
    key = next(iter(keys), "")
    if keys and (len(keys) > 1 or not key.startswith(_LIVE_KEYS + _TEST_KEYS)):
        read.problems.append(
            "STRIPE_API_KEY cannot be used: it takes one secret or restricted key, which begins "
            "with sk_ or rk_."
        )
    return StripeSettings(
        api_key=key,
        webhook_secrets=read.needed_secrets(
            "STRIPE_WEBHOOK_SECRET",
            "copy the signing secret (whsec_...) of the webhook endpoint from the dashboard.",
        ),
        api_url=read.loopback("STRIPE_API_URL"),
    )
