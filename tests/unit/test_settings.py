"""Settings: what the environment decides, and every reason not to start, all at once."""

from collections.abc import Mapping
from dataclasses import FrozenInstanceError, fields
from pathlib import Path

import pytest

from plantly.domain.limits import NO_LIMITS, default_limits
from plantly.domain.sandbox_chaos import Chaos
from plantly.domain.visitor import PRIVATE_NETWORKS
from plantly.settings import (
    InChatSettings,
    SandboxSettings,
    Settings,
    SettingsError,
    load_settings,
    loading,
    read_environment,
    reader,
)

PRODUCTION = {
    "PLANTLY_ENV": "production",
    "PLANTLY_PUBLIC_URL": "https://shop.example.com",
    "PLANTLY_ALLOWED_HOSTS": "shop.example.com",
    "PLANTLY_MAIL": "off",
}


def problems(environment: Mapping[str, str]) -> list[str]:
    with pytest.raises(SettingsError) as refused:
        load_settings(environment)
    assert all(problem in str(refused.value) for problem in refused.value.problems)
    return refused.value.problems


def test_nothing_has_to_be_set() -> None:
    settings = load_settings({})
    assert settings == Settings(
        env="development",
        host="127.0.0.1",
        port=8000,
        public_url="http://127.0.0.1:8000",
        data_dir=Path(".plantly"),
        database_url=f"sqlite:///{Path('.plantly/plantly.db').absolute()}",
        allowed_hosts=("127.0.0.1:8000", "localhost:8000", "[::1]:8000"),
        allowed_origins=("http://127.0.0.1:8000", "http://localhost:8000"),
        payment_provider="sandbox",
        checkout_mode="external",
        trust_hint=True,
        widget_uris="hashed",
        lane=True,
        playground=True,
        allow_private_fetch=False,
        worker="inside",
        server_url=None,
        sandbox=SandboxSettings(Chaos(), "auto", None, None, ()),
        limits=default_limits(),
        trusted_proxies=PRIVATE_NETWORKS,
    )
    assert settings.is_sqlite


def test_limits_and_proxies_can_be_set_or_switched_off() -> None:
    settings = load_settings(
        {"PLANTLY_LIMITS": "codes=5/hour", "PLANTLY_TRUSTED_PROXIES": "203.0.113.0/24"}
    )
    assert settings.limits.limits["codes"].count == 5
    assert [str(network) for network in settings.trusted_proxies] == ["203.0.113.0/24"]
    assert load_settings({"PLANTLY_LIMITS": "off"}).limits == NO_LIMITS
    assert problems({"PLANTLY_LIMITS": "codes=lots", "PLANTLY_TRUSTED_PROXIES": "nginx"}) == [
        (
            "PLANTLY_LIMITS: codes is 'lots': use a number and a time such as 60/min, 20/hour, "
            "300/10min or 60/min burst 90, or off."
        ),
        (
            "PLANTLY_TRUSTED_PROXIES: 'nginx' is no network: use one such as 203.0.113.0/24, "
            "private, or none."
        ),
    ]


def test_the_background_work_can_be_done_apart_and_elsewhere() -> None:
    settings = load_settings({"PLANTLY_WORKER": "apart", "PLANTLY_SERVER_URL": "http://shop:8000/"})
    assert (settings.worker, settings.loopback_url) == ("apart", "http://shop:8000")
    assert problems({"PLANTLY_WORKER": "both"}) == [
        "PLANTLY_WORKER is 'both': use one of inside, apart."
    ]
    (said,) = problems({"PLANTLY_SERVER_URL": "shop:8000"})
    assert said.startswith("PLANTLY_SERVER_URL is 'shop:8000'")


