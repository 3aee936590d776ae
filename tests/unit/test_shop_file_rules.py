"""What `shop.toml` says about deliveries, taxes and discounts, and what is said about mistakes."""

from decimal import Decimal
from pathlib import Path

import pytest

from plantly.domain.discount import DiscountKind
from plantly.domain.errors import InvalidInput
from plantly.domain.money import Currency
from plantly.domain.shop import FulfillmentKind, ShippingRate
from plantly.domain.targets import Targets
from plantly.services.shop_file import read_shop_file

EUR = Currency("EUR")
SHOP = '[shop]\nname = "Fern"\ncurrency = "USD"\ncurrencies = ["EUR"]\n'
ZONE = '[[shipping_zones]]\nname = "Home"\ncountries = ["US"]\n'
BOTH = '[[shipping_zones]]\nname = "Far"\ncountries = ["US", "ES"]\n'
WAY_A = '{ id = "a", title = "A", price_minor = 1 }'
WAY = f"options = [{WAY_A}]\n"
MARCH = "2026-03-01T00:00:00Z"
TAX = '[[taxes]]\ncountry = "US"\ntitle = "Tax"\n'
RATE = 'rate_percent = "7"\n'
SALE = '[[discounts]]\nname = "Sale"\n'
CODE = '[[discount_codes]]\ncode = "TEN"\n'
PERCENT = 'kind = "percentage"\npercent = "10"\n'
FIXED = 'kind = "fixed"\namount_minor = 500\n'


def refusal(text: str) -> str:
    with pytest.raises(InvalidInput) as refused:
        read_shop_file(text)
    return refused.value.message


def option(text: str) -> str:
    return f'{SHOP}{ZONE}options = [{{ id = "a", title = "A", {text} }}]\n'


def test_the_guide_is_a_shop_file() -> None:
    guide = (Path(__file__).parents[2] / "docs" / "totals.md").read_text(encoding="utf-8")
    text = guide.partition("```toml\n")[2].partition("```")[0]
    shop = read_shop_file(text.replace("[shop]\n", '[shop]\nname = "Guide"\n'))
    (zone,) = shop.zones
    standard, express, pickup = zone.options
    assert shop.currencies == ("EUR",)
    assert zone.except_regions == ("US:HI",)
    assert zone.except_postal_prefixes == ("CA:X0",)
    assert (standard.prices, standard.free_from) == ((("EUR", 549),), (("EUR", 7000),))
    assert express.rates == (
        ShippingRate(1499, max_weight_g=3000, prices=((EUR, 1399),)),
        ShippingRate(2499, max_weight_g=12000, max_subtotal_minor=50000),
    )
    assert (pickup.kind, pickup.price_minor) == (FulfillmentKind.PICKUP, 0)
    assert [tax.exempt for tax in shop.taxes] == [False, True]
    herbs, five = shop.discounts
    assert (herbs.code, herbs.key, herbs.percent) == (None, "name:herb week", Decimal(10))
    assert herbs.targets == Targets(categories=("herbs",))
    assert (five.key, five.kind, five.stacks) == ("code:fiveoff", DiscountKind.FIXED, False)
    assert (five.limit, five.limit_per_buyer) == (1000, 1)
    assert (five.amounts, five.minimums) == ((("EUR", 500),), (("EUR", 2500),))


def test_a_zone_of_one_country_need_not_repeat_it() -> None:
    text = f'{SHOP}{ZONE}except_regions = ["HI", "US:AK"]\npostal_prefixes = ["9"]\n{WAY}'
    (zone,) = read_shop_file(text).zones
    assert (zone.except_regions, zone.postal_prefixes) == (("US:HI", "US:AK"), ("US:9",))


