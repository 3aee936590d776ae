"""Shops and carts by the thousand: everything that can be said about totals, from one seed.

Bounds (minimums, thresholds, ends of ranges, dates) often lie exactly on, just below or just above
what the cart has: that is where mistakes are.
"""

import random
from collections.abc import Sequence
from dataclasses import astuple, dataclass, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from plantly.domain.discount import Discount, DiscountKind
from plantly.domain.money import MAX_MINOR, Currency
from plantly.domain.shop import (
    FulfillmentKind,
    FulfillmentOption,
    ShippingRate,
    ShippingZone,
    ShopConfig,
    TaxRate,
)
from plantly.domain.targets import Targets
from tests.support.reference_rules import Line, Place, Question

NOW = datetime(2026, 3, 8, 12, tzinfo=UTC)
CURRENCIES = [Currency(code) for code in ("USD", "EUR", "JPY", "KWD", "ISK", "BHD", "CLF")]
PRODUCTS = ("basil", "fern", "monstera", "pot", "seeds", "tray")
CATEGORIES = ("", "herbs", "pots", "seeds", "tools")
TAGS = ("easy", "gift", "rare", "sale")
REGIONS = {"US": ("CA", "NJ", "HI"), "DE": ("BE", "BY"), "ES": ("CN", "MD")}
POSTAL = {"US": ("94016", "07001", "96701"), "DE": ("10115", "80331"), "ES": ("35001", "28001")}
PERCENTS = ("0.5", "1", "5", "6.625", "7", "7.25", "10", "12.5", "19", "20", "25", "33.3", "50")
HARD_PERCENTS = ("0.0001", "0.01", "8.875", "9.9999", "49.9999", "66.6667", "99.99", "100")


@dataclass(frozen=True)
class RandomOrder:
    shop: ShopConfig
    question: Question


