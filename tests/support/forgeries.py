"""Webhooks that nobody may believe: any number of forgeries from a seed, each of a real one."""

import hashlib
import hmac
import json
import random
from base64 import b64encode
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from plantly.payments.signatures import SIGNATURES_HEADER, TIMESTAMP_HEADER, signature

NOW: Final = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
SECRETS: Final = ("whsec_new_5b1f0c7d2a9e4863", "whsec_old_9e8d7c6b5a4f3021")
_EVENTS: Final = 24
_TOLERANCE: Final = 300
_DIGITS: Final = "0123456789abcdef"
_FULL_WIDTH: Final = str.maketrans("0123456789", "".join(chr(0xFF10 + n) for n in range(10)))
_ARABIC: Final = str.maketrans("0123456789", "".join(chr(0x0660 + n) for n in range(10)))


@dataclass(frozen=True, slots=True)
class Webhook:
    """A body and the headers that are to prove it. `kind` names what was done to it."""

    kind: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Known:
    """What forgeries are made of; no forger knows the secrets, but wrong uses of them are many."""

    webhooks: Sequence[Webhook]
    secrets: Sequence[str]


Made = tuple[Mapping[str, str], bytes]
Mutation = Callable[[random.Random, Webhook, Known], Made]


def genuine_events(
    seed: int, secrets: Sequence[str] = SECRETS, now: datetime = NOW
) -> list[Webhook]:
    """Give webhooks as the sandbox sends them, no two alike."""
    rng = random.Random(seed)  # noqa: S311 - a repeat has to give the same
    return [_genuine(rng, number, secrets, str(int(now.timestamp()))) for number in range(_EVENTS)]


def forgeries(
    seed: int, count: int, secrets: Sequence[str] = SECRETS, now: datetime = NOW
) -> Iterator[Webhook]:
    """Give so many forgeries: each kind in turn, each of a random webhook, in a random way."""
    rng = random.Random(seed)  # noqa: S311 - a repeat has to give the same
    known = Known(genuine_events(seed, secrets, now), secrets)
    kinds = list(MUTATIONS.items())
    for number in range(count):
        kind, mutate = kinds[number % len(kinds)]
        headers, body = mutate(rng, rng.choice(known.webhooks), known)
        yield Webhook(kind, headers, body)


def _genuine(rng: random.Random, number: int, secrets: Sequence[str], timestamp: str) -> Webhook:
    amount = rng.randrange(100, 100_000)
    payment = {
        "id": f"sbx_{rng.randbytes(12).hex()}",
        "reference": f"pay_{rng.randbytes(12).hex()}",
        "status": "captured",
        "amount_minor": amount,
        "currency": "USD",
        "captured_minor": amount,
        "refunds": [],
    }
    event = {"id": f"evt_{number}", "type": "payment.captured", "payment": payment}
    return signed("genuine", json.dumps(event).encode(), timestamp, secrets)


def signed(kind: str, body: bytes, timestamp: str, secrets: Sequence[str]) -> Webhook:
    """Sign a body as the sandbox does."""
    signatures = ",".join(signature(secret, timestamp, body) for secret in secrets)
    return Webhook(kind, {TIMESTAMP_HEADER: timestamp, SIGNATURES_HEADER: signatures}, body)


def _with(real: Webhook, **changes: str) -> Mapping[str, str]:
    names = {"timestamp": TIMESTAMP_HEADER, "signatures": SIGNATURES_HEADER}
    return {**real.headers, **{names[name]: value for name, value in changes.items()}}


def _signatures(real: Webhook) -> list[str]:
    return real.headers[SIGNATURES_HEADER].split(",")


def _moved(real: Webhook, seconds: int) -> str:
    return str(int(real.headers[TIMESTAMP_HEADER]) + seconds)


def _body_bit(rng: random.Random, real: Webhook, _: object) -> Made:
    body = bytearray(real.body)
    body[rng.randrange(len(body))] ^= 1 << rng.randrange(8)
    return real.headers, bytes(body)


def _body_cut(rng: random.Random, real: Webhook, _: object) -> Made:
    cut = rng.randrange(len(real.body))
    return real.headers, rng.choice((real.body[:cut], real.body[cut + 1 :]))


def _body_longer(rng: random.Random, real: Webhook, _: object) -> Made:
    more = rng.choice((b" ", b"\n", b"\x00", b"{}", rng.randbytes(8)))
    return real.headers, rng.choice((real.body + more, more + real.body))


def _body_written_anew(rng: random.Random, real: Webhook, _: object) -> Made:
    event = json.loads(real.body)
    event["payment"]["captured_minor"] += rng.randrange(1, 1000)
    other = {**event, "id": f"evt_{rng.randrange(10**9)}"}
    return real.headers, json.dumps(rng.choice((event, other)), separators=(",", ":")).encode()


def _other_event(rng: random.Random, real: Webhook, known: Known) -> Made:
    others = [other for other in known.webhooks if other.body != real.body]
    return real.headers, rng.choice(others).body


def _timestamp(rng: random.Random, real: Webhook, _: object) -> Made:
    seconds = rng.choice((-1, 1)) * rng.randrange(1, _TOLERANCE + 1)
    return _with(real, timestamp=_moved(real, seconds)), real.body


def _replayed(rng: random.Random, real: Webhook, known: Known) -> Made:
    off = _TOLERANCE + rng.choice((1, 1, 2, 60, 10**6))
    late = signed("", real.body, _moved(real, rng.choice((-off, off))), known.secrets)
    return late.headers, late.body


