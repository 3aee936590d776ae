"""Webhook signatures: what is accepted, and everything that is not."""

import hashlib
import hmac
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Final

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from plantly.domain.errors import InvalidWebhook
from plantly.payments.sandbox import SandboxAddress, SandboxGateway, SandboxSecrets
from plantly.payments.signatures import (
    SIGNATURES_HEADER,
    TIMESTAMP_HEADER,
    SignatureChecker,
    signature,
    signed_headers,
)
from tests.support import forgeries

SECRET: Final = "whsec_plantly_test_vector_0001"
TIMESTAMP: Final = "1795219200"
NOW: Final = datetime.fromtimestamp(int(TIMESTAMP), UTC)
BODY: Final = (
    b'{"type":"event","id":"347901e1-8b53-42a4-951b-ec546a5078f1","name":"transaction.captured",'
    b'"created_at":"2026-11-21T00:00:00+00:00","merchant_account_id":"default","gr4vy_id":"plantly"'
    b',"environment":"sandbox","target":{"type":"transaction",'
    b'"id":"795c27e9-6cc3-40f6-a359-1355c434c30d","status":"capture_succeeded","amount":4498,'
    b'"currency":"USD","captured_amount":4498,"refunded_amount":0,'
    b'"checkout_session_id":"4137b1cf-39ac-42a8-bad6-1c680d5dab6b","external_identifier":"ord_01"}}'
)
SIGNED: Final = "c6666ad5b60ccdf9b962057caf6f59365a26881fa2488ba3017c98070db180a0"


def headers(signatures: str = SIGNED, timestamp: str = TIMESTAMP) -> dict[str, str]:
    return {TIMESTAMP_HEADER: timestamp, SIGNATURES_HEADER: signatures}


def accepts(
    given_headers: dict[str, str],
    body: bytes = BODY,
    now: datetime = NOW,
    secrets: tuple[str, ...] = (SECRET,),
) -> bool:
    try:
        SignatureChecker(secrets).check(given_headers, body, now)
    except InvalidWebhook:
        return False
    return True


def test_the_published_vectors_fit() -> None:
    assert len(BODY) == 479
    assert hashlib.sha256(BODY).hexdigest().startswith("4ced1cf943d2e49e")
    assert signature(SECRET, TIMESTAMP, BODY) == SIGNED
    upstream = (
        "Ik4L-8FH0ihWczctcIPXZRR_8F0fPNgmhEfVBbZ3zNwqQVa1Or4tBz4Pgw2eNaVDod7H56Y268h_wohEUaWbUg"
    )
    assert signature(upstream, "1744018920", b"payload") == (
        "78aca0c78005107a654a957b8566fa6e0e5e06aea92d7da72a6da9e5a690d013"
    )


@pytest.mark.parametrize(
    "signatures",
    [SIGNED, f"{'0' * 64},{SIGNED}", f"{SIGNED},other", f" {SIGNED} , other", f"other, {SIGNED}"],
)
def test_one_fitting_signature_is_enough(signatures: str) -> None:
    assert accepts(headers(signatures))


@pytest.mark.parametrize(
    "signatures",
    [
        "",
        ",",
        "other",
        "0" * 64,
        SIGNED[:-1],
        SIGNED + "0",
        SIGNED.upper(),
        f"v1={SIGNED}",
        "é" * 64,
        ",".join([*["0" * 64] * 16, SIGNED]),
    ],
)
def test_nothing_else_is_a_signature(signatures: str) -> None:
    assert not accepts(headers(signatures))


@pytest.mark.parametrize(
    "timestamp",
    [
        "",
        "0",
        "+1795219200",
        " 1795219200",
        "1_795_219_200",
        "01795219200",
        "1795219200.0",
        "-1795219200",
        "1e9",
        "\uff11" * 10,
        "9" * 12,
        "9" * 400,
    ],
)
def test_a_timestamp_is_plain_digits(timestamp: str) -> None:
    signed = signature(SECRET, timestamp, BODY)
    assert not accepts(headers(signed, timestamp))


@pytest.mark.parametrize("missing", [TIMESTAMP_HEADER, SIGNATURES_HEADER])
def test_both_headers_are_needed(missing: str) -> None:
    given_headers = headers()
    del given_headers[missing]
    assert not accepts(given_headers)


@pytest.mark.parametrize(
    ("seconds", "accepted"),
    [(0, True), (300, True), (-300, True), (301, False), (-301, False), (10**8, False)],
)
def test_the_time_counts_both_ways(seconds: int, accepted: bool) -> None:
    assert accepts(headers(), now=NOW + timedelta(seconds=seconds)) is accepted


def test_old_and_new_secret_count_while_one_replaces_the_other() -> None:
    both = ("new", SECRET)
    assert accepts(headers(), secrets=both)
    sent = signed_headers(("new", "older"), BODY, NOW)
    assert accepts(sent, secrets=both)
    assert not accepts(sent)


