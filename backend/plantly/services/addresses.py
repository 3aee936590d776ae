"""Addresses of every country: what is asked for, what is accepted, and how it is printed."""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache

from plantly.domain.checkout import Buyer
from plantly.domain.said import Said
from plantly.services.address_data import Region, Rules, rules_of

_LABELS = {
    "area": "Area",
    "city": "City",
    "county": "County",
    "department": "Department",
    "district": "District",
    "do_si": "Province or city",
    "eircode": "Eircode",
    "emirate": "Emirate",
    "island": "Island",
    "neighborhood": "Neighborhood",
    "oblast": "Oblast",
    "parish": "Parish",
    "pin": "PIN code",
    "post_town": "Town or city",
    "postal": "Postal code",
    "postcode": "Postcode",
    "prefecture": "Prefecture",
    "province": "Province",
    "state": "State",
    "suburb": "Suburb",
    "townland": "Townland",
    "village_township": "Village or township",
    "zip": "ZIP code",
}
_NEEDED = Said("This field is needed.", "form.needed")
_STREET = Said("Address", "form.label.line1")
_SUITE = Said("Apartment, floor or suite", "form.label.line2")
_DASHES = re.compile("[\N{HYPHEN}-\N{HORIZONTAL BAR}\N{MINUS SIGN}]")
_SEPARATORS = re.compile("[ -]")
_WHOLE_LINE = 3
"""So many fields in one line of an address do not fit beside each other in a form."""


@dataclass(frozen=True, slots=True)
class AddressField:
    """One thing to ask for: an attribute of `Buyer`, in the words of the country."""

    name: str
    label: str
    required: bool
    half: bool = False
    """It shares a line with the next or the one before."""
    choices: tuple[Region, ...] = ()
    example: str = ""


@lru_cache(maxsize=256)
def address_fields(country: str) -> tuple[AddressField, ...]:
    """Return what to ask for in a country, in the order in which people there write it."""
    rules = rules_of(country)
    found: list[AddressField] = []
    for line in rules.lines:
        alone = ""
        if len(line) >= _WHOLE_LINE:
            alone = line[-1] if line[0] == "postal_code" else line[0]
        for name in line:
            half = name == "postal_code" or (len(line) > 1 and name != alone)
            found.append(_field(rules, name, half=half))
            if name == "line1":
                found.append(AddressField("line2", _SUITE, required=False))
    return tuple(found)


def normalized(buyer: Buyer) -> Buyer:
    """Return a buyer as kept: regions by code, postal codes as the post writes them.

    What addresses of the country do not have is left out.
    """
    rules = rules_of(buyer.country)
    values = {name: _tidy(getattr(buyer, name)) for name in Buyer.__dataclass_fields__}
    for name in ("city", "district", "region", "postal_code"):
        if name not in rules.fields():
            values[name] = ""
    region = rules.region(values["region"])
    if region is not None:
        values["region"] = region.code
    values["postal_code"] = _postal_code(rules, values["postal_code"])
    values["gift_note"] = "\n".join(_tidy(line) for line in buyer.gift_note.splitlines()).strip()
    return replace(buyer, **values)


def address_problems(buyer: Buyer) -> dict[str, str]:
    """Return a sentence for every field of a normalized address that cannot be accepted."""
    rules = rules_of(buyer.country)
    problems = {
        field.name: _missing(rules, field)
        for field in address_fields(buyer.country)
        if field.required and not getattr(buyer, field.name)
    }
    region = rules.region(buyer.region)
    if rules.regions and buyer.region and region is None:
        text = f"Choose {_a(rules, 'region')} from the list."
        problems["region"] = Said(text, "form.choose_listed", label=_label(rules, "region"))
    if buyer.postal_code:
        problem = _postal_problem(rules, region, buyer.postal_code)
        if problem:
            problems["postal_code"] = problem
    return problems


def address_lines(buyer: Buyer) -> tuple[str, ...]:
    """Return name and address as they stand on an envelope, without the country."""
    rules = rules_of(buyer.country)
    latin = f"{buyer.line1}{buyer.city}".isascii()
    region = rules.region(buyer.region)
    printed = buyer.region
    if region is not None:
        printed = region.printed
    values = {
        "%N": buyer.name,
        "%D": buyer.district,
        "%C": buyer.city,
        "%S": printed,
        "%Z": buyer.postal_code,
    }
    lines: list[str] = []
    for line in (rules.latin_template if latin else rules.template).split("%n"):
        if line.startswith("%A"):
            street = [part for part in (buyer.line1, buyer.line2) if part]
            rest = _line(line.removeprefix("%A").lstrip(", "), values)
            lines += [*street, rest]
        else:
            lines.append(_line(line, values))
    return tuple(line for line in lines if line)


