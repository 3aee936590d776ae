"""What a search asks each engine for, and how many products it expects to find."""

from plantly.db.search.statistics import EVERY_PRODUCT, Statistics
from plantly.db.search.terms import (
    FILTER,
    But,
    Term,
    all_of,
    bound_words,
    fts5,
    looks,
    tier,
    tsquery,
)
from plantly.domain.search import parse_search

TEXT = parse_search("cosy sofa", (("sofa", "big couch", "settee"),))
STATISTICS = Statistics(
    products=100,
    words={
        "cosy": (10, 20, 40),
        "sofa": (5, 5, 10),
        "big": (20, 30, 50),
        "couch": (4, 8, 10),
        "settee": (1, 1, 2),
    },
    filters={EVERY_PRODUCT: (100, 1), "fred": (30, 2)},
    beginnings=None,
    begun=25,
)


def test_words_are_asked_for_in_one_kind_of_place_at_a_time() -> None:
    in_title = tier(TEXT, 1, None)
    assert fts5(in_title) == '{title} : ("cosy" AND ("sofa" OR ("big" AND "couch") OR "settee"))'
    assert tsquery(in_title) == "('tcosy' & ('tsofa' | ('tbig' & 'tcouch') | 'tsettee'))"
    alone = tier(parse_search("sofa"), 2, None)
    assert (fts5(alone), tsquery(alone)) == ('{title labels} : "sofa"', "'lsofa'")


def test_only_the_last_word_that_was_typed_may_be_a_beginning() -> None:
    last = fts5(tier(TEXT, 4, None))
    assert last.startswith('({title labels body} : "cosy" AND ({title labels body} : "sofa" * OR ')
    few = tsquery(tier(parse_search("big so"), 4, ("sofa", "sock")))
    assert few == "('abig' & ('asofa' | 'asock'))"


def test_a_product_is_looked_at_for_the_same_words() -> None:
    bound, units = bound_words(TEXT)
    title = looks(units, 3)[1]
    names = {name: value.strip() for name, value in bound.items()}
    for name, word in names.items():
        title = title.replace(f"instr(c1, :{name})", word)
    assert title == "((cosy) AND ((sofa) OR ((big) AND (couch)) OR (settee)))"


def test_no_more_is_expected_than_the_rarest_word_or_filter_allows() -> None:
    in_title, red = tier(TEXT, 1, None), Term(FILTER, "fred")
    assert STATISTICS.most(in_title) == 10
    assert STATISTICS.most(tier(TEXT, 3, None)) == 22
    assert STATISTICS.most(all_of([red, But(tier(TEXT, 3, None), in_title)])) == 22
    assert STATISTICS.most(tier(TEXT, 0, None)) == 100


def test_words_and_filters_are_thought_to_be_unrelated() -> None:
    in_title = tier(TEXT, 1, None)
    share = 0.1 * (0.05 + 0.2 * 0.04 + 0.01)
    assert abs(STATISTICS.share(in_title) - share) < 1e-9
    assert abs(STATISTICS.share(all_of([Term(FILTER, "fred"), in_title])) - 0.3 * share) < 1e-9
