"""Read what buyers type, and say how it is asked for."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import parse_qsl

from babel import Locale
from fastapi import Request

from plantly.domain.checkout import Buyer
from plantly.web.regions import region_code
from plantly.web.security import UnreadableBody, read_body

_MOST_BYTES = 16 * 1024
_MOST_FIELDS = 40

Form = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Field:
    """One input of the form, in the words and tokens of the HTML standard's autofill."""

    name: str
    label: str
    autocomplete: str
    type: str = "text"
    inputmode: str = "text"
    required: bool = True
    optional: bool = False
    """May always stay empty; what is neither required nor optional depends on the country."""
    hint: str = ""
    half: bool = False


CONTACT_FIELDS = (
    Field(
        "email",
        "E-mail",
        "email",
        type="email",
        inputmode="email",
        hint="Only for questions about this order.",
    ),
    Field("phone", "Phone", "tel", type="tel", inputmode="tel", required=False, optional=True),
)
ADDRESS_FIELDS = (
    Field("name", "Full name", "name"),
    Field("line1", "Address", "address-line1"),
    Field("line2", "Apartment, floor or suite", "address-line2", required=False, optional=True),
    Field("city", "City", "address-level2", half=True),
    Field("region", "State or province", "address-level1", required=False, half=True),
    Field("postal_code", "ZIP or postal code", "postal-code", required=False, half=True),
    Field("country", "Country", "country", half=True),
)
LABELS = {field.name: field.label for field in (*CONTACT_FIELDS, *ADDRESS_FIELDS)}


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
    """Return the buyer as typed, the region as the code by which taxes know it."""
    fields = {name: form.get(name, "") for name in Buyer.__dataclass_fields__}
    fields["region"] = region_code(fields["country"], fields["region"])
    return Buyer(**fields)


@lru_cache
def country_names(codes: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
    """Return code and name of countries, sorted by name."""
    names = Locale("en", "US").territories
    return tuple(sorted(((code, names.get(code, code)) for code in codes), key=lambda c: c[1]))
