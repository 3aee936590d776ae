"""Webhooks of Stripe: who may say something, and what Stripe's own library makes of it."""

import hashlib
import hmac
import json
import time
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import pytest
import stripe
from hypothesis import example, given
from hypothesis import strategies as st

from plantly.domain.errors import InvalidWebhook
from plantly.payments.stripe_webhooks import EVENT_TYPES, StripeWebhooks

SECRET: Final = "whsec_plantly_test"
OLDER: Final = "whsec_plantly_older"
AT: Final = 1_700_000_000
NOW: Final = datetime.fromtimestamp(AT, UTC)
BODY: Final = (
    b'{"id":"evt_1","object":"event","type":"checkout.session.completed",'
    b'"data":{"object":{"id":"cs_test_1","object":"checkout.session"}}}'
)
SIGNED: Final = "f2d0bf5605e7f739bfc470e5dca24822804fbb8687c15673e71806c550bcb805"


def header(body: bytes = BODY, secret: str = SECRET, at: int = AT) -> str:
    return str(
        stripe.WebhookSignature.generate_signature_header(body.decode(), secret, timestamp=at)
    )


def accepts(given: str, body: bytes = BODY, now: datetime = NOW, **known: Any) -> bool:
    webhooks = StripeWebhooks(known.get("secrets", (SECRET,)), live=known.get("live"))
    try:
        webhooks.verify({"stripe-signature": given}, body, now)
    except InvalidWebhook:
        return False
    return True


def theirs_accept(given: str, body: bytes, secret: str, monkeypatch: pytest.MonkeyPatch) -> bool:
    with monkeypatch.context() as patch:
        patch.setattr(time, "time", lambda: float(AT))
        try:
            stripe.Webhook.construct_event(body, given, secret)
        except (stripe.SignatureVerificationError, ValueError):
            return False
    return True


def test_the_published_vector_fits() -> None:
    assert header() == f"t={AT},v1={SIGNED}"
    event = StripeWebhooks((SECRET,), live=None).verify({"stripe-signature": header()}, BODY, NOW)
    assert (event.event_id, event.type) == ("evt_1", "checkout.session.completed")


@pytest.mark.parametrize(
    "given",
    [
        f"t={AT},v1={SIGNED},v0={'0' * 64}",
        f"v1={SIGNED},t={AT}",
        f"t={AT},v1={'0' * 64},v1={SIGNED}",
        f"t={AT},v1=short,v1={SIGNED}",
    ],
    ids=["older-scheme", "other-order", "second", "unreadable-one"],
)
def test_several_signatures_are_read(given: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert accepts(given)
    assert theirs_accept(given, BODY, SECRET, monkeypatch)


@pytest.mark.parametrize(
    "given",
    [
        "",
        f"t={AT}",
        f"v1={SIGNED}",
        f"t={AT}, v1={SIGNED}",
        f"t={AT},v0={SIGNED}",
        f"t={AT},v1={SIGNED[:-1]}",
        f"t={AT},v1={SIGNED.upper()}",
        f"t={AT},t={AT},v1={SIGNED}",
        f"t={AT + 1},v1={SIGNED}",
        f"t=0{AT},v1={SIGNED}",
        f"t={AT}.0,v1={SIGNED}",
        f"t=+{AT},v1={SIGNED}",
        f"t={AT},v1={SIGNED},v1",
        f"t={AT},v1={SIGNED}," + "v1=0," * 40,
        f"t={'9' * 11},v1={SIGNED}",
    ],
)
def test_a_header_that_is_not_as_it_should_be_is_refused(given: str) -> None:
    assert not accepts(given)


@pytest.mark.parametrize("seconds", [-301, -300, 0, 300, 301])
def test_time_is_bound_on_both_sides(seconds: int) -> None:
    moment = NOW + timedelta(seconds=seconds)
    assert accepts(header(), now=moment) == (abs(seconds) <= 300)


def test_the_library_takes_the_far_future_and_we_do_not(monkeypatch: pytest.MonkeyPatch) -> None:
    later = header(at=AT + 10**6)
    assert theirs_accept(later, BODY, SECRET, monkeypatch)
    assert not accepts(later)


def test_each_secret_counts_while_it_is_known() -> None:
    for known, secret in [((SECRET, OLDER), SECRET), ((SECRET, OLDER), OLDER), ((OLDER,), OLDER)]:
        assert accepts(header(secret=secret), secrets=known)
    assert not accepts(header(secret=OLDER))
    for known in ((), ("",), (" ",), (SECRET, "")):
        with pytest.raises(ValueError, match="empty one would let anybody sign"):
            StripeWebhooks(known, live=None)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"null",
        b"{",
        b"\xff",
        b'{"object":"event","type":"x"}',
        b'{"id":"evt_1","object":"event"}',
        b'{"id":7,"object":"event","type":"x"}',
        b'{"id":"evt 1","object":"event","type":"x"}',
        b'{"id":"evt_1","object":"event","type":7}',
        b'{"id":"evt_1","object":"v2.core.event","type":"x"}',
        b'{"id":"evt_1","type":"x"}',
    ],
)
def test_what_is_signed_and_no_event_is_refused(body: bytes) -> None:
    assert not accepts(f"t={AT},v1={_signature(body)}", body)


