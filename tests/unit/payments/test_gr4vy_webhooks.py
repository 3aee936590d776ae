"""Webhooks of Gr4vy: what is believed, and what it is taken to say."""

import hashlib
import hmac
import json
import time
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import pytest
from gr4vy.webhooks import verify_webhook
from hypothesis import given
from hypothesis import strategies as st

from plantly.domain.errors import InvalidWebhook
from plantly.domain.payment import Fact, FactKind
from plantly.payments.gateway import NormalizedEvent, VerifiedEvent
from plantly.payments.gr4vy_webhooks import SPELLINGS, Gr4vyWebhooks
from plantly.settings import Gr4vySettings

SECRET: Final = "whsec_plantly_test_vector_0001"
STAMP: Final = "1795219200"
NOW: Final = datetime.fromtimestamp(int(STAMP), UTC)
TRANSACTION: Final = "795c27e9-6cc3-40f6-a359-1355c434c30d"
SESSION: Final = "4137b1cf-39ac-42a8-bad6-1c680d5dab6b"
BODY: Final = (
    b'{"type":"event","id":"347901e1-8b53-42a4-951b-ec546a5078f1","name":"transaction.captured",'
    b'"created_at":"2026-11-21T00:00:00+00:00","merchant_account_id":"default","gr4vy_id":"plantly"'
    b',"environment":"sandbox","target":{"type":"transaction","id":"795c27e9-6cc3-40f6-a359-'
    b'1355c434c30d","status":"capture_succeeded","amount":4498,"currency":"USD","captured_amount":'
    b'4498,"refunded_amount":0,"checkout_session_id":"4137b1cf-39ac-42a8-bad6-1c680d5dab6b",'
    b'"external_identifier":"ord_01"}}'
)
SIGNATURE: Final = "c6666ad5b60ccdf9b962057caf6f59365a26881fa2488ba3017c98070db180a0"
EVENT: Final[dict[str, Any]] = json.loads(BODY)
TIME_NAME, SIGNATURES_NAME = SPELLINGS[0]


def checker(*secrets: str, **changes: Any) -> Gr4vyWebhooks:
    values: dict[str, Any] = {
        "id": "plantly",
        "environment": "sandbox",
        "merchant_account_id": "default",
        "private_key": "",
        "webhook_secrets": secrets or (SECRET,),
        "api_url": None,
        "embed_script_url": "https://cdn.plantly.gr4vy.app/embed.latest.js",
    }
    return Gr4vyWebhooks(Gr4vySettings(**{**values, **changes}))


def signed(body: bytes, secret: str = SECRET, stamp: str = STAMP) -> dict[str, str]:
    digest = hmac.new(secret.encode(), stamp.encode() + b"." + body, hashlib.sha256).hexdigest()
    return {TIME_NAME: stamp, SIGNATURES_NAME: digest}


def accepts(headers: Mapping[str, str], body: bytes = BODY, *secrets: str) -> bool:
    try:
        checker(*secrets).verify(headers, body, NOW)
    except InvalidWebhook:
        return False
    return True


def sdk_accepts(headers: Mapping[str, str], body: bytes, secret: str) -> bool:
    timestamp, signatures = headers.get(TIME_NAME), headers.get(SIGNATURES_NAME)
    try:
        verify_webhook(body.decode(), secret, signatures, timestamp, 300)
    except ValueError:
        return False
    return True


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_the_published_vector_is_accepted_by_both_spellings(spelling: tuple[str, str]) -> None:
    event = checker().verify(dict(zip(spelling, (STAMP, SIGNATURE), strict=True)), BODY, NOW)
    assert (event.event_id, event.type) == (EVENT["id"], "transaction.captured")
    assert event.payload == EVENT


def test_the_documented_names_go_before_the_others() -> None:
    other = dict(zip(SPELLINGS[1], (STAMP, SIGNATURE), strict=True))
    assert not accepts({**other, SIGNATURES_NAME: "0" * 64, TIME_NAME: STAMP})
    assert not accepts({**other, TIME_NAME: STAMP})
    assert accepts({**dict.fromkeys(SPELLINGS[1], "x"), **signed(BODY)})


