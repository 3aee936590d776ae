"""Read what buyers type, and say how it is asked for."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Final
from urllib.parse import parse_qsl

from fastapi import Request

from plantly.domain.checkout import Buyer
from plantly.domain.said import Said
from plantly.services.addresses import address_fields
from plantly.web.security import UnreadableBody, read_body

_MOST_BYTES = 16 * 1024
_MOST_FIELDS = 40

Form = Mapping[str, str]


_TOKENS = {
    "line1": "address-line1",
    "line2": "address-line2",
    "city": "address-level2",
    "district": "address-level3",
    "region": "address-level1",
    "postal_code": "postal-code",
}
"""The words of the HTML standard's autofill."""

_COUNTRY: Final = Said("Country", "form.label.country")
_GIFT_NOTE: Final = Said("Gift note", "form.label.gift_note")


@dataclass(frozen=True, slots=True)
class Field:
    """One input of the form."""

    name: str
    label: str
    autocomplete: str
    type: str = "text"
    inputmode: str = "text"
    required: bool = True
    hint: str = ""
    half: bool = False
    options: tuple[tuple[str, str], ...] = ()
    """Code and name of what there is to choose from, where it is not typed."""


_PHONE: Final = Said("Phone", "form.label.phone")
_NAME: Final = Said("Full name", "form.label.name")
CONTACT_FIELDS = (
    Field(
        "email",
        Said("E-mail", "form.label.email"),
        "email",
        type="email",
        inputmode="email",
        hint=Said("Only for mails about this order.", "form.hint.email"),
    ),
    Field("phone", _PHONE, "tel", type="tel", inputmode="tel", required=False),
)
NAME_FIELD = Field("name", _NAME, "name")


@lru_cache
def place_fields(country: str) -> tuple[Field, ...]:
    """Return the inputs for an address in a country."""
    return tuple(
        Field(
            field.name,
            field.label,
            _TOKENS[field.name],
            inputmode="numeric" if field.example.isdigit() else "text",
            required=field.required,
            half=field.half,
            options=tuple((one.code, one.name) for one in field.choices),
        )
        for field in address_fields(country)
    )


def labels(country: str) -> dict[str, str]:
    """Return what every input is called, from the top of the form to its end."""
    first = {field.name: field.label for field in (*CONTACT_FIELDS, NAME_FIELD)}
    place = {field.name: field.label for field in place_fields(country)}
    return {**first, "country": _COUNTRY, **place, "gift_note": _GIFT_NOTE}


async def read_form(request: Request) -> Form:
    """Return the fields of a posted form; of a field that comes twice the last one counts.

    Raises:
        UnreadableBody: Nobody fills in that much.
    """
    body = await read_body(request, _MOST_BYTES)
    try:
        pairs = parse_qsl(
            body.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=_MOST_FIELDS
        )
    except ValueError as error:
        raise UnreadableBody(413) from error
    return {name: value.strip() for name, value in pairs}


def buyer_from(form: Form) -> Buyer:
    """Return the buyer as typed."""
    return Buyer(**{name: form.get(name, "") for name in Buyer.__dataclass_fields__})