def _timestamp_written_otherwise(rng: random.Random, real: Webhook, known: Known) -> Made:
    plain = real.headers[TIMESTAMP_HEADER]
    ways = (
        plain.translate(_FULL_WIDTH),
        plain.translate(_ARABIC),
        f" {plain}",
        f"+{plain}",
        f"0{plain}",
        f"{plain}.0",
        f"{plain},{plain}",
        f"{plain}\n",
        f"{plain}000",
        hex(int(plain)),
        plain * 500,
        "",
    )
    otherwise = signed("", real.body, rng.choice(ways), known.secrets)
    return otherwise.headers, otherwise.body


def _signature_digit(rng: random.Random, real: Webhook, _: object) -> Made:
    forged = []
    for one in _signatures(real):
        place = rng.randrange(len(one))
        digit = rng.choice(_DIGITS.replace(one[place], ""))
        forged.append(one[:place] + digit + one[place + 1 :])
    return _with(real, signatures=",".join(forged)), real.body


def _signature_shape(rng: random.Random, real: Webhook, _: object) -> Made:
    way = rng.choice(
        (
            lambda one: one[: rng.randrange(len(one))],
            lambda one: one + rng.choice(_DIGITS),
            lambda one: one.upper().replace("0", "O") + "A",
            lambda one: b64encode(bytes.fromhex(one)).decode(),
            lambda one: rng.choice(("v1=", "v0=", "sha256=", "t=1,v1=", "0x")) + one,
            lambda one: " ".join((one[:32], one[32:])),
            lambda one: one.translate(_FULL_WIDTH) + "\uff10",
            lambda one: "0" * len(one),
            lambda _: "",
            lambda _: ",",
            lambda _: "null",
        )
    )
    return _with(real, signatures=",".join(map(way, _signatures(real)))), real.body


def _too_many_signatures(rng: random.Random, real: Webhook, _: object) -> Made:
    others = [rng.randbytes(32).hex()] * rng.choice((16, 17, 64))
    return _with(real, signatures=",".join([*others, *_signatures(real)])), real.body


def _other_secret(rng: random.Random, real: Webhook, known: Known) -> Made:
    secret = rng.choice(known.secrets)
    place = rng.randrange(len(secret))
    flipped = chr(ord(secret[place]) ^ (1 << rng.randrange(6)))
    others = (
        secret[:place] + flipped + secret[place + 1 :],
        secret[:place],
        secret + rng.choice(_DIGITS),
        secret.upper(),
        f" {secret}",
        rng.randbytes(16).hex(),
        "",
        "null",
    )
    forged = signed("", real.body, real.headers[TIMESTAMP_HEADER], (rng.choice(others),))
    return forged.headers, forged.body


def _other_scheme(rng: random.Random, real: Webhook, known: Known) -> Made:
    key, stamp = rng.choice(known.secrets).encode(), real.headers[TIMESTAMP_HEADER].encode()
    body = real.body
    way = rng.choice(
        (
            lambda: hmac.new(key, body, hashlib.sha256),
            lambda: hmac.new(key, stamp + body, hashlib.sha256),
            lambda: hmac.new(key, stamp + b":" + body, hashlib.sha256),
            lambda: hmac.new(key, body + b"." + stamp, hashlib.sha256),
            lambda: hmac.new(key, stamp + b".", hashlib.sha256),
            lambda: hmac.new(body, stamp + b"." + key, hashlib.sha256),
            lambda: hmac.new(key, stamp + b"." + body, hashlib.sha3_256),
            lambda: hmac.new(key, stamp + b"." + body, hashlib.sha512),
            lambda: hashlib.sha256(key + stamp + b"." + body),
            lambda: hashlib.sha256(stamp + b"." + body),
        )
    )
    return _with(real, signatures=way().hexdigest()), body


def _other_header_names(rng: random.Random, real: Webhook, _: object) -> Made:
    stamp, signatures = real.headers[TIMESTAMP_HEADER], real.headers[SIGNATURES_HEADER]
    ways: tuple[Mapping[str, str], ...] = (
        {},
        {TIMESTAMP_HEADER: stamp},
        {SIGNATURES_HEADER: signatures},
        {TIMESTAMP_HEADER: signatures, SIGNATURES_HEADER: stamp},
        {"x-webhook-timestamp": stamp, "x-webhook-signatures": signatures},
        {TIMESTAMP_HEADER: stamp, SIGNATURES_HEADER.removesuffix("s"): signatures},
        {TIMESTAMP_HEADER.replace("-", "_"): stamp, SIGNATURES_HEADER: signatures},
        {"stripe-signature": f"t={stamp},v1={signatures}"},
        {"authorization": f"Bearer {signatures}", TIMESTAMP_HEADER: stamp},
    )
    return rng.choice(ways), real.body


MUTATIONS: Final[Mapping[str, Mutation]] = {
    "body bit": _body_bit,
    "body cut": _body_cut,
    "body longer": _body_longer,
    "body written anew": _body_written_anew,
    "other event": _other_event,
    "timestamp": _timestamp,
    "replayed": _replayed,
    "timestamp written otherwise": _timestamp_written_otherwise,
    "signature digit": _signature_digit,
    "signature shape": _signature_shape,
    "too many signatures": _too_many_signatures,
    "other secret": _other_secret,
    "other scheme": _other_scheme,
    "other header names": _other_header_names,
}