def test_deep_nonsense_is_refused() -> None:
    body = b'{"id":' + b"[" * 100_000
    assert not accepts(f"t={AT},v1={_signature(body)}", body)


@pytest.mark.parametrize(
    ("live", "said", "fits"),
    [
        (True, True, True),
        (True, False, False),
        (False, False, True),
        (False, True, False),
        (None, True, True),
        (None, False, True),
    ],
)
def test_test_and_live_never_mix(live: bool | None, said: bool, fits: bool) -> None:
    body = json.dumps({"id": "evt_1", "object": "event", "type": "x", "livemode": said}).encode()
    assert accepts(header(body), body, live=live) is fits


PARTS = st.lists(
    st.one_of(
        st.sampled_from([f"t={AT}", f"v1={SIGNED}", f"t={AT + 10}", "v1=", "v1", "t=", "v0=00"]),
        st.text("tv01=, 9", max_size=12),
    ),
    max_size=5,
)


@given(PARTS, st.sampled_from([BODY, BODY + b" ", b"{}", b"\xff"]))
@example([f"t={AT}", f"v1={SIGNED}"], BODY)
def test_what_we_accept_the_library_accepts(parts: list[str], body: bytes) -> None:
    given_header = ",".join(parts)
    if accepts(given_header, body):
        with pytest.MonkeyPatch.context() as patch:
            assert theirs_accept(given_header, body, SECRET, patch)


@given(st.integers(0, len(BODY) * 8 - 1))
def test_any_flipped_bit_is_refused(bit: int) -> None:
    changed = bytearray(BODY)
    changed[bit // 8] ^= 1 << bit % 8
    assert not accepts(header(), bytes(changed))


NAMES: Final = [
    *("id", "object", "status", "payment_status", "amount", "amount_total", "currency"),
    *("metadata", "payment_intent", "refunds", "data", "reference", "amount_received"),
]


@given(
    st.sampled_from([*EVENT_TYPES, "charge.succeeded", "new.kind"]),
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=5),
        lambda inner: (
            st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=6)
        ),
        max_leaves=12,
    ),
)
def test_nothing_that_is_signed_ever_raises(kind: str, resource: Any) -> None:
    event = {"id": "evt_1", "object": "event", "type": kind, "data": {"object": resource}}
    body = json.dumps(event).encode()
    webhooks = StripeWebhooks((SECRET,), live=None)
    verified = webhooks.verify({"stripe-signature": header(body)}, body, NOW)
    said = webhooks.normalize(verified)
    assert all(len(fact.key) <= 200 for fact in said.facts)
    assert all(fact.amount_minor >= 0 for fact in said.facts)


def _signature(body: bytes) -> str:
    """Sign what the library cannot, because it is no text."""
    signed = str(AT).encode() + b"." + body
    return hmac.new(SECRET.encode(), signed, hashlib.sha256).hexdigest()