def region_code(country: str, typed: str) -> str:
    """Return the code of a region from its name or code in any case, else what was typed."""
    region = rules_of(country).region(typed)
    return region.code if region is not None else typed


def knows_region(country: str, typed: str) -> bool:
    """Say whether a country has a region of that name or code, or no list of them to look in."""
    rules = rules_of(country)
    return not rules.regions or rules.region(typed) is not None


def coded_region(country: str, named: str) -> str:
    """Return the code under which addresses keep a region that a merchant names.

    Raises:
        ValueError: No address of that country is ever there.
    """
    rules = rules_of(country)
    if "region" not in rules.fields():
        msg = f"addresses in {country} name no region: nobody would ever be in {named!r}"
        raise ValueError(msg)
    if not knows_region(country, named):
        first, *_, last = rules.regions
        known = f"such as {first.code} ({first.name}) or {last.code} ({last.name})"
        msg = f"{named!r} is no region of {country}: use a code or a name, {known}"
        raise ValueError(msg)
    return region_code(country, named)


def _field(rules: Rules, name: str, *, half: bool) -> AddressField:
    label = _STREET if name == "line1" else _label(rules, name)
    return AddressField(
        name=name,
        label=label,
        required=name in rules.required,
        half=half,
        choices=rules.regions if name == "region" else (),
        example=rules.examples[0] if name == "postal_code" and rules.examples else "",
    )


def _missing(rules: Rules, field: AddressField) -> str:
    if field.choices:
        return Said(f"Choose {_a(rules, field.name)}.", "form.choose", label=field.label)
    return _such_as(rules, field.example) if field.example else _NEEDED


def _such_as(rules: Rules, example: str) -> str:
    text = f"Enter {_a(rules, 'postal_code')} such as {example}."
    label = _label(rules, "postal_code")
    return Said(text, "form.such_as", label=label, example=example)


def _postal_problem(rules: Rules, region: Region | None, code: str) -> str | None:
    example = rules.examples[0] if rules.examples else ""
    if rules.postal is None:
        return None
    if not rules.postal.fullmatch(code):
        return _such_as(rules, example)
    if region is None or region.postal is None or region.postal.match(code):
        return None
    text = f"This {_noun(rules, 'postal_code')} is in another {_noun(rules, 'region')}: check both."
    labels = {name: _label(rules, name) for name in ("postal_code", "region")}
    if not region.example:
        return Said(text, "form.elsewhere", **labels)
    text = f"{text} One there is {region.example}."
    return Said(text, "form.elsewhere_such_as", **labels, example=region.example)


def _postal_code(rules: Rules, typed: str) -> str:
    """Return a postal code with the separators of the country, or as typed if it fits no shape."""
    plain = unicodedata.normalize("NFKC", _DASHES.sub("-", typed)).upper()
    plain = "".join(str(unicodedata.decimal(c)) if c.isdecimal() else c for c in plain)
    if rules.postal is None:
        return plain
    if rules.prefix and not rules.postal.fullmatch(plain):
        plain = plain.removeprefix(rules.prefix).lstrip(" -")
    if _SEPARATORS.search(plain) and rules.postal.fullmatch(plain):
        return plain
    compact = _SEPARATORS.sub("", plain)
    shaped = (_shaped(example, compact) for example in rules.examples)
    return next((code for code in shaped if rules.postal.fullmatch(code)), plain)


def _shaped(example: str, compact: str) -> str:
    """Return a code with the separators of an example of the same kinds of characters, or ''."""
    rest = iter(compact)
    shaped = "".join(next(rest, "") if c.isalnum() else c for c in example)
    same = len(shaped) == len(example) and next(rest, None) is None
    return shaped if same else ""


def _line(template: str, values: Mapping[str, str]) -> str:
    """Return one line; what stands between two fields stands only between two that are filled."""
    line = between = ""
    for token in re.split("(%.)", template):
        if not token.startswith("%"):
            between = between or token
        elif values.get(token):
            line += between + values[token]
            between = ""
    return line


def _a(rules: Rules, name: str) -> str:
    noun = _noun(rules, name)
    return f"{'an' if noun[0] in 'aeioE' else 'a'} {noun}"


def _label(rules: Rules, name: str) -> str:
    kind = rules.kinds[name]
    return Said(_LABELS[kind], f"form.label.{kind}")


def _noun(rules: Rules, name: str) -> str:
    label = _LABELS[rules.kinds[name]]
    return label if label[1].isupper() or label == "Eircode" else label.lower()


def _tidy(text: str) -> str:
    return " ".join(unicodedata.normalize("NFC", text).split())
