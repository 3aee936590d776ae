"""Who asks, and from where: nobody talks their way out of it."""

import pytest

from plantly.domain.limits import default_limits, read_limits
from plantly.domain.visitor import (
    NOBODY,
    PRIVATE_NETWORKS,
    Cost,
    Visitor,
    address_of,
    read_networks,
)

PROXY = "10.0.0.5"
SHOPPER = "203.0.113.7"
V6 = "2001:db8:1:2::"


@pytest.mark.parametrize(
    ("peer", "forwarded", "found"),
    [
        # Without a proxy nobody is believed.
        (SHOPPER, "", SHOPPER),
        (SHOPPER, "198.51.100.1", SHOPPER),
        # The right-most hop that is no proxy of ours is what our proxy heard.
        (PROXY, SHOPPER, SHOPPER),
        (PROXY, f"198.51.100.1, {SHOPPER}", SHOPPER),
        (PROXY, f"198.51.100.1 ,{SHOPPER}, 10.0.0.9", SHOPPER),
        (PROXY, f"{SHOPPER}:4711", SHOPPER),
        (PROXY, f"[{V6}9]:4711", f"{V6}/64"),
        # A trusted peer that names nobody is the house itself.
        (PROXY, "", None),
        ("127.0.0.1", "", None),
        ("::1", "", None),
        (PROXY, "10.0.0.7, 10.0.0.8", None),
        (PROXY, "unknown", None),
        (PROXY, f"{SHOPPER}, unknown", None),
        (PROXY, f"{SHOPPER}, {'9' * 500}", None),
        ("testclient", "", None),
        (None, SHOPPER, None),
        # Of IPv6 a whole /64 is one customer, and IPv4 inside of it is IPv4.
        (f"{V6}1", "", f"{V6}/64"),
        (f"{V6}ffff:1", "", f"{V6}/64"),
        (f"::ffff:{SHOPPER}", "", SHOPPER),
        (f"::ffff:{PROXY}", SHOPPER, SHOPPER),
        ("fe80::1%eth0", SHOPPER, SHOPPER),
    ],
)
def test_an_address_is_the_last_one_that_nobody_made_up(
    peer: str | None, forwarded: str, found: str | None
) -> None:
    assert address_of(peer, forwarded, PRIVATE_NETWORKS) == found


def test_trusting_nobody_makes_the_peer_count() -> None:
    assert address_of("127.0.0.1", SHOPPER, ()) == "127.0.0.1"


def test_hops_far_to_the_left_are_not_even_read() -> None:
    assert address_of(PROXY, f"{SHOPPER}," + "10.0.0.1," * 30, PRIVATE_NETWORKS) is None


def test_networks_are_read_from_a_list() -> None:
    assert read_networks("") == (PRIVATE_NETWORKS, [])
    assert read_networks("none") == ((), [])
    networks, problems = read_networks("private, 203.0.113.0/24, 2001:db8::/32,")
    assert networks[: len(PRIVATE_NETWORKS)] == PRIVATE_NETWORKS
    assert [str(network) for network in networks[-2:]] == ["203.0.113.0/24", "2001:db8::/32"]
    assert problems == []
    _, problems = read_networks("10.0.0.1/8, nginx")
    assert len(problems) == 2
    assert "'nginx' is no network" in problems[1]


def a_visitor(**changes: object) -> Visitor:
    values = {"client": "c", "address": SHOPPER, "table": default_limits(), "secret": b"s"}
    return Visitor(**{**values, **changes})  # type: ignore[arg-type]


def test_a_visitor_is_counted_by_who_it_is_and_where_it_is() -> None:
    one, many = a_visitor().costs("cart_writes"), a_visitor(for_many=True).costs("cart_writes")
    assert len(one) == len(many) == 2
    assert one[0] == many[0]
    assert one[1].key == many[1].key
    assert many[1].tolerance_us // many[1].interval_us == 240 * 50
    assert len(a_visitor(client=None).costs("cart_writes")) == 1
    assert a_visitor(client=None, address=None).costs("cart_writes") == []


def test_not_even_nobody_in_particular_may_guess_for_ever() -> None:
    (cost,) = a_visitor(client=None, address=None).costs("codes")
    assert cost.tolerance_us // cost.interval_us == 500
    assert NOBODY.costs("codes") == []


def test_a_key_tells_nothing_without_the_secret_of_the_installation() -> None:
    keys = {
        visitor.key(name, kind, value)
        for visitor in (a_visitor(), a_visitor(secret=b"t"))
        for name in ("codes", "misses")
        for kind in ("client", "address")
        for value in (SHOPPER, "x")
    }
    assert len(keys) == 16
    assert all(len(key) == 32 for key in keys)
    told = repr(a_visitor(client="somebody", secret=b"sesame"))
    assert not [part for part in ("somebody", SHOPPER, "sesame") if part in told]


def test_what_is_switched_off_costs_nothing() -> None:
    table, _ = read_limits("cart_writes=off, codes_address=off")
    assert len(a_visitor(table=table).costs("cart_writes")) == 1
    assert len(a_visitor(table=table).costs("codes")) == 1


def test_doing_more_at_once_never_costs_more_than_there_is() -> None:
    cost = Cost("k", 10, 30)
    assert cost.times(2) == Cost("k", 20, 30)
    assert cost.times(5) == Cost("k", 30, 30)