@dataclass(frozen=True)
class _Dice:
    """The dice, and what the cart has: bounds are put near it."""

    roll: random.Random
    own: Currency
    foreign: tuple[Currency, ...]
    place: Place | None = None
    lines: tuple[Line, ...] = ()

    def happens(self, chance: float) -> bool:
        return self.roll.random() < chance

    def some(self, values: Sequence[str], chance: float = 0.4) -> tuple[str, ...]:
        return tuple(value for value in values if self.happens(chance))

    def written(self, name: str) -> str:
        return name.title() if self.happens(0.1) else name

    @property
    def subtotal(self) -> int:
        return sum(line.unit_minor * line.quantity for line in self.lines)

    @property
    def weight(self) -> int:
        return sum(line.weight_g * line.quantity for line in self.lines)

    def near(self, value: int) -> int:
        """Pick an amount on, beside or somewhere around a value; seldom 0."""
        beside = value + self.roll.choice((-1, 0, 0, 1))
        around = self.roll.randint(0, max(1, value + value // 4))
        return max(0, self.roll.choice((beside, around, value // 2, value // 10)))

    def near_subtotal(self) -> int:
        """Aim at all lines, or at a few: those may be the targets, or what a discount left."""
        few = [line.unit_minor * line.quantity for line in self.lines if self.happens(0.5)]
        left = self.subtotal - self.subtotal // self.roll.choice((2, 4, 5, 10, 20))
        return self.near(self.roll.choice((self.subtotal, sum(few), left)))

    def amounts(self, value: int) -> tuple[tuple[Currency, int], ...]:
        """Say an amount in most other currencies: the same digits, or others."""
        return tuple((code, self.near(value)) for code in self.foreign if self.happens(0.75))

    def percent(self) -> Decimal:
        if self.happens(0.2):
            return Decimal(self.roll.randint(1, 1_000_000)).scaleb(-4)
        return Decimal(self.roll.choice(self.roll.choice((PERCENTS, PERCENTS, HARD_PERCENTS))))

    def targets(self) -> Targets:
        """Pick products, categories, tags, or of each."""
        which = self.roll.choice(("all", "products", "categories", "tags"))
        found = Targets(
            self.some(PRODUCTS) if which in {"all", "products"} else (),
            self.some(CATEGORIES[1:]) if which in {"all", "categories"} else (),
            self.some(TAGS) if which in {"all", "tags"} else (),
        )
        if self.happens(0.1):
            found = Targets(*(tuple(map(str.upper, names)) for names in astuple(found)))
        return found or Targets(categories=(self.roll.choice(CATEGORIES[1:]),))


def random_order(roll: random.Random) -> RandomOrder:
    """Make a shop and an order, and nothing but the dice decides."""
    own, *others = roll.sample(CURRENCIES, roll.randint(1, 3))
    bare = _Dice(roll, own, tuple(others))
    dice = replace(bare, place=_place(bare), lines=_lines(bare))
    shop = _shop(dice)
    return RandomOrder(shop, _question(dice, shop))


# The cart


def _lines(dice: _Dice) -> tuple[Line, ...]:
    roll = dice.roll
    count = roll.choice((1, 1, 2, 3, 3, 5, roll.randint(1, 20), roll.randint(10, 20)))
    if dice.happens(0.01):
        count = 0
    top = roll.choice((1, 12, 999, 9_999, 250_000, 10**9, MAX_MINOR))
    keys = roll.sample(range(100), count)
    twice = dice.happens(0.05)
    return tuple(_line(dice, f"v{key % 3 if twice else key}", top) for key in keys)


def _line(dice: _Dice, key: str, top: int) -> Line:
    roll = dice.roll
    return Line(
        key=key,
        unit_minor=top if dice.happens(0.2) else roll.randint(0 if dice.happens(0.1) else 1, top),
        quantity=roll.choice((1, 1, 2, 3, 10, 99, roll.randint(1, 99))),
        product=roll.choice(PRODUCTS),
        category=dice.written(roll.choice(CATEGORIES)),
        tags=tuple(dice.written(tag) for tag in dice.some(TAGS, 0.3)),
        weight_g=roll.choice((0, 1, 250, 1000, roll.randint(0, 30_000))),
        undeliverable=dice.some(tuple(REGIONS), 0.03),
    )


def _question(dice: _Dice, shop: ShopConfig) -> Question:
    roll = dice.roll
    place = dice.place
    options = [option for zone in shop.zones for option in zone.options]
    here = [
        option
        for zone in shop.zones
        if place and place.country in zone.countries
        for option in zone.options
    ]
    option = None
    if options and dice.happens(0.75):
        option = roll.choice(here or options)
    codes = [d.code for d in shop.discounts if d.code and dice.happens(0.8)]
    written = [roll.choice((str.lower, str.upper, str.title))(code) for code in codes]
    wrong = roll.choices(("NOPE", "nope", "SAVE", "C99", ""), k=roll.choice((0, 0, 0, 1, 2)))
    again = [code.swapcase() for code in written if dice.happens(0.1)]
    entered = [*written, *wrong, *again]
    roll.shuffle(entered)
    return Question(
        lines=dice.lines,
        now=NOW,
        currency=roll.choice(dice.foreign) if dice.foreign and dice.happens(0.35) else dice.own,
        codes=tuple(entered),
        place=place,
        option=option,
        exhausted=frozenset(d.key for d in shop.discounts if dice.happens(0.06)),
        assume_cheapest=dice.happens(0.5 if option is None else 0.03),
    )


def _place(dice: _Dice) -> Place | None:
    if dice.happens(0.1):
        return None
    roll = dice.roll
    country = roll.choice(tuple(REGIONS))
    region = roll.choice((None, *REGIONS[country] * 3))
    postal = roll.choice((None, *POSTAL[country] * 2))
    if dice.happens(0.1):
        region = region and f" {region.lower()}."
        postal = postal and f"{postal[:2]} -{postal[2:]}"
    return Place(country, region, postal)


# The shop


def _shop(dice: _Dice) -> ShopConfig:
    automatic = [_discount(dice, name=f"Offer {i}") for i in range(dice.roll.choice((0, 0, 1, 2)))]
    codes = [_discount(dice, code=f"Save{i}") for i in range(dice.roll.choice((0, 1, 1, 2, 3, 5)))]
    return ShopConfig(
        name="Random",
        tagline="",
        currency=dice.own,
        support_email="shop@example.com",
        order_prefix="R",
        max_quantity=99,
        low_stock_threshold=3,
        accent="#225522",
        accent_dark="#aaddaa",
        policies=(),
        zones=tuple(_zone(dice, i) for i in range(dice.roll.choice((0, 1, 1, 2, 3)))),
        taxes=tuple(_tax(dice) for _ in range(dice.roll.choice((0, 1, 2, 4, 8)))),
        discounts=(*automatic, *codes),
        currencies=dice.foreign,
    )


def _discount(dice: _Dice, name: str = "", code: str | None = None) -> Discount:
    roll = dice.roll
    kind = roll.choice((*DiscountKind, DiscountKind.PERCENTAGE, DiscountKind.FIXED))
    amount = max(1, dice.near_subtotal() // roll.choice((1, 2, 10))) if kind == "fixed" else 0
    minimum = dice.near_subtotal() if dice.happens(0.4) else 0
    starts, ends = _dates(dice)
    return Discount(
        kind=kind,
        code=code,
        name=name,
        percent=dice.percent() if kind == "percentage" else Decimal(0),
        amount_minor=amount,
        minimum_minor=minimum,
        starts_at=starts,
        ends_at=ends,
        targets=dice.targets() if dice.happens(0.45) else Targets(),
        stacks=dice.happens(0.7),
        amounts=dice.amounts(amount) if amount else (),
        minimums=dice.amounts(minimum) if minimum or dice.happens(0.1) else (),
    )


def _dates(dice: _Dice) -> tuple[datetime | None, datetime | None]:
    """Most have no dates or good ones; some begin or end this very moment."""
    tick = timedelta(microseconds=1)
    if dice.happens(0.7):
        return None, None
    starts = dice.roll.choice((None, NOW - timedelta(days=1), NOW - tick, NOW, NOW, NOW + tick))
    ends = dice.roll.choice((None, NOW + timedelta(days=1), NOW + tick, NOW + tick, NOW))
    return starts, ends


def _tax(dice: _Dice) -> TaxRate:
    roll = dice.roll
    country = roll.choice(tuple(REGIONS))
    if dice.place is not None and dice.happens(0.7):
        country = dice.place.country
    return TaxRate(
        country=country,
        region=roll.choice((None, *REGIONS[country])),
        title=roll.choice(("VAT", "Sales tax")),
        percent=Decimal(0) if dice.happens(0.2) else dice.percent(),
        included=dice.happens(0.5),
        on_shipping=dice.happens(0.6),
        targets=dice.targets() if dice.happens(0.4) else Targets(),
    )


def _zone(dice: _Dice, number: int) -> ShippingZone:
    countries = dice.some(tuple(REGIONS), 0.7) or ("US",)
    regions = tuple(f"{c}:{region}" for c in countries for region in REGIONS[c])
    prefixes = tuple(f"{c}:{code[:2]}" for c in countries for code in POSTAL[c])
    count = dice.roll.choice((1, 2, 3))
    return ShippingZone(
        name=f"Zone {number}",
        countries=countries,
        options=tuple(_option(dice, f"o{number}{i}") for i in range(count)),
        regions=dice.some(regions, 0.7) if dice.happens(0.15) else (),
        postal_prefixes=dice.some(prefixes, 0.7) if dice.happens(0.15) else (),
        except_regions=dice.some(regions, 0.2) if dice.happens(0.2) else (),
        except_postal_prefixes=dice.some(prefixes, 0.2) if dice.happens(0.2) else (),
    )


def _option(dice: _Dice, name: str) -> FulfillmentOption:
    roll = dice.roll
    pickup = dice.happens(0.2)
    price = 0 if pickup and dice.happens(0.7) else _price(dice)
    free_from = dice.near_subtotal() if dice.happens(0.35) else None
    return FulfillmentOption(
        id=name,
        kind=FulfillmentKind.PICKUP if pickup else FulfillmentKind.SHIPPING,
        title=name.upper(),
        description="",
        price_minor=price,
        free_from_minor=free_from,
        rates=tuple(_rate(dice) for _ in range(roll.randint(1, 4))) if dice.happens(0.4) else (),
        prices=dice.amounts(price) if price else (),
        free_from=dice.amounts(free_from) if free_from is not None else (),
    )


def _price(dice: _Dice) -> int:
    """Choose prices that are alike, so that options often come to the same."""
    return dice.roll.choice((0, 500, 599, 599, 1499, dice.roll.randint(1, 10_000)))


def _rate(dice: _Dice) -> ShippingRate:
    price = _price(dice)
    least = dice.near_subtotal() if dice.happens(0.25) else 0
    most = max(least, dice.near_subtotal()) if dice.happens(0.4) else None
    lightest = dice.near(dice.weight) if dice.happens(0.25) else 0
    heaviest = max(lightest, dice.near(dice.weight)) if dice.happens(0.5) else None
    return ShippingRate(
        price_minor=price,
        min_subtotal_minor=least,
        max_subtotal_minor=most,
        min_weight_g=lightest,
        max_weight_g=heaviest,
        prices=dice.amounts(price),
        min_subtotals=dice.amounts(least) if least else (),
        max_subtotals=dice.amounts(most) if most is not None else (),
    )
