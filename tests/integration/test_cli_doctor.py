"""`plantly doctor`."""

import json
from typing import Any

from plantly.cli import transactions
from plantly.db import UnitOfWork, migrations
from plantly.services.attention import ask_for_attention
from plantly.services.demo import demo_shop_file
from tests.support.cli import Shell
from tests.support.http import free_port
from tests.support.orders import empty_checkout, payment_of


def _findings(shell: Shell) -> dict[str, Any]:
    found = json.loads(shell.run("doctor", "--json").stdout)
    return {finding["check"]: finding for finding in found}


def test_a_shop_that_sells_is_fine(shell: Shell) -> None:
    shell.done("db", "upgrade")
    shell.done("catalog", "seed")
    findings = _findings(shell)
    assert {check: finding["state"] for check, finding in findings.items()} == {
        "plantly": "ok",
        "settings": "ok",
        "address": "warning",
        "data": "ok",
        "database": "ok",
        "shop": "ok",
        "catalog": "ok",
        "widgets": "ok",
        "payment": "warning",
    }
    assert "shop      Plantly, in USD" in shell.done("doctor")


def test_what_a_person_has_to_see_to_is_told(shell: Shell) -> None:
    shell.done("db", "upgrade")
    shell.done("catalog", "seed")

    def neglect(uow: UnitOfWork) -> None:
        payment = payment_of(uow, empty_checkout(uow), 1000)
        payment.next_poll_at = uow.now
        ask_for_attention(uow, payment, "unsettled")
        payment_of(uow, empty_checkout(uow), 1000).provider = "stripe"

    transactions.write(transactions.current_settings(), neglect)
    shell.done("secrets", "rotate", "sandbox-webhook")
    shell.done("secrets", "rotate", "sandbox-webhook")
    text = shell.done("doctor")
    assert "1 payments need you: see `plantly payments attention`" in text
    assert "1 older secrets are still accepted" in text
    assert "1 payments were begun at another provider and are not finished" in text
    assert "webhooks" not in text


def test_a_public_address_needs_no_warning(shell: Shell) -> None:
    shell.set("PLANTLY_PUBLIC_URL", "https://shop.example.com")
    assert "address" not in _findings(shell)


def test_a_missing_database_is_a_problem(shell: Shell) -> None:
    assert "There is no shop at" in _findings(shell)["database"]["text"]
    assert shell.refused("doctor") == "1 problem found.\n"


def test_tables_of_another_version_are_a_problem(shell: Shell) -> None:
    shell.done("db", "upgrade")
    migrations.downgrade(f"sqlite:///{shell.directory / '.plantly' / 'plantly.db'}", "0001")
    assert "plantly db upgrade" in _findings(shell)["database"]["text"]
    assert "plantly db upgrade" in shell.refused("serve", "--port", str(free_port()))


def test_an_empty_catalog_is_a_problem(shell: Shell) -> None:
    shell.done("db", "upgrade")
    (shell.directory / "shop.toml").write_text(demo_shop_file(), encoding="utf-8")
    shell.done("shop", "apply", "shop.toml")
    assert "plantly catalog seed" in _findings(shell)["catalog"]["text"]


def test_a_folder_that_is_a_file_is_a_problem(shell: Shell) -> None:
    (shell.directory / ".plantly").touch()
    assert _findings(shell)["data"]["state"] == "problem"


def test_wrong_settings_are_each_a_problem(shell: Shell) -> None:
    shell.set("PLANTLY_ENV", "production")
    result = shell.run("doctor")
    assert result.stdout.count("PROBLEM") >= 3
    assert result.stderr.endswith(" problems found.\n")
