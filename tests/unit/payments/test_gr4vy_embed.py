"""The token of the payment form: what it pins, and who may read it."""

import hashlib
import json
from base64 import urlsafe_b64encode
from typing import Final

import jwt

from plantly.payments.gateway import EmbedRequest
from plantly.payments.gr4vy_embed import embed_form
from plantly.settings import Gr4vySettings, load_settings
from tests.support.fakes.gr4vy_provider import key_file, private_key

REQUEST: Final = EmbedRequest("pay_1", "session-1", 3810, "USD", "US")


def settings(**changes: str) -> Gr4vySettings:
    found = load_settings(
        {
            "PLANTLY_PAYMENT_PROVIDER": "gr4vy",
            "GR4VY_ID": "plantly",
            "GR4VY_MERCHANT_ACCOUNT_ID": "eu",
            "GR4VY_PRIVATE_KEY_PATH": str(key_file()),
            "GR4VY_WEBHOOK_SECRET": "whsec_0123456789abcdef",
            **changes,
        }
    ).gr4vy
    assert found is not None
    return found


def test_the_token_pins_everything_that_a_buyer_must_not_change() -> None:
    token = embed_form(settings(), REQUEST).options["token"]
    claims = jwt.decode(token, private_key().public_key(), algorithms=["ES512"])
    assert claims["scopes"] == ["embed"]
    assert claims["checkout_session_id"] == "session-1"
    assert claims["embed"] == {
        "amount": 3810,
        "currency": "USD",
        "merchant_account_id": "eu",
        "metadata": {"reference": "pay_1"},
    }
    assert 0 < claims["exp"] - claims["iat"] <= 3600


def test_the_token_names_its_key_by_the_thumbprint() -> None:
    numbers = private_key().public_key().public_numbers()
    x, y = (
        urlsafe_b64encode(number.to_bytes(66, "big")).decode().rstrip("=")
        for number in (numbers.x, numbers.y)
    )
    jwk = json.dumps({"crv": "P-521", "kty": "EC", "x": x, "y": y}, separators=(",", ":"))
    digest = hashlib.sha256(jwk.encode()).digest()
    header = jwt.get_unverified_header(embed_form(settings(), REQUEST).options["token"])
    kid = urlsafe_b64encode(digest).decode().rstrip("=")
    assert header == {"alg": "ES512", "typ": "JWT", "kid": kid}


def test_each_rendering_has_a_token_of_its_own_for_the_same_payment() -> None:
    first, second = (embed_form(settings(), REQUEST).options for _ in range(2))
    assert first["token"] != second["token"]
    assert {**first, "token": ""} == {**second, "token": ""}
    assert first["token"] not in repr(embed_form(settings(), REQUEST))


def test_the_form_is_set_up_for_capture_at_the_instance() -> None:
    form = embed_form(settings(), REQUEST)
    assert {**form.options, "token": ""} == {
        "gr4vyId": "plantly",
        "environment": "sandbox",
        "token": "",
        "amount": 3810,
        "currency": "USD",
        "country": "US",
        "intent": "capture",
        "merchantAccountId": "eu",
        "externalIdentifier": "pay_1",
        "metadata": {"reference": "pay_1"},
        "redirectMode": "fallback",
    }
    assert form.script_origins == (
        "https://cdn.plantly.gr4vy.app",
        "https://applepay.cdn-apple.com",
    )
    assert form.frame_origins == ("https://embed.sandbox.plantly.gr4vy.app",)
    assert form.connect_origins == ("https://api.sandbox.plantly.gr4vy.app",)


def test_a_stand_in_is_named_by_its_hosts() -> None:
    here = "http://127.0.0.1:9001"
    found = settings(GR4VY_API_URL=here, GR4VY_EMBED_SCRIPT_URL=f"{here}/embed.latest.js")
    form = embed_form(found, REQUEST)
    assert "gr4vyId" not in form.options
    assert (form.options["apiHost"], form.options["iframeHost"]) == ("127.0.0.1:9001",) * 2
    assert form.frame_origins == form.connect_origins == (here,)
