"""The settings of what can be paid inside a conversation: all of it is off unless asked for."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from plantly.settings.reader import Reader

_SHEET_PROVIDERS = ("sandbox",)
_MERCHANT = re.compile(r"[A-Za-z0-9._-]{1,100}", re.ASCII)


@dataclass(frozen=True, slots=True)
class InChatSettings:
    """Ways to pay without leaving the assistant, beside the hosted page that is always there."""

    embedded: bool = False
    """The provider's form inside the checkout widget: for developer mode only."""
    payment_sheet: bool = False
    """The assistant's own payment sheet, whose token the provider charges."""
    merchant_id: str = "sandbox"
    """The provider's name for the shop, which the sheet hands to the provider."""
    conversion: bool = False
    """The tool that opens a checkout from the assistant's own product listings."""
    is_live: bool = False
    """Whether real money moves: outside production the sheet takes test cards."""

    def problems(self, provider: str) -> Iterator[str]:
        """Say what cannot be done with the chosen provider."""
        if self.embedded and provider != "gr4vy":
            yield (
                "PLANTLY_CHECKOUT_MODE=embedded shows Gr4vy's form inside the widget: it needs "
                f"PLANTLY_PAYMENT_PROVIDER=gr4vy, not {provider}. Or use external."
            )
        if self.payment_sheet and provider not in _SHEET_PROVIDERS:
            yield (
                f"PLANTLY_PAYMENT_SHEET needs a provider that charges the sheet's tokens, and "
                f"{provider} does not yet: use {' or '.join(_SHEET_PROVIDERS)}, or leave it off."
            )


def read_in_chat(read: Reader, *, embedded: bool, is_live: bool) -> InChatSettings:
    """Read what can be paid inside a conversation."""
    name = "PLANTLY_PAYMENT_SHEET_MERCHANT_ID"
    merchant_id = read.text(name, "sandbox")
    if not _MERCHANT.fullmatch(merchant_id):
        read.problems.append(
            f"{name} is {merchant_id!r}: use the name that your provider gave the shop, in "
            "letters, digits, dots and hyphens."
        )
    return InChatSettings(
        embedded=embedded,
        payment_sheet=read.flag("PLANTLY_PAYMENT_SHEET", default=False),
        merchant_id=merchant_id,
        conversion=read.flag("PLANTLY_CHECKOUT_CONVERSION", default=False),
        is_live=is_live,
    )
