"""`plantly secrets`: a secret changes while the shop is open, and nothing is lost meanwhile."""

import pytest

from plantly.cli import transactions
from plantly.db import UnitOfWork
from plantly.domain.errors import ShopNotReady
from plantly.services.secrets import (
    known_sandbox_secrets,
    make_cursor_secret,
    sandbox_secrets,
)
from tests.support.cli import Shell


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """Give a shop on SQLite: what this is about knows no engine."""
    return sqlite_url


@pytest.fixture
def shop(shell: Shell, database_url: str) -> Shell:
    shell.set("PLANTLY_DATABASE_URL", database_url)
    return shell


def make(uow: UnitOfWork) -> tuple[str, str]:
    make_cursor_secret(uow)
    made = sandbox_secrets(uow)
    return made.api_key, made.webhook_secrets[0]


def known() -> tuple[tuple[str, ...], tuple[str, ...]]:
    made = transactions.write(transactions.current_settings(), sandbox_secrets)
    return (made.api_key, *made.older_api_keys), made.webhook_secrets


def test_a_rotated_secret_is_shown_once_and_overlaps_with_the_one_before(shop: Shell) -> None:
    api_key, old = transactions.write(transactions.current_settings(), make)
    shown = shop.run("secrets", "rotate", "sandbox-webhook")
    new = shown.stdout.strip()
    assert (shown.exit_code, len(new) > 32, new != old) == (0, True, True)
    assert "until `plantly secrets retire sandbox-webhook`" in shown.stderr
    assert known() == ((api_key,), (new, old))
    for said in (shop.done("secrets", "list"), shop.done("secrets", "list", "--json")):
        assert old not in said
        assert new not in said
    assert "accepted until it is retired" in shop.done("secrets", "list")
    shop.done("secrets", "retire", "sandbox-webhook")
    assert known() == ((api_key,), (new,))


def test_a_secret_is_not_rotated_twice_before_the_old_one_is_retired(shop: Shell) -> None:
    transactions.write(transactions.current_settings(), make)
    shop.done("secrets", "rotate", "sandbox-key")
    before = known()
    assert "plantly secrets retire sandbox-key" in shop.refused("secrets", "rotate", "sandbox-key")
    assert known() == before
    assert len(before[0]) == 2


def test_a_secret_without_overlap_takes_the_place_of_the_old_one(shop: Shell) -> None:
    transactions.write(transactions.current_settings(), make)
    shown = shop.run("secrets", "rotate", "cursor")
    assert "No other is accepted" in shown.stderr
    kept = transactions.read(transactions.current_settings(), lambda uow: uow.shop.secret("cursor"))
    assert kept == shown.stdout.strip()
    assert "nothing to retire" in shop.refused("secrets", "retire", "cursor")


def test_a_secret_that_was_never_made_is_made(shop: Shell) -> None:
    states = {state["name"]: state["made"] for state in shop.json("secrets", "list")}
    assert states == {
        "sandbox-webhook": False,
        "sandbox-key": False,
        "order-links": False,
        "cursor": False,
    }
    assert "not made yet" in shop.done("secrets", "list")
    shop.done("secrets", "rotate", "sandbox-webhook")
    assert len(known()[1]) == 1


def test_secrets_that_were_never_made_are_not_known(shop: Shell) -> None:
    with pytest.raises(ShopNotReady):
        transactions.read(transactions.current_settings(), known_sandbox_secrets)


def test_an_unknown_secret_is_refused(shop: Shell) -> None:
    for command in ("rotate", "retire"):
        assert "use one of sandbox-webhook" in shop.refused("secrets", command, "buyers")


@pytest.mark.parametrize(
    ("name", "setting"),
    [
        ("sandbox-webhook", "PLANTLY_SANDBOX_WEBHOOK_SECRET"),
        ("sandbox-key", "PLANTLY_SANDBOX_API_KEY"),
    ],
)
def test_a_secret_that_a_setting_gives_is_changed_there(
    shop: Shell, name: str, setting: str
) -> None:
    shop.set(setting, "a-secret-that-was-chosen")
    reason = shop.refused("secrets", "rotate", name)
    assert setting in reason
    assert "a-secret-that-was-chosen" not in reason