def test_a_region_is_kept_as_addresses_have_it_whatever_it_is_called() -> None:
    regions = 'regions = ["california", "US:ny"]\nexcept_regions = ["Hawaii"]\n'
    rate = 'region = "California"\nrate_percent = "7.25"\n'
    shop = read_shop_file(f"{SHOP}{ZONE}{regions}{WAY}{TAX}{rate}")
    (zone,) = shop.zones
    assert (zone.regions, zone.except_regions) == (("US:CA", "US:NY"), ("US:HI",))
    found = shop.tax_for("US", "CA")
    assert found is not None
    assert (found.region, found.percent) == ("CA", Decimal("7.25"))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            f'{SHOP}{TAX}region = "Atlantis"\nrate_percent = "7"',
            "taxes.0: 'Atlantis' is no region of US: use a code or a name, such as AL (Alabama) or",
        ),
        (
            "\n".join((f'{SHOP}{TAX}region = "CA"', RATE, f'{TAX}region = "California"', RATE)),
            "taxes.1: there is a rate for the same place and products above",
        ),
        (
            f'{SHOP}{ZONE}except_regions = ["US-HI"]\n{WAY}',
            "shipping_zones.0: 'US-HI' is no region of US",
        ),
        (
            f'{SHOP}{ZONE}regions = ["BY"]\n{WAY}'.replace('"US"', '"DE"'),
            "shipping_zones.0: addresses in DE name no region: nobody would ever be in 'BY'",
        ),
        (SHOP.replace("EUR", "Euro"), "shop.currencies.0: 'Euro' is not an ISO 4217"),
        (SHOP.replace("EUR", "USD"), "shop: currencies are others than the shop's own, each"),
        (f"{SHOP}color = 1", "shop.color: is not known here (check how it is spelled, and where"),
        (SHOP.replace('"USD"', "1"), "shop.currency: must be text, in quotes"),
        ("", "shop: is missing"),
        (option('kind = "shipping"'), "shipping_zones.0.options.0: it needs a price_minor, or r"),
        (
            option("price_minor = 1, rates = [{ price_minor = 1 }]"),
            "options.0: give it either price_minor or rates, not both",
        ),
        (
            option("prices = { EUR = 1 }, rates = [{ price_minor = 1 }]"),
            "options.0: give it either price_minor or rates, not both",
        ),
        (
            option("price_minor = 1, free_from = { EUR = 1 }"),
            "options.0: free_from needs free_from_minor, the amount in the shop's own currency",
        ),
        (
            option("price_minor = 1, prices = { USD = 1, JPY = 2 }"),
            "options.0.prices.USD: is the shop's own currency, whose amount ends in _minor; ship",
        ),
        (
            option("price_minor = 1, prices = { USD = 1, JPY = 2 }"),
            "shipping_zones.0.options.0.prices.JPY: is not one of shop.currencies",
        ),
        (option("price_minor = 1, prices = 5"), "prices: must name currencies, such as { EUR ="),
        (option("price_minor = 1, prices = { EUR = -1 }"), "prices.EUR: must be 0 or more"),
        (
            option("rates = [{ price_minor = 1, min_weight_g = 5, max_weight_g = 4 }]"),
            "rates.0: max_weight_g is below min_weight_g, so that nothing weighs that",
        ),
        (
            option("rates = [{ price_minor = 1, min_subtotal_minor = 5, max_subtotal_minor = 0 }]"),
            "rates.0: max_subtotal_minor is below min_subtotal_minor, so that no order is worth",
        ),
        (
            option("rates = [{ price_minor = 1, prices = { EUR = 1 }, min_subtotal_minor = 5 }]"),
            "rates.0: it has a price in EUR, so it needs min_subtotals in EUR too",
        ),
        (
            option("rates = [{ price_minor = 1, prices = { EUR = 1 }, max_subtotal_minor = 5 }]"),
            "rates.0: it has a price in EUR, so it needs max_subtotals in EUR too",
        ),
        (
            f"{SHOP}{ZONE}options = [{WAY_A}, {WAY_A}]",
            "shipping_zones.0: two of its options have the id a",
        ),
        (
            f'{SHOP}{BOTH}except_regions = ["HI"]\n{WAY}',
            'each of except_regions needs its country, one of this zone, such as "US:HI"',
        ),
        (
            f'{SHOP}{BOTH}except_postal_prefixes = ["FR:20"]\n{WAY}',
            'each of except_postal_prefixes needs its country, one of this zone, such as "US:20"',
        ),
        (
            f'{SHOP}{ZONE}regions = ["US:"]\n{WAY}',
            'each of regions needs its country, one of this zone, such as "US:35"',
        ),
        (f"{SHOP}{TAX}rate_percent = 7.25", "taxes.0.rate_percent: must be text, in quotes"),
        (f'{SHOP}{TAX}rate_percent = "1e2"', 'percentage from 0 to 100 as text, such as "7.25"'),
        (f'{SHOP}{TAX}rate_percent = "0.0000001"', "percentage from 0 to 100 as text"),
        (f'{SHOP}{TAX}rate_percent = "7"\nincluded = 1', "taxes.0.included: must be true or fals"),
        (
            f'{SHOP}{TAX}rate_percent = "7"\ntags = ["x"]\non_shipping = true',
            "taxes.0: on_shipping belongs to the general rate, not to one for certain products",
        ),
        (
            f'{SHOP}{TAX}rate_percent = "7"\n{TAX}rate_percent = "8"',
            "taxes.1: there is a rate for the same place and products above",
        ),
        (f'{SHOP}{SALE}kind = "half"', "discounts.0.kind: must be 'percentage', 'fixed' or 'f"),
        (
            f'{SHOP}{SALE}kind = "percentage"',
            "discounts.0: percent belongs to the kind percentage, which needs one above 0",
        ),
        (f'{SHOP}{SALE}{FIXED}percent = "1"', "percent belongs to the kind percentage"),
        (f"{SHOP}{SALE}{PERCENT}amount_minor = 1", "amount_minor and amounts belong to the kind"),
        (
            f"{SHOP}{SALE}{PERCENT}amounts = {{ EUR = 1 }}",
            "amount_minor and amounts belong to the kind fixed, which needs one above 0",
        ),
        (f'{SHOP}{SALE}kind = "fixed"', "amount_minor and amounts belong to the kind fixed"),
        (
            f'{SHOP}{SALE}kind = "free_shipping"\ntags = ["x"]',
            "free_shipping is for a whole order: take products, categories and tags out",
        ),
        (
            f"{SHOP}{SALE}{PERCENT}starts_at = {MARCH}\nends_at = {MARCH}",
            "discounts.0: it ends before it starts",
        ),
        (
            f"{SHOP}{SALE}{PERCENT}minimums = {{ EUR = 1 }}",
            "minimums need minimum_minor, the amount in the shop's own currency",
        ),
        (
            f"{SHOP}{SALE}{PERCENT}minimum_minor = 1\nminimums = {{ JPY = 1 }}",
            "discounts.0.minimums.JPY: is not one of shop.currencies",
        ),
        (f"{SHOP}{SALE}{PERCENT}limit = 0", "discounts.0.limit: must be 1 or more"),
        (f'{SHOP}{SALE}{PERCENT}products = "fern"', "discounts.0.products: must be a list, in [b"),
        (f'{SHOP}{SALE}{PERCENT}tags = [""]', "discounts.0.tags.0: must not be empty"),
        (
            f"{SHOP}{SALE}{PERCENT}starts_at = 5",
            "starts_at: must be a moment, such as 2026-03-01T00:00:00Z",
        ),
        (f"{SHOP}{SALE}{PERCENT}starts_at = 2026-03-01", "starts_at: must be a moment, such as"),
        (f"{SHOP}{SALE}{PERCENT}{SALE.replace('Sale', 'SALE')}{PERCENT}", "SALE stands there tw"),
        (f"{SHOP}{CODE}{PERCENT}{CODE.replace('TEN', 'ten')}{FIXED}", "ten stands there twice"),
        (f"{SHOP}{CODE.replace('TEN', 'T E N')}{PERCENT}", "code: must be 2 to 40 letters, dig"),
    ],
)
def test_a_mistake_is_said_in_a_sentence(text: str, said: str) -> None:
    assert said in refusal(text)


def test_all_mistakes_are_said_at_once() -> None:
    message = refusal(
        f"{SHOP}max_quantity = 0\n{ZONE}options = []\n{TAX}rate_percent = 7\n{SALE}{CODE}{PERCENT}"
    )
    assert message == (
        "The shop file has to be mended: shop.max_quantity: must be 1 or more; "
        "shipping_zones.0.options: must not be empty; "
        "taxes.0.rate_percent: must be text, in quotes; "
        "discounts.0.kind: is missing."
    )


def test_no_mistake_is_said_in_the_words_of_a_library() -> None:
    assert "Input should" not in refusal(f"{SHOP}{SALE}{PERCENT}starts_at = []\nlimit = 1.5\n")


@pytest.mark.parametrize(
    ("groups", "says"),
    [
        ('[["fern", "ferns"]]', "must differ in more than their plural"),
        ('[["fern"]]', "needs at least two entries"),
    ],
)
def test_synonyms_are_several_and_differ(groups: str, says: str) -> None:
    assert says in refusal(f"{SHOP}[search]\nsynonyms = {groups}\n")
