"""How mail is set: judged together, and never repeated where a password may stand."""

import pytest

from plantly.outbound.mail import ConsoleCarrier, NoCarrier, SmtpCarrier
from plantly.services.workflows.mails import post_for
from plantly.settings import SettingsError, SmtpServer, load_settings

SMTP = {
    "PLANTLY_MAIL": "smtp",
    "PLANTLY_SMTP_URL": "smtp://shop%40example.com:p%40ss%2Fword@mail.example.com",
    "PLANTLY_MAIL_FROM": "Green  Corner <shop@example.com>",
}


def problems(**settings: str) -> list[str]:
    with pytest.raises(SettingsError) as refused:
        load_settings({f"PLANTLY_{name}": value for name, value in settings.items()})
    return refused.value.problems


def test_a_developer_sees_mails_without_setting_anything() -> None:
    mail = load_settings({}).mail
    assert (mail.mode, mail.smtp, mail.merchants) == ("console", None, ())
    assert not mail.reaches_buyers


def test_off_is_off() -> None:
    assert not load_settings({"PLANTLY_MAIL": "off"}).mail.reaches_buyers


def test_a_mail_server_is_read_from_its_url() -> None:
    mail = load_settings(SMTP).mail
    assert mail.smtp == SmtpServer(
        "mail.example.com", 587, "starttls", "shop@example.com", "p@ss/word"
    )
    assert (mail.sender, mail.sender_name) == ("shop@example.com", "Green Corner")
    assert mail.reaches_buyers
    assert "p@ss" not in repr(load_settings(SMTP))


@pytest.mark.parametrize(
    ("url", "port", "security"),
    [
        ("smtps://mail.example.com", 465, "tls"),
        ("smtps://127.0.0.1:2465", 2465, "tls"),
        ("smtp://mail.example.com:2525/", 2525, "starttls"),
        ("smtp://localhost:25", 25, "none"),
        ("smtp://127.0.0.1:1025", 1025, "none"),
        ("smtp://[::1]:1025", 1025, "none"),
    ],
)
def test_nothing_leaves_the_machine_in_the_clear(url: str, port: int, security: str) -> None:
    server = load_settings({**SMTP, "PLANTLY_SMTP_URL": url}).mail.smtp
    assert server is not None
    assert (server.port, server.security, server.user) == (port, security, None)


@pytest.mark.parametrize(
    "url",
    [
        "mail.example.com:587",
        "http://mail.example.com",
        "smtp://",
        "smtp://user:topsecret@mail.example.com:99999",
        "smtp://user:topsecret@mail.example.com:0",
        "smtp://user@mail.example.com",
        "smtp://user:topsecret@mail.example.com/inbox",
        "smtp://user:topsecret@mail.example.com?tls=no",
        "smtp://user:top secret@ma il.example.com",
        "smtp://[::1",
    ],
)
def test_an_unreadable_url_is_never_repeated(url: str) -> None:
    (problem,) = problems(MAIL="smtp", MAIL_FROM="shop@example.com", SMTP_URL=url)
    assert problem.startswith("PLANTLY_SMTP_URL cannot be read: write it as smtp://")
    assert "secret" not in problem


def test_what_is_missing_is_said_at_once() -> None:
    assert problems(MAIL="smtp") == [
        "PLANTLY_MAIL=smtp needs PLANTLY_SMTP_URL.",
        "PLANTLY_MAIL=smtp needs PLANTLY_MAIL_FROM, the shop's own address.",
    ]


def test_a_server_that_nobody_uses_is_a_mistake() -> None:
    (problem,) = problems(SMTP_URL="smtp://localhost")
    assert "set PLANTLY_MAIL=smtp" in problem


@pytest.mark.parametrize(
    "address",
    ["shop", "shop@example", "a@b.com, c@d.com", "shop@exa mple.com", "\u00fc@example.com"],
)
def test_an_address_that_nobody_can_answer_to_is_refused(address: str) -> None:
    (problem,) = problems(MAIL_FROM=address)
    assert problem.startswith("PLANTLY_MAIL_FROM cannot be read")


def test_several_people_hear_of_new_orders_but_not_just_anybody() -> None:
    said = "anna@example.com, bob@example.com,anna@example.com"
    mail = load_settings({"PLANTLY_MAIL_MERCHANT": said}).mail
    assert mail.merchants == ("anna@example.com", "bob@example.com")
    many = ",".join(f"a{i}@example.com" for i in range(6))
    for wrong in ("anna", many):
        (problem,) = problems(MAIL_MERCHANT=wrong)
        assert problem.startswith("PLANTLY_MAIL_MERCHANT cannot be read")


def test_production_has_to_say_whether_buyers_get_mail() -> None:
    found = problems(ENV="production")
    assert any(problem.startswith("PLANTLY_MAIL has to be said") for problem in found)
    assert not any("PLANTLY_MAIL" in problem for problem in problems(ENV="production", MAIL="off"))


def test_the_settings_name_the_way_out() -> None:
    usual = post_for(load_settings({}))
    assert isinstance(usual.carrier, ConsoleCarrier)
    assert usual.sender.address == "shop@127.0.0.1"
    assert isinstance(post_for(load_settings({"PLANTLY_MAIL": "off"})).carrier, NoCarrier)
    smtp = post_for(
        load_settings(
            {
                "PLANTLY_MAIL": "smtp",
                "PLANTLY_SMTP_URL": "smtp://mail.example.com",
                "PLANTLY_MAIL_FROM": "Green Corner <shop@example.com>",
                "PLANTLY_MAIL_MERCHANT": "orders@example.com",
            }
        )
    )
    assert isinstance(smtp.carrier, SmtpCarrier)
    assert (smtp.sender.address, smtp.sender.name) == ("shop@example.com", "Green Corner")
    assert smtp.merchants == ("orders@example.com",)