def test_everything_can_be_set() -> None:
    settings = load_settings(
        {
            "PLANTLY_ENV": "development",
            "PLANTLY_HOST": "0.0.0.0",  # noqa: S104 - a string to read
            "PLANTLY_PORT": "9000",
            "PLANTLY_PUBLIC_URL": "https://shop.example.com/",
            "PLANTLY_DATA_DIR": "/srv/shop",
            "PLANTLY_DATABASE_URL": "postgresql://shop@db/shop",
            "PLANTLY_ALLOWED_HOSTS": "shop.example.com, www.example.com",
            "PLANTLY_ALLOWED_ORIGINS": "https://chat.example.com",
            "PLANTLY_PAYMENT_PROVIDER": "sandbox",
            "PLANTLY_CHECKOUT_MODE": "external",
            "PLANTLY_TRUST_HINT": "false",
            "PLANTLY_WIDGET_URIS": "stable",
            "PLANTLY_LANE": "off",
            "PLANTLY_PLAYGROUND": "no",
            "PLANTLY_ALLOW_PRIVATE_FETCH": "yes",
        }
    )
    assert settings.port == 9000
    assert settings.public_url == settings.public_origin == "https://shop.example.com"
    assert settings.data_dir == Path("/srv/shop")
    assert settings.database_url == "postgresql://shop@db/shop"
    assert not settings.is_sqlite
    assert settings.allowed_hosts == (
        "127.0.0.1:9000",
        "localhost:9000",
        "[::1]:9000",
        "shop.example.com",
        "www.example.com",
    )
    assert settings.allowed_origins[-2:] == ("https://shop.example.com", "https://chat.example.com")
    assert settings.widget_uris == "stable"
    assert (settings.trust_hint, settings.lane, settings.playground) == (False, False, False)
    assert settings.allow_private_fetch


def test_settings_never_change() -> None:
    settings = load_settings({})
    for field in fields(settings):
        with pytest.raises(FrozenInstanceError):
            setattr(settings, field.name, None)


@pytest.mark.parametrize(
    ("environment", "port"),
    [
        ({"PORT": "8080"}, 8080),
        ({"PORT": "8080", "PLANTLY_PORT": "9000"}, 9000),
        ({"PORT": "8080", "PLANTLY_PORT": " "}, 8080),
        ({"PLANTLY_PORT": "65535"}, 65535),
    ],
)
def test_the_port_is_ours_before_the_platforms(environment: dict[str, str], port: int) -> None:
    settings = load_settings(environment)
    assert settings.port == port
    assert settings.public_url == f"http://127.0.0.1:{port}"


@pytest.mark.parametrize("name", ["PORT", "PLANTLY_PORT"])
@pytest.mark.parametrize("value", ["0", "65536", "-1", "80.0", "http", "\uff18\uff10", "9" * 5000])
def test_a_port_is_a_number_that_exists(name: str, value: str) -> None:
    (problem,) = problems({name: value})
    assert problem.startswith(f"{name} is {value!r}: use a port number from 1 to 65535")


@pytest.mark.parametrize(
    "name",
    [
        "PLANTLY_ENV",
        "PLANTLY_PAYMENT_PROVIDER",
        "PLANTLY_CHECKOUT_MODE",
        "PLANTLY_WIDGET_URIS",
    ],
)
def test_a_choice_is_one_of_those_that_the_message_names(name: str) -> None:
    assert problems({name: "banana"})[0].startswith(f"{name} is 'banana': use one of ")


@pytest.mark.parametrize("name", ["PLANTLY_TRUST_HINT", "PLANTLY_LANE", "PLANTLY_PLAYGROUND"])
def test_a_switch_is_on_or_off(name: str) -> None:
    field = name.removeprefix("PLANTLY_").lower()
    for value in ("1", "true", "YES", " on "):
        assert getattr(load_settings({name: value}), field) is True
    for value in ("0", "false", "No", " off "):
        assert getattr(load_settings({name: value}), field) is False
    assert getattr(load_settings({name: " "}), field) is True
    assert problems({name: "perhaps"}) == [f"{name} is 'perhaps': use true or false."]


