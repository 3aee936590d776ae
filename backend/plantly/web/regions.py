"""States and provinces as people and browsers write them, and the codes that addresses need."""

_NAMES = {
    "US": (
        "AL Alabama|AK Alaska|AZ Arizona|AR Arkansas|CA California|CO Colorado|CT Connecticut|"
        "DE Delaware|DC District of Columbia|FL Florida|GA Georgia|HI Hawaii|ID Idaho|IL Illinois|"
        "IN Indiana|IA Iowa|KS Kansas|KY Kentucky|LA Louisiana|ME Maine|MD Maryland|"
        "MA Massachusetts|MI Michigan|MN Minnesota|MS Mississippi|MO Missouri|MT Montana|"
        "NE Nebraska|NV Nevada|NH New Hampshire|NJ New Jersey|NM New Mexico|NY New York|"
        "NC North Carolina|ND North Dakota|OH Ohio|OK Oklahoma|OR Oregon|PA Pennsylvania|"
        "PR Puerto Rico|RI Rhode Island|SC South Carolina|SD South Dakota|TN Tennessee|TX Texas|"
        "UT Utah|VT Vermont|VA Virginia|WA Washington|WV West Virginia|WI Wisconsin|WY Wyoming"
    ),
    "CA": (
        "AB Alberta|BC British Columbia|MB Manitoba|NB New Brunswick|NL Newfoundland and Labrador|"
        "NS Nova Scotia|NT Northwest Territories|NU Nunavut|ON Ontario|PE Prince Edward Island|"
        "QC Quebec|QC Québec|SK Saskatchewan|YT Yukon"
    ),
}
_CODES = {
    country: {pair[3:].casefold(): pair[:2] for pair in pairs.split("|")}
    for country, pairs in _NAMES.items()
}


def region_code(country: str, typed: str) -> str:
    """Return the code of a state or province, from its name or from a code in any case.

    What is not known, and every region of another country, stays as it was typed.
    """
    codes = _CODES.get(country)
    if codes is None:
        return typed
    known = codes.get(" ".join(typed.split()).casefold())
    upper = typed.upper().replace(".", "")
    return known or (upper if upper in codes.values() else typed)
