"""The words of the synthetic catalogs: 60,000, used as unevenly as a language uses its own.

The first are the small words of any sentence, then words that shops really use, then words made of
syllables. How often a word is used falls with its rank, as Zipf found.
"""

from dataclasses import dataclass
from functools import cache
from itertools import product as pairs
from random import Random
from typing import Final

WORDS: Final = 60_000
_DRAWS: Final = 1 << 20
_FLATTENED: Final = 2.7
"""Mandelbrot's correction: the first few words of a real language differ less than 1/rank says."""


def listed(text: str) -> tuple[str, ...]:
    """Return the words of a text: a long tuple takes a line for each of them."""
    return tuple(text.split())


SMALL_WORDS: Final = listed(
    """the and of for with a to in is your our from that this on it as by made you can at all be
    or when has its every are"""
)
SHOP_WORDS: Final = listed(
    """cotton wool linen leather steel oak glass ceramic bamboo silk velvet denim canvas brass
    copper marble rubber paper cork walnut soft light dark warm cool small large compact
    wide slim heavy sturdy gentle natural organic recycled handmade classic modern vintage
    rustic nordic coastal simple bold quiet bright deep pale matte glossy woven knitted
    printed striped plain wireless folding portable waterproof outdoor indoor kitchen bath
    garden office travel winter summer spring autumn everyday mug bowl plate pot vase lamp
    chair table stool shelf basket rug cushion throw blanket pillow curtain mirror clock
    frame candle tray jar bottle pan knife board spoon towel robe shirt jacket coat dress
    skirt trouser sock scarf glove hat cap belt bag wallet purse boot shoe sandal slipper
    ring necklace bracelet earring watch toy puzzle game book notebook pen pencil desk stand
    holder hook rack cable charger speaker headphone keyboard mouse camera tripod tent mat
    rope bike helmet bell pump seed soil planter hose shovel rake fern palm cactus café
    crème décor gift set pack pair size color colour fit care wash clean dry easy long
    lasting year new best quality value design shape surface edge handle lid base inside
    outside home room wall floor window door bed sofa morning evening coffee tea water bread
    fruit salad dinner party friend family child baby dog cat bird"""
)
_SYLLABLES: Final = tuple(
    first + vowel
    for first, vowel in pairs(listed("b d f g k l m n p r t v z st br tr gl"), "aeiou")
)
_ENDINGS: Final = ("n", "r", "l", "k", "m", "nd", "rt", "lo", "va", "ti")


@dataclass(frozen=True)
class Vocabulary:
    """Every word by rank, and tables to draw from: a word stands in one as often as it is used."""

    words: tuple[str, ...]
    in_text: tuple[str, ...]
    in_titles: tuple[str, ...]


@cache
def vocabulary() -> Vocabulary:
    """Return the words, the same ones always."""
    words = dict.fromkeys((*SMALL_WORDS, *SHOP_WORDS))
    random = Random(60_000)  # noqa: S311 - made-up words
    while len(words) < WORDS:
        syllables = random.choices(_SYLLABLES, k=random.choice((2, 2, 3)))
        words["".join(syllables) + random.choice(_ENDINGS)] = None
    ranked = tuple(words)
    small = len(SMALL_WORDS)
    return Vocabulary(
        words=ranked,
        in_text=_table(ranked, _DRAWS),
        # Titles have no small words, and few that nobody knows.
        in_titles=_table(ranked[small : WORDS // 3], _DRAWS >> 2),
    )


def _table(words: tuple[str, ...], draws: int) -> tuple[str, ...]:
    weights = [1 / (rank + _FLATTENED) for rank in range(len(words))]
    share = draws / sum(weights)
    table: list[str] = []
    for word, weight in zip(words, weights, strict=True):
        times = max(1, round(weight * share))
        # One use in eight is a plural, which a search must not care about.
        plural = 0 if word.endswith("s") or word in SMALL_WORDS else times // 8
        table += [word] * (times - plural) + [word + "s"] * plural
    return tuple(table)
