"""What can still be sent, refunded and returned of a line, and what a parcel may say."""

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plantly.domain import order_return
from plantly.domain.errors import IllegalMove, InvalidInput
from plantly.domain.order import FulfillmentStatus as F
from plantly.domain.order import LineProgress, follow, fulfillment_status
from plantly.domain.order import OrderStatus as O
from plantly.domain.order_return import ReturnReason
from plantly.domain.order_return import ReturnStatus as R
from plantly.domain.parcel import Parcel, check_parcel
from plantly.domain.payment import Fact, FactKind
from plantly.domain.refunds import OurRefund, known_refunds, refunded_minor, share_of


@given(st.integers(0, 10**9), st.lists(st.integers(1, 9), min_size=1, max_size=12))
def test_units_of_a_line_are_worth_its_total_however_they_are_refunded(
    total: int, portions: list[int]
) -> None:
    bought, refunded, worth = sum(portions), 0, 0
    for quantity in portions:
        line = LineProgress("A", bought, refunded=refunded, refunded_minor=worth)
        share = share_of(total, line, quantity)
        assert share >= total // bought * quantity
        refunded, worth = refunded + quantity, worth + share
    assert worth == total


def test_what_is_left_of_a_line_follows_from_what_became_of_it() -> None:
    line = LineProgress("A", 5, sent=3, dropped=1, refunded=2, returning=1)
    assert (line.to_send, line.refundable, line.returnable) == (1, 3, 2)
    assert LineProgress("A", 1, dropped=1, refunded=1).returnable == 0


@pytest.mark.parametrize(
    ("lines", "arrived", "expected"),
    [
        ([LineProgress("A", 1)], True, F.UNFULFILLED),
        ([LineProgress("A", 2, sent=1)], True, F.PARTIALLY_FULFILLED),
        ([LineProgress("A", 2, sent=1, dropped=1)], False, F.FULFILLED),
        ([LineProgress("A", 2, sent=2)], True, F.DELIVERED),
        ([LineProgress("A", 2, dropped=2)], True, F.UNFULFILLED),
    ],
    ids=range(5),
)
def test_goods_are_as_far_as_the_last_of_them(
    lines: list[LineProgress], arrived: bool, expected: F
) -> None:
    assert fulfillment_status(lines, all_delivered=arrived) is expected


@pytest.mark.parametrize(("current", "goods"), list(product(O, F)))
def test_an_order_follows_its_goods_and_never_goes_back(current: O, goods: F) -> None:
    way = [O.CONFIRMED, O.PROCESSING, O.SHIPPED, O.DELIVERED]
    reached = follow(current, goods)
    if current in {O.CANCELED, O.REFUNDED}:
        assert reached is current
    else:
        target = dict(zip(F, way, strict=True))[goods]
        assert reached is max(current, target, key=way.index)


@pytest.mark.parametrize(("current", "target"), list(product(R, R)))
def test_a_return_moves_along_its_table_only(current: R, target: R) -> None:
    moves = {
        R.REQUESTED: {R.APPROVED, R.DECLINED, R.RECEIVED},
        R.APPROVED: {R.DECLINED, R.RECEIVED},
    }
    if target in moves.get(current, set()):
        assert order_return.move(current, target) is target
        return
    with pytest.raises(IllegalMove):
        order_return.move(current, target)


def test_every_reason_can_be_read() -> None:
    assert len({reason.display_text for reason in ReturnReason}) == len(ReturnReason)


def test_a_parcel_says_who_carries_it_and_where_to_follow_it() -> None:
    typed = Parcel(" Parcel Post ", " PP 1\u00a02 ".strip(), "https://track.example:8443/?n=1")
    with pytest.raises(InvalidInput, match="tracking"):
        check_parcel(typed)
    parcel = check_parcel(Parcel(" Parcel Post ", " PP 12 ", "https://track.example:8443/?n=1"))
    assert parcel == Parcel("Parcel Post", "PP 12", "https://track.example:8443/?n=1")
    assert check_parcel(Parcel()) == Parcel()


@pytest.mark.parametrize(
    "url",
    [
        "http://track.example/1",
        "javascript:alert(1)",
        "https://",
        "https://user:pass@track.example/",
        "https://track.example:port/",
        "https://[::1",
        "https://track.example/a b",
        "track.example/1",
        "https://track.example/" + "1" * 2000,
    ],
    ids=range(9),
)
def test_a_buyer_is_only_sent_to_a_whole_https_address(url: str) -> None:
    with pytest.raises(InvalidInput, match="url"):
        check_parcel(Parcel(tracking_url=url))


@pytest.mark.parametrize("text", ["x" * 101, "a\x1b[2J", "a\nb"], ids=range(3))
def test_a_parcel_holds_no_strange_words(text: str) -> None:
    for parcel in (Parcel(carrier=text), Parcel(tracking_number=text)):
        with pytest.raises(InvalidInput):
            check_parcel(parcel)


def fact(ref: str, kind: FactKind, amount: int) -> Fact:
    return Fact(f"{ref}:{kind}", kind, amount, "USD", ref)


def test_refunds_are_ours_and_those_that_were_made_at_the_provider() -> None:
    ours = [
        OurRefund("rq_1", 100, "requested", "succeeded", "re_1"),
        OurRefund("rq_2", 200, "requested", "pending", None),
    ]
    facts = [
        fact("re_1", FactKind.REFUND_SUCCEEDED, 100),
        fact("re_2", FactKind.REFUND_PENDING, 200),
        fact("re_3", FactKind.REFUND_PENDING, 300),
        fact("re_3", FactKind.REFUND_SUCCEEDED, 300),
        fact("re_4", FactKind.REFUND_PENDING, 400),
        fact("re_5", FactKind.REFUND_FAILED, 500),
        Fact("captured", FactKind.CAPTURED, 900, "USD"),
    ]
    known = known_refunds(facts, ours)
    # The second one may be ours, whose answer is not here yet.
    assert [(r.name, r.amount_minor, r.status) for r in known] == [
        ("rq_1", 100, "succeeded"),
        ("rq_2", 200, "pending"),
        ("re_3", 300, "succeeded"),
        ("re_4", 400, "pending"),
        ("re_5", 500, "failed"),
    ]
    assert refunded_minor(known) == 400