@pytest.mark.parametrize(
    ("signatures", "fine"),
    [
        (f"{'0' * 64},{SIGNATURE}", True),
        (f"{SIGNATURE},other", True),
        (f"{'0' * 64}, {SIGNATURE}", False),
        (SIGNATURE.upper(), False),
        (f" {SIGNATURE}", False),
        ("", False),
        (",".join(["0" * 64] * 40), False),
        ("ü" * 64, False),
    ],
    ids=["second", "first", "space", "upper", "leading", "none", "many", "letters"],
)
def test_a_signature_is_exactly_one_of_those_in_the_list(signatures: str, *, fine: bool) -> None:
    headers = {TIME_NAME: STAMP, SIGNATURES_NAME: signatures}
    assert accepts(headers) is fine


@pytest.mark.parametrize(
    "stamp",
    [
        f" +{STAMP} ",
        "1_795_219_200",
        f"0{STAMP}",
        f"{STAMP}.5",
        "-1",
        "",
        "\u0660",
        "9" * 30,
        str(int(STAMP) + 301),
        str(int(STAMP) - 301),
    ],
)
def test_a_timestamp_is_digits_of_about_now(stamp: str) -> None:
    assert not accepts(signed(BODY, stamp=stamp))
    assert accepts(signed(BODY, stamp=str(int(STAMP) + 299)))


def test_the_library_takes_a_webhook_from_the_future_and_an_empty_secret_and_we_do_not() -> None:
    later = str(int(time.time()) + 86_400)
    assert sdk_accepts(signed(BODY, stamp=later), BODY, SECRET)
    assert not accepts(signed(BODY, stamp=later))
    assert sdk_accepts(signed(BODY, "", stamp=later), BODY, "")
    for secrets in ((" ",), (SECRET, "")):
        with pytest.raises(ValueError, match="needs a secret"):
            checker(*secrets)
    with pytest.raises(ValueError, match="needs a secret"):
        checker(webhook_secrets=())


def test_an_old_secret_counts_beside_the_new_one() -> None:
    for secret in ("whsec_older_0123456789", "whsec_newer_0123456789"):
        headers = signed(BODY, secret)
        assert accepts(headers, BODY, "whsec_newer_0123456789", "whsec_older_0123456789")
        assert not accepts(headers, BODY, "whsec_other_0123456789")


def test_the_id_in_the_headers_tells_no_repeat() -> None:
    headers = {**signed(BODY), "x-gr4vy-webhook-id": "another-one"}
    assert checker().verify(headers, BODY, NOW).event_id == EVENT["id"]


@given(
    st.lists(st.sampled_from(["right", "wrong", " ", "", "RIGHT"]), max_size=4),
    st.sampled_from([0, 1, -299, 299, 301, -301, 10**6]),
    st.sampled_from(["", " ", "+", "0"]),
    st.integers(0, 8 * len(BODY) - 1) | st.none(),
)
def test_whatever_we_accept_the_library_accepts_too(
    parts: list[str], off: int, before: str, flipped: int | None
) -> None:
    now = datetime.now(UTC).replace(microsecond=0)
    stamp = before + str(int(now.timestamp()) + off)
    right = signed(BODY, stamp=stamp)[SIGNATURES_NAME]
    spelled = {"right": right, "wrong": "0" * 64, "RIGHT": right.upper()}
    headers = {TIME_NAME: stamp, SIGNATURES_NAME: ",".join(spelled.get(p, p) for p in parts)}
    body = bytearray(BODY)
    if flipped is not None:
        body[flipped // 8] ^= 1 << flipped % 8
    try:
        checker().verify(headers, bytes(body), now + timedelta(microseconds=1))
    except InvalidWebhook:
        accepted = False
    else:
        accepted = True
    wanted = "right" in parts and abs(off) < 300 and before == "" and flipped is None
    assert accepted is wanted
    if accepted:
        assert sdk_accepts(headers, bytes(body), SECRET)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\xff\xfe",
        BODY.decode().encode("utf-16"),
        b"\xef\xbb\xbf" + BODY,
        b"[" * 20_000,
        b"[]",
        b"1",
        json.dumps({**EVENT, "type": "error"}).encode(),
        json.dumps({**EVENT, "id": None}).encode(),
        json.dumps({**EVENT, "id": "x" * 65}).encode(),
        json.dumps({**EVENT, "name": "two words"}).encode(),
        json.dumps({**EVENT, "name": ["transaction"]}).encode(),
        json.dumps({**EVENT, "environment": "production"}).encode(),
        json.dumps({**EVENT, "gr4vy_id": "somebody"}).encode(),
        json.dumps({**EVENT, "merchant_account_id": "other"}).encode(),
        json.dumps({name: EVENT[name] for name in EVENT if name != "environment"}).encode(),
    ],
    ids=range(16),
)
def test_what_is_signed_and_no_event_of_this_shop_is_refused(body: bytes) -> None:
    assert not accepts(signed(body), body)


