"""How the real providers are set: what is read, and what is refused with a sentence."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
)

from plantly.settings import SettingsError, load_settings, reader
from tests.support.fakes.gr4vy_provider import key_file, pem_of, private_key

SECRET: Final = "whsec_0123456789abcdef"
PRODUCTION: Final = {
    "PLANTLY_ENV": "production",
    "PLANTLY_PUBLIC_URL": "https://shop.example.com",
    "PLANTLY_ALLOWED_HOSTS": "shop.example.com",
    "PLANTLY_MAIL": "off",
}
STRIPE: Final = {
    "PLANTLY_PAYMENT_PROVIDER": "stripe",
    "STRIPE_API_KEY": "sk_live_0123456789abcdef",
    "STRIPE_WEBHOOK_SECRET": SECRET,
}


@pytest.fixture
def gr4vy() -> dict[str, str]:
    return {
        "PLANTLY_PAYMENT_PROVIDER": "gr4vy",
        "GR4VY_ID": "plantly",
        "GR4VY_PRIVATE_KEY_PATH": str(key_file()),
        "GR4VY_WEBHOOK_SECRET": SECRET,
    }


def problems(environment: Mapping[str, str]) -> list[str]:
    with pytest.raises(SettingsError) as refused:
        load_settings(environment)
    return refused.value.problems


def test_gr4vy_needs_four_settings_and_knows_its_addresses(gr4vy: dict[str, str]) -> None:
    settings = load_settings(gr4vy).gr4vy
    assert settings is not None
    assert (settings.environment, settings.merchant_account_id) == ("sandbox", "default")
    assert settings.api_origin == "https://api.sandbox.plantly.gr4vy.app"
    assert settings.frame_origin == "https://embed.sandbox.plantly.gr4vy.app"
    assert settings.embed_script_url == "https://cdn.plantly.gr4vy.app/embed.latest.js"
    assert settings.private_key == pem_of(private_key())
    assert settings.webhook_secrets == (SECRET,)
    assert load_settings(gr4vy).stripe is None
    live = load_settings({**gr4vy, **PRODUCTION, "GR4VY_ENVIRONMENT": "production"}).gr4vy
    assert live is not None
    assert live.api_origin == "https://api.plantly.gr4vy.app"
    assert live.frame_origin == "https://embed.plantly.gr4vy.app"


def test_nothing_secret_is_in_what_is_printed(gr4vy: dict[str, str]) -> None:
    for environment in (gr4vy, STRIPE):
        shown = repr(load_settings(environment))
        for secret in (SECRET, STRIPE["STRIPE_API_KEY"], pem_of(private_key()).splitlines()[2]):
            assert secret not in shown


def test_everything_that_is_missing_is_named_at_once() -> None:
    found = problems({"PLANTLY_PAYMENT_PROVIDER": "gr4vy"})
    assert [problem.split()[0] for problem in found] == [
        "GR4VY_ID",
        "GR4VY_PRIVATE_KEY_PATH",
        "GR4VY_WEBHOOK_SECRET",
    ]
    found = problems({"PLANTLY_PAYMENT_PROVIDER": "stripe"})
    assert [problem.split()[0] for problem in found] == ["STRIPE_API_KEY", "STRIPE_WEBHOOK_SECRET"]


@pytest.mark.parametrize("provider", ["gr4vy", "stripe"])
def test_a_provider_that_is_not_installed_says_how_to_install_it(
    provider: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reader, "find_spec", lambda _: None)
    found = problems({"PLANTLY_PAYMENT_PROVIDER": provider})
    assert f"pip install 'plantly[{provider}]'" in found[0]
    assert load_settings({}).gr4vy is None


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("GR4VY_ID", "Plantly.gr4vy.app", "GR4VY_ID is 'Plantly.gr4vy.app': use the first part"),
        ("GR4VY_ENVIRONMENT", "live", "GR4VY_ENVIRONMENT is 'live': use one of sandbox"),
        ("GR4VY_MERCHANT_ACCOUNT_ID", "a b", "GR4VY_MERCHANT_ACCOUNT_ID is 'a b': use"),
        ("GR4VY_WEBHOOK_SECRET", "short", "GR4VY_WEBHOOK_SECRET cannot be used"),
        ("GR4VY_API_URL", "https://evil.example", "GR4VY_API_URL leads to another machine"),
        ("GR4VY_EMBED_SCRIPT_URL", "https://evil.example/e.js", "GR4VY_EMBED_SCRIPT_URL is"),
        ("GR4VY_EMBED_SCRIPT_URL", "http://cdn.plantly.gr4vy.app/e.js", "GR4VY_EMBED_SCRIPT"),
        ("GR4VY_EMBED_SCRIPT_URL", "https://cdn.plantly.gr4vy.app/e.js?x", "GR4VY_EMBED_SCRIPT"),
        ("GR4VY_EMBED_SCRIPT_URL", "https://cdn.plantly.gr4vy.app/;x", "GR4VY_EMBED_SCRIPT"),
        ("GR4VY_EMBED_SCRIPT_URL", "http://[::1", "GR4VY_EMBED_SCRIPT_URL is"),
    ],
)
def test_what_cannot_be_used_is_said(
    gr4vy: dict[str, str], name: str, value: str, sentence: str
) -> None:
    (problem,) = problems({**gr4vy, name: value})
    assert problem.startswith(sentence)


def test_another_version_of_the_form_can_be_named(gr4vy: dict[str, str]) -> None:
    url = "https://cdn.plantly.gr4vy.app/gr4vy-embed.js"
    settings = load_settings({**gr4vy, "GR4VY_EMBED_SCRIPT_URL": url}).gr4vy
    assert settings is not None
    assert settings.script_origin == "https://cdn.plantly.gr4vy.app"


def _pem(key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey | ed25519.Ed25519PrivateKey) -> str:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def _locked() -> str:
    lock = BestAvailableEncryption(b"secret")
    return private_key().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, lock).decode()


BAD_KEYS: Final[dict[str, tuple[Callable[[], str], str]]] = {
    "other curve": (lambda: _pem(ec.generate_private_key(ec.SECP256R1())), "curve secp256r1"),
    "rsa": (lambda: _pem(rsa.generate_private_key(65537, 2048)), "not an elliptic curve key"),
    "ed25519": (lambda: _pem(ed25519.Ed25519PrivateKey.generate()), "not an elliptic curve key"),
    "locked": (_locked, "locked with a password"),
    "empty": (lambda: "", "not a private key in PEM"),
    "words": (lambda: "-----BEGIN PRIVATE KEY-----\nhello\n", "not a private key in PEM"),
    "letters": (lambda: "Schlüssel", "not a private key in PEM"),
}


@pytest.mark.parametrize("name", BAD_KEYS)
def test_a_key_that_gr4vy_does_not_take_is_told_before_anybody_pays(
    gr4vy: dict[str, str], tmp_path: Path, name: str
) -> None:
    make, sentence = BAD_KEYS[name]
    text, path = make(), tmp_path / "key.pem"
    path.write_text(text, encoding="utf-8")
    (problem,) = problems({**gr4vy, "GR4VY_PRIVATE_KEY_PATH": str(path)})
    assert problem.startswith("GR4VY_PRIVATE_KEY_PATH: ")
    assert sentence in problem
    assert all(line not in problem for line in text.splitlines()[1:])


def test_a_key_that_cannot_be_read_is_told(gr4vy: dict[str, str], tmp_path: Path) -> None:
    (missing,) = problems({**gr4vy, "GR4VY_PRIVATE_KEY_PATH": str(tmp_path / "none.pem")})
    assert "there is no file" in missing
    (folder,) = problems({**gr4vy, "GR4VY_PRIVATE_KEY_PATH": str(tmp_path)})
    assert "cannot be read" in folder


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("STRIPE_API_KEY", "pk_live_0123456789abcdef", "STRIPE_API_KEY cannot be used"),
        ("STRIPE_API_KEY", "sk_live_0123456789,sk_live_abc", "STRIPE_API_KEY cannot be used"),
        ("STRIPE_API_URL", "https://api.stripe.com", "STRIPE_API_URL leads to another machine"),
    ],
)
def test_what_stripe_cannot_use_is_said(name: str, value: str, sentence: str) -> None:
    found = problems({**STRIPE, name: value})
    assert any(problem.startswith(sentence) for problem in found)
    assert not any(value in problem for problem in found if name == "STRIPE_API_KEY")


def test_production_refuses_what_moves_no_money(gr4vy: dict[str, str]) -> None:
    loopback = {
        "GR4VY_API_URL": "http://127.0.0.1:9001",
        "GR4VY_EMBED_SCRIPT_URL": "http://127.0.0.1:9001/embed.latest.js",
    }
    assert load_settings({**gr4vy, **loopback}).gr4vy is not None
    found = problems({**PRODUCTION, **gr4vy, **loopback})
    assert [problem.split()[0] for problem in found] == [
        "GR4VY_ENVIRONMENT",
        "GR4VY_API_URL",
        "GR4VY_EMBED_SCRIPT_URL",
    ]
    test_key = {"STRIPE_API_KEY": "rk_test_0123456789abcdef"}
    found = problems({**PRODUCTION, **STRIPE, **test_key, "STRIPE_API_URL": "http://localhost:1"})
    assert [problem.split()[0] for problem in found] == ["STRIPE_API_KEY", "STRIPE_API_URL"]
    assert load_settings({**PRODUCTION, **STRIPE}).stripe is not None
