"""What a merchant says about a parcel: who carries it, and where to follow it."""

from dataclasses import dataclass
from urllib.parse import urlsplit

from plantly.domain.errors import InvalidInput

MAX_CARRIER = 60
MAX_TRACKING_NUMBER = 100
MAX_TRACKING_URL = 2000


@dataclass(frozen=True, slots=True)
class Parcel:
    """A carrier, a tracking number and an https address. Each may be empty."""

    carrier: str = ""
    tracking_number: str = ""
    tracking_url: str = ""


def check_parcel(parcel: Parcel) -> Parcel:
    """Return the parcel without blanks around its words.

    Raises:
        InvalidInput: Something is too long, or the address is none that a buyer may be sent to.
    """
    return Parcel(
        carrier=_text("carrier", parcel.carrier, MAX_CARRIER),
        tracking_number=_text("tracking", parcel.tracking_number, MAX_TRACKING_NUMBER),
        tracking_url=_address(_text("url", parcel.tracking_url, MAX_TRACKING_URL)),
    )


def _text(field: str, typed: str, longest: int) -> str:
    text = typed.strip()
    if len(text) > longest:
        raise InvalidInput(field, f"{field}: use at most {longest} characters.")
    if not text.isprintable():
        raise InvalidInput(field, f"{field}: leave out line ends and control characters.")
    return text


def _address(text: str) -> str:
    if not text:
        return ""
    refusal = InvalidInput(
        "url", "url: send a whole https address, such as https://carrier.example/track/123."
    )
    try:
        parts = urlsplit(text)
        named = parts.hostname
        # Reading the port is what checks it.
        _ = parts.port
    except ValueError:
        raise refusal from None
    if parts.scheme != "https" or not named or "@" in parts.netloc or " " in text:
        raise refusal
    return text