def said_by(**changes: Any) -> NormalizedEvent:
    target = {**EVENT["target"], **changes}
    return checker().normalize(VerifiedEvent("e", "any", {**EVENT, "target": target}))


def test_a_capture_is_linked_by_its_session_and_by_what_no_buyer_can_write() -> None:
    key = f"captured:{TRANSACTION}:4498:USD"
    money = Fact(key, FactKind.CAPTURED, 4498, "USD")
    assert said_by() == NormalizedEvent(None, SESSION, (money,), TRANSACTION)
    linked = said_by(metadata={"reference": "pay_1"}, checkout_session_id=None)
    assert linked == NormalizedEvent("pay_1", None, (money,), TRANSACTION)
    assert said_by(metadata={"reference": ["pay_1"]}, external_identifier="pay_1").reference is None


def test_a_try_without_money_does_not_give_the_payment_its_name() -> None:
    said = said_by(status="authorization_declined", captured_amount=0)
    assert [fact.kind for fact in said.facts] == [FactKind.DECLINED]
    assert said.payment_ref is None


def test_refunds_and_captures_are_linked_by_their_transaction() -> None:
    refund = said_by(type="refund", id="r1", transaction_id=TRANSACTION, status="succeeded")
    fact = Fact("refund_succeeded:r1:4498", FactKind.REFUND_SUCCEEDED, 4498, "USD", "r1")
    assert refund == NormalizedEvent(None, None, (fact,), TRANSACTION)
    capture = said_by(
        type="capture", id="c1", transaction_id=TRANSACTION, status="succeeded", final=True
    )
    assert capture.payment_ref == TRANSACTION
    assert capture.facts == said_by().facts


@pytest.mark.parametrize(
    "payload",
    [
        {},
        {**EVENT, "target": None},
        {**EVENT, "target": []},
        {**EVENT, "target": {}},
        {**EVENT, "target": {"type": "payment-method", "id": "x"}},
        {**EVENT, "target": {"type": ["transaction"]}},
        {**EVENT, "merchant_account_id": None},
    ],
    ids=range(7),
)
def test_what_is_not_about_money_says_nothing(payload: dict[str, Any]) -> None:
    assert checker().normalize(VerifiedEvent("e", "n", payload)) == NormalizedEvent(None, None, ())


JSON: Final = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=6,
)


@given(
    st.sampled_from(["transaction", "refund", "capture"]),
    st.dictionaries(
        st.sampled_from(
            ["id", "status", "currency", "amount", "captured_amount", "metadata", "transaction_id"]
        ),
        JSON,
    ),
)
def test_nothing_that_a_target_holds_makes_it_fail(kind: str, target: dict[str, Any]) -> None:
    event = VerifiedEvent("e", "n", {**EVENT, "target": {**target, "type": kind}})
    assert all(0 <= fact.amount_minor < 2**53 for fact in checker().normalize(event).facts)