@pytest.mark.parametrize("secrets", [(), ("",), ("  ",), (SECRET, "")])
def test_an_empty_secret_is_refused_before_anything_is_checked(secrets: tuple[str, ...]) -> None:
    with pytest.raises(ValueError, match="anybody"):
        SignatureChecker(secrets)


@given(st.integers(0, 8 * len(BODY) - 1))
def test_no_bit_of_the_body_can_be_changed(bit: int) -> None:
    forged = bytearray(BODY)
    forged[bit // 8] ^= 1 << bit % 8
    assert not accepts(headers(), bytes(forged))


@given(st.integers(0, 63), st.sampled_from("0123456789abcdef"))
def test_no_digit_of_the_signature_can_be_changed(place: int, digit: str) -> None:
    forged = SIGNED[:place] + digit + SIGNED[place + 1 :]
    assert accepts(headers(forged)) is (forged == SIGNED)


@given(st.integers(1, 300))
def test_the_timestamp_is_part_of_what_is_signed(later: int) -> None:
    assert not accepts(headers(timestamp=str(int(TIMESTAMP) + later)))


@given(st.text(min_size=1).filter(str.strip), st.binary(max_size=200))
def test_what_we_sign_we_accept(secret: str, body: bytes) -> None:
    sent = signed_headers((secret,), body, NOW)
    assert accepts(sent, body, secrets=(secret,))
    assert not accepts(sent, body + b" ", secrets=(secret,))
    assert not accepts(sent, body, secrets=(secret + "x",))


@given(st.integers(0, 8 * len(SECRET) - 1))
def test_no_bit_of_the_secret_can_be_changed(bit: int) -> None:
    other = bytearray(SECRET.encode())
    other[bit // 8] ^= 1 << bit % 8
    forged = headers(hmac.new(other, f"{TIMESTAMP}.".encode() + BODY, "sha256").hexdigest())
    assert not accepts(forged)


@given(st.integers(0, 8 * len(SIGNED) - 1))
def test_no_bit_of_the_signature_can_be_changed(bit: int) -> None:
    forged = bytearray(SIGNED.encode())
    forged[bit // 8] ^= 1 << bit % 8
    assert not accepts(headers(forged.decode("latin-1")))


@given(st.integers(0, 8 * len(TIMESTAMP) - 1))
def test_no_bit_of_the_timestamp_can_be_changed(bit: int) -> None:
    forged = bytearray(TIMESTAMP.encode())
    forged[bit // 8] ^= 1 << bit % 8
    assert not accepts(headers(timestamp=forged.decode("latin-1")))


@given(st.integers(-(10**6), 10**6))
def test_what_is_signed_counts_for_300_seconds_either_way(seconds: int) -> None:
    assert accepts(headers(), now=NOW + timedelta(seconds=seconds)) is (abs(seconds) <= 300)


def test_the_tolerance_ends_at_the_very_second() -> None:
    almost = timedelta(seconds=300)
    for edge in (NOW + almost, NOW - almost):
        assert accepts(headers(), now=edge)
    tick = timedelta(microseconds=1)
    assert not accepts(headers(), now=NOW + almost + tick)
    assert not accepts(headers(), now=NOW - almost - tick)


@given(st.lists(st.text("abc", min_size=1), min_size=1, max_size=4, unique=True), st.data())
def test_any_of_the_secrets_is_enough_and_no_other_one_is(
    secrets: list[str], data: st.DataObject
) -> None:
    used = data.draw(st.sampled_from(secrets))
    assert accepts(signed_headers((used,), BODY, NOW), secrets=tuple(secrets))
    assert not accepts(signed_headers((used + "d",), BODY, NOW), secrets=tuple(secrets))


@pytest.mark.parametrize("size", [10**4, 10**6])
def test_huge_headers_are_refused_as_quickly_as_others(size: int) -> None:
    assert not accepts(headers(signatures="," * size))
    assert not accepts(headers(signatures="0" * size))
    assert not accepts(headers(timestamp="1" * size))
    assert not accepts(headers(signatures=f"{'x,' * size}{SIGNED}"))


def test_no_forgery_is_believed() -> None:
    client = httpx.AsyncClient()
    secrets = SandboxSecrets("sk_test", forgeries.SECRETS)
    provider = SandboxGateway(client, SandboxAddress("http://loop:1", "http://shop"), secrets)
    for real in forgeries.genuine_events(20_260_302):
        assert provider.verify(real.headers, real.body, forgeries.NOW).type == "payment.captured"
    kinds: Counter[str] = Counter()
    for forged in forgeries.forgeries(20_260_302, 2_000):
        kinds[forged.kind] += 1
        with pytest.raises(InvalidWebhook):
            provider.verify(forged.headers, forged.body, forgeries.NOW)
    assert kinds.keys() == forgeries.MUTATIONS.keys()
    assert kinds.total() == 2_000


def test_forgeries_are_the_same_for_the_same_seed() -> None:
    first, again, other = (list(forgeries.forgeries(seed, 50)) for seed in (1, 1, 2))
    assert first == again != other
