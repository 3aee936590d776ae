"""What every command does the same way."""

import pytest

from plantly.cli.output import money, printable
from tests.support.cli import Shell
from tests.support.postgres import PostgresServer


def test_help_names_every_command(shell: Shell) -> None:
    text = shell.done("--help")
    for name in ("serve", "db", "catalog", "shop", "orders", "widgets", "doctor"):
        assert f"\n  {name} " in text


def test_the_version_is_printed(shell: Shell) -> None:
    assert shell.done("--version").startswith("plantly ")


@pytest.mark.parametrize(
    "arguments",
    [["nope"], ["orders", "nope"], ["orders", "list", "--limit", "0"], ["serve", "--port", "x"]],
)
def test_a_misspelled_command_is_exit_code_2(shell: Shell, arguments: list[str]) -> None:
    assert shell.run(*arguments).exit_code == 2


@pytest.mark.parametrize("command", ["catalog list", "orders list", "orders show PL-1"])
def test_without_a_shop_a_command_says_how_to_make_one(shell: Shell, command: str) -> None:
    reason = shell.refused(*command.split())
    assert reason.startswith("There is no shop at ")
    assert "plantly db upgrade" in reason
    assert reason.count("\n") == 1


def test_looking_for_a_shop_leaves_no_file_behind(shell: Shell) -> None:
    shell.refused("orders", "list")
    assert list(shell.directory.iterdir()) == []


def test_a_database_without_tables_is_said_to_be_not_ready(shell: Shell) -> None:
    (shell.directory / "empty.db").touch()
    shell.set("PLANTLY_DATABASE_URL", f"sqlite:///{shell.directory}/empty.db")
    assert "run `plantly db upgrade`" in shell.refused("orders", "list")


def test_a_database_that_does_not_answer_is_said_so(shell: Shell) -> None:
    shell.set("PLANTLY_DATABASE_URL", "postgresql://nobody@127.0.0.1:1/shop")
    assert shell.refused("orders", "list").startswith("The database does not answer")


def test_a_postgresql_without_tables_is_said_to_be_not_ready(
    shell: Shell, postgres_server: PostgresServer
) -> None:
    shell.set("PLANTLY_DATABASE_URL", f"{postgres_server.url}/postgres")
    assert "run `plantly db upgrade`" in shell.refused("orders", "list")


def test_a_database_file_that_is_none_is_refused_in_a_sentence(shell: Shell) -> None:
    (shell.directory / "no.db").write_text("This is not a database. " * 100)
    shell.set("PLANTLY_DATABASE_URL", f"sqlite:///{shell.directory}/no.db")
    assert shell.refused("orders", "list").startswith("The database said no: ")


def test_every_wrong_setting_is_named_at_once(shell: Shell) -> None:
    shell.set("PLANTLY_PORT", "many")
    shell.set("PLANTLY_ENV", "party")
    reason = shell.refused("db", "upgrade")
    assert "PLANTLY_PORT" in reason
    assert "PLANTLY_ENV" in reason


def test_settings_are_read_from_a_file_too(shell: Shell) -> None:
    (shell.directory / ".env").write_text("PLANTLY_DATA_DIR=elsewhere\n")
    shell.done("db", "upgrade")
    assert (shell.directory / "elsewhere" / "plantly.db").exists()


def test_upgrading_twice_is_fine(shell: Shell) -> None:
    shell.done("db", "upgrade")
    shell.done("db", "upgrade")


def test_text_cannot_steer_the_terminal() -> None:
    assert printable("a\x1b[2Jb\nc\u202ed") == "a [2Jb c d"


def test_amounts_have_the_digits_of_their_currency() -> None:
    assert money(1499, "USD") == "14.99 USD"
    assert money(1499, "JPY") == "1499 JPY"