@pytest.mark.parametrize(
    "value",
    [
        "shop.example.com",
        "ftp://shop.example.com",
        "https://:8000",
        "https://shop.example.com/shop",
        "https://shop.example.com?a=b",
        "https://shop.example.com#a",
        "https://user:secret@shop.example.com",
        "https://shop.example.com:http",
        "https://shop.example.com:99999",
        "http://[::1",
    ],
)
def test_the_public_address_is_an_origin(value: str) -> None:
    (problem,) = problems({"PLANTLY_PUBLIC_URL": value})
    assert problem.startswith(f"PLANTLY_PUBLIC_URL is {value!r}: use an origin such as https://")


@pytest.mark.parametrize(
    "value",
    ["http://[::1]:8000", "https://SHOP.example.com", "https://shop.example.com:8443"],
)
def test_unusual_origins_are_origins(value: str) -> None:
    assert load_settings({"PLANTLY_PUBLIC_URL": value}).public_url == value


@pytest.mark.parametrize("value", ["mysql://db", "shop.db", "sqlite:shop.db"])
def test_only_two_databases_are_spoken(value: str) -> None:
    assert problems({"PLANTLY_DATABASE_URL": value}) == [
        "PLANTLY_DATABASE_URL must begin with sqlite:/// or postgresql://."
    ]


@pytest.mark.parametrize("scheme", ["postgresql", "postgres"])
def test_postgresql_needs_its_driver(monkeypatch: pytest.MonkeyPatch, scheme: str) -> None:
    url = f"{scheme}://db/shop"
    assert load_settings({"PLANTLY_DATABASE_URL": url}).database_url == url
    monkeypatch.setattr(reader, "find_spec", lambda _: None)
    (problem,) = problems({"PLANTLY_DATABASE_URL": url})
    assert "pip install 'plantly[postgres]'" in problem
    assert load_settings({}).is_sqlite


@pytest.mark.parametrize("name", ["PLANTLY_PAYMENT_PROVIDER", "PLANTLY_CHECKOUT_MODE"])
def test_a_choice_that_is_none_is_told_once(name: str) -> None:
    assert len(problems({name: "banana"})) == 1


def test_every_problem_is_named_at_once() -> None:
    found = problems(
        {
            "PLANTLY_ENV": "staging",
            "PLANTLY_PORT": "none",
            "PLANTLY_PUBLIC_URL": "shop",
            "PLANTLY_DATABASE_URL": "shop",
            "PLANTLY_PAYMENT_PROVIDER": "cash",
            "PLANTLY_CHECKOUT_MODE": "paper",
            "PLANTLY_TRUST_HINT": "a little",
            "PLANTLY_WIDGET_URIS": "pretty",
            "PLANTLY_LANE": "wide",
            "PLANTLY_PLAYGROUND": "sunny",
        }
    )
    for name in (
        "PLANTLY_ENV",
        "PLANTLY_PORT",
        "PLANTLY_PUBLIC_URL",
        "PLANTLY_DATABASE_URL",
        "PLANTLY_PAYMENT_PROVIDER",
        "PLANTLY_CHECKOUT_MODE",
        "PLANTLY_TRUST_HINT",
        "PLANTLY_WIDGET_URIS",
        "PLANTLY_LANE",
        "PLANTLY_PLAYGROUND",
    ):
        assert any(problem.startswith(name) for problem in found), name


def test_a_form_inside_the_widget_needs_the_provider_that_has_one() -> None:
    (problem,) = problems({"PLANTLY_CHECKOUT_MODE": "embedded"})
    assert "needs PLANTLY_PAYMENT_PROVIDER=gr4vy, not sandbox. Or use external." in problem


def test_nothing_is_paid_inside_a_conversation_unless_it_is_asked_for() -> None:
    assert load_settings({}).in_chat == InChatSettings()
    asked = {"PLANTLY_PAYMENT_SHEET": "true", "PLANTLY_CHECKOUT_CONVERSION": "on"}
    settings = load_settings({**asked, "PLANTLY_PAYMENT_SHEET_MERCHANT_ID": "acct_1.eu-2"})
    expected = InChatSettings(payment_sheet=True, merchant_id="acct_1.eu-2", conversion=True)
    assert settings.in_chat == expected


