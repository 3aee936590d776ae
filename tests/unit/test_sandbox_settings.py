"""How the sandbox is set: what is read, and what is refused with a sentence."""

import pytest

from plantly.domain.sandbox_chaos import parse_chaos
from plantly.settings import SettingsError, is_loopback, load_settings

KEY = "sk_sandbox_0123456789"
OLD, NEW = "whsec_old_0123456789", "whsec_new_0123456789"


def problems(**environment: str) -> list[str]:
    with pytest.raises(SettingsError) as refused:
        load_settings({f"PLANTLY_{name}": value for name, value in environment.items()})
    return refused.value.problems


def test_everything_about_the_sandbox_can_be_set() -> None:
    sandbox = load_settings(
        {
            "PLANTLY_SANDBOX_CHAOS": "duplicate=0.2,seed=42",
            "PLANTLY_SANDBOX_CAPTURE": "manual",
            "PLANTLY_SANDBOX_URL": "http://localhost:9001/",
            "PLANTLY_SANDBOX_API_KEY": KEY,
            "PLANTLY_SANDBOX_WEBHOOK_SECRET": f"{NEW}, {OLD}",
        }
    ).sandbox
    assert sandbox.chaos == parse_chaos("duplicate=0.2,seed=42")
    assert (sandbox.capture, sandbox.url) == ("manual", "http://localhost:9001")
    assert (sandbox.api_key, sandbox.webhook_secrets) == (KEY, (NEW, OLD))


def test_every_mistake_of_the_chaos_is_named() -> None:
    found = problems(SANDBOX_CHAOS="duplicate=2,drip=0.1,delay=0.1:soon", SANDBOX_CAPTURE="never")
    assert [problem.partition(":")[0] for problem in found[:3]] == ["PLANTLY_SANDBOX_CHAOS"] * 3
    assert found[3].startswith("PLANTLY_SANDBOX_CAPTURE is 'never': use one of auto, manual")


def test_production_refuses_chaos() -> None:
    found = problems(ENV="production", SANDBOX_CHAOS="drop=0.1")
    assert "PLANTLY_SANDBOX_CHAOS is for tests: production refuses it." in found
    calm = problems(ENV="production", SANDBOX_CHAOS="drop=0")
    assert not any("CHAOS" in problem for problem in calm)


@pytest.mark.parametrize(
    "url", ["https://pay.example.com", "http://127.0.0.1.example.com", "http://10.0.0.1:8000"]
)
def test_another_machine_plays_no_sandbox(url: str) -> None:
    (problem,) = problems(SANDBOX_URL=url)
    assert problem.startswith("PLANTLY_SANDBOX_URL leads to another machine")


def test_an_address_that_is_none_is_told_once() -> None:
    (problem,) = problems(SANDBOX_URL="pay")
    assert problem.startswith("PLANTLY_SANDBOX_URL is 'pay': use an origin")


@pytest.mark.parametrize(
    ("url", "here"),
    [
        ("http://127.0.0.1", True),
        ("http://127.9.8.7:1/x", True),
        ("http://[::1]:80", True),
        ("http://LOCALHOST:80", True),
        ("http://0.0.0.0", False),
        ("http://127.0.0.999", False),
        ("http://127.0.0.1:0", False),
        ("http://127.0.0.1:70000", False),
        ("http://127.0.0.1:80.example.com", False),
        ("http://[::1", False),
        ("", False),
    ],
)
def test_loopback_is_this_machine_and_nothing_else(url: str, here: bool) -> None:
    assert is_loopback(url) is here


@pytest.mark.parametrize("name", ["SANDBOX_API_KEY", "SANDBOX_WEBHOOK_SECRET"])
@pytest.mark.parametrize(
    "value", ["sh0rt", "with spaces in the middle", "x" * 201, "ünsichtbar" * 3]
)
def test_a_secret_that_cannot_be_used_is_refused_and_never_repeated(name: str, value: str) -> None:
    (problem,) = problems(**{name: value})
    assert problem.startswith(f"PLANTLY_{name} cannot be used")
    assert value not in problem


def test_there_is_one_api_key_and_a_few_webhook_secrets() -> None:
    assert len(problems(SANDBOX_API_KEY=f"{KEY},{KEY}")) == 1
    assert len(problems(SANDBOX_WEBHOOK_SECRET=",".join([NEW] * 5))) == 1
    assert load_settings({"PLANTLY_SANDBOX_WEBHOOK_SECRET": " "}).sandbox.webhook_secrets == ()