def test_a_payment_sheet_needs_a_provider_that_charges_its_tokens() -> None:
    found = problems({"PLANTLY_PAYMENT_SHEET": "true", "PLANTLY_PAYMENT_PROVIDER": "gr4vy"})
    (problem,) = (p for p in found if p.startswith("PLANTLY_PAYMENT_SHEET"))
    assert problem.endswith("gr4vy does not yet: use sandbox, or leave it off.")


@pytest.mark.parametrize("name", ["two words", "a" * 101, "<script>"])
def test_the_name_of_the_shop_at_its_provider_is_a_name(name: str) -> None:
    (problem,) = problems({"PLANTLY_PAYMENT_SHEET_MERCHANT_ID": name})
    assert problem.startswith(f"PLANTLY_PAYMENT_SHEET_MERCHANT_ID is {name!r}: use the name")


def test_production_refuses_to_pretend_that_money_moves() -> None:
    (problem,) = problems(PRODUCTION)
    assert problem.startswith("PLANTLY_PAYMENT_PROVIDER is sandbox, which moves no money")


def test_production_does_not_name_the_sandbox_when_it_is_not_chosen() -> None:
    found = problems({**PRODUCTION, "PLANTLY_PAYMENT_PROVIDER": "stripe"})
    assert not any("moves no money" in problem for problem in found)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"PLANTLY_ALLOWED_HOSTS": ""}, "PLANTLY_ALLOWED_HOSTS is empty"),
        ({"PLANTLY_ALLOWED_HOSTS": " , "}, "PLANTLY_ALLOWED_HOSTS is empty"),
        ({"PLANTLY_PUBLIC_URL": "http://shop.example.com"}, "must begin with https://"),
        ({"PLANTLY_PUBLIC_URL": ""}, "must begin with https://"),
    ],
)
def test_production_refuses_open_doors(changes: dict[str, str], sentence: str) -> None:
    assert any(sentence in problem for problem in problems({**PRODUCTION, **changes}))


def test_the_playground_is_off_in_production_unless_asked_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(loading, "_safety_problems", lambda *_: [])
    assert not load_settings(PRODUCTION).playground
    assert load_settings({**PRODUCTION, "PLANTLY_PLAYGROUND": "true"}).playground


@pytest.mark.parametrize(
    ("host", "reached", "answers"),
    [
        ("127.0.0.1", "http://127.0.0.1:8000", "127.0.0.1:8000"),
        ("0.0.0.0", "http://127.0.0.1:8000", "localhost:8000"),  # noqa: S104 - a string to read
        ("::", "http://127.0.0.1:8000", "[::1]:8000"),
        ("::1", "http://[::1]:8000", "[::1]:8000"),
        ("10.0.0.5", "http://10.0.0.5:8000", "10.0.0.5:8000"),
    ],
)
def test_the_server_reaches_itself_and_answers_to_its_name(
    host: str, reached: str, answers: str
) -> None:
    settings = load_settings({"PLANTLY_HOST": host})
    assert settings.loopback_url == reached
    assert answers in settings.allowed_hosts


def test_the_environment_stands_above_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / ".env").write_text(
        "PLANTLY_PORT=8111\nPLANTLY_HOST='10.0.0.5'\nPLANTLY_LANE\n# PLANTLY_ENV=production\n",
        encoding="utf-8",
    )
    monkeypatch.setenv("PLANTLY_PORT", "8222")
    found = read_environment(tmp_path)
    assert found["PLANTLY_PORT"] == "8222"
    assert found["PLANTLY_HOST"] == "10.0.0.5"
    assert "PLANTLY_LANE" not in found
    assert "PLANTLY_ENV" not in found


def test_the_file_is_read_from_the_working_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("PLANTLY_HOST", raising=False)
    assert "PLANTLY_HOST" not in read_environment()
    (tmp_path / ".env").write_text("PLANTLY_HOST=10.0.0.6\n", encoding="utf-8")
    assert read_environment()["PLANTLY_HOST"] == "10.0.0.6"
