"""`plantly orders` and `plantly buyers`, as a merchant types them."""

import json

import pytest

from tests.support.cli import Shell
from tests.support.order_care import ALOE, MONSTERA, OrderName

EMAIL = "alex@example.com"


@pytest.fixture
def order(shell: Shell, ordered: tuple[str, OrderName]) -> str:
    """Give the number of a paid order of three aloes and a monstera."""
    shell.set("PLANTLY_DATABASE_URL", ordered[0])
    return ordered[1].number


def test_a_merchant_sends_and_delivers_an_order(shell: Shell, order: str) -> None:
    said = shell.done(
        "orders", "fulfill", order, "--line", f"{ALOE}=2", "--carrier", "Parcel Post",
        "--tracking", "PP 12", "--url", "https://track.example/12", "--key", "monday",
    )  # fmt: skip
    assert said == (
        f"Parcel 1 is on its way (Parcel Post PP 12): 2 x {ALOE}. "
        f"Still to send: 1 x {ALOE}, 1 x {MONSTERA}.\n"
    )
    assert shell.json("orders", "fulfill", order)["parcel"]["number"] == 2
    assert shell.refused("orders", "fulfill", order) == "Nothing of this order is left to send.\n"
    assert shell.done("orders", "deliver", order, "--parcel", "1") == "Delivered now: parcel 1.\n"
    assert shell.json("orders", "deliver", order) == {"delivered": [2]}
    assert shell.done("orders", "deliver", order) == "That was noted before.\n"
    text = shell.done("orders", "show", order)
    assert f"Parcel 1  2 x {ALOE} (delivered" in text
    assert "Parcel Post PP 12 https://track.example/12" in text
    assert "order.delivered (merchant)" in text
    found = shell.json("orders", "show", order)
    assert [parcel["number"] for parcel in found["fulfillments"]] == [1, 2]
    assert found["status"] == "delivered"


def test_everything_at_once_leaves_nothing_to_send(shell: Shell, order: str) -> None:
    said = shell.done("orders", "fulfill", order)
    assert said == f"Parcel 1 is on its way: 3 x {ALOE}, 1 x {MONSTERA}. Nothing is left to send.\n"
    assert shell.done("orders", "deliver", order) == "Delivered now: parcel 1.\n"


def test_a_merchant_gives_money_back(shell: Shell, order: str) -> None:
    said = shell.done("orders", "refund", order, "--line", ALOE, "--restock", "--key", "k")
    assert said == "16.07 USD goes back (pending); 69.69 USD can still go back.\n"
    assert shell.done("orders", "refund", order, "--line", ALOE, "--restock", "--key", "k") == said
    given = shell.json("orders", "refund", order, "--amount", "9.69", "--reason", "goodwill")
    assert (given["amount_minor"], given["left_minor"]) == (969, 6000)
    assert shell.done("orders", "refund", order, "--all").startswith("60.00 USD goes back")
    assert "Refund    16.07 USD (pending)" in shell.done("orders", "show", order)


def test_what_is_to_go_back_is_said_once(shell: Shell, order: str) -> None:
    which = "Say what goes back: --line SKU=1, --amount 12.50, or --all.\n"
    assert shell.refused("orders", "refund", order) == which
    assert shell.refused("orders", "refund", order, "--all", "--amount", "1") == which
    for typed in (f"{ALOE}=two", "=1", f"{ALOE}=-1"):
        assert "--line takes" in shell.refused("orders", "refund", order, "--line", typed)
    twice = ("--line", ALOE, "--line", f"{ALOE}=1")
    assert "named twice" in shell.refused("orders", "fulfill", order, *twice)
    assert "such as 12.50" in shell.refused("orders", "refund", order, "--amount", "much")
    assert shell.run("orders", "refund", order, "--all", "--reason", "because").exit_code == 2


def test_a_merchant_cancels_an_order(shell: Shell, order: str) -> None:
    assert shell.done("orders", "cancel", order) == (
        f"{order} is canceled: 4 units back on the shelf, 85.76 USD on its way back.\n"
    )
    assert shell.done("orders", "cancel", order) == f"{order} was canceled before.\n"
    assert shell.json("orders", "cancel", order)["order_status"] == "canceled"
    assert shell.refused("orders", "cancel", "PL-NONE") == "There is no order PL-NONE.\n"


def test_a_merchant_takes_goods_back(shell: Shell, order: str) -> None:
    shell.done("orders", "fulfill", order)
    ask = ("orders", "return", "request", order, "--line", f"{ALOE}=1", "--reason", "damaged")
    assert shell.done(*ask) == f"Return 1 is requested: 1 x {ALOE}.\n"
    assert shell.json("orders", "return", "approve", order, "1")["status"] == "approved"
    said = shell.done("orders", "return", "receive", order, "1", "--refund", "--restock")
    assert said == f"Return 1 is received: 1 x {ALOE}. 16.07 USD goes back.\n"
    assert "declined" in shell.refused("orders", "return", "decline", order, "1")
    assert shell.refused("orders", "return", "request", order) == (
        "Say what comes back: --line SKU=1.\n"
    )
    assert f"Return 1  1 x {ALOE}, damaged (received)" in shell.done("orders", "show", order)
    again = ("orders", "return", "request", order, "--line", MONSTERA)
    assert shell.json(*again)["number"] == 2
    assert shell.done("orders", "return", "decline", order, "2").startswith("Return 2 is declined")


def test_a_mail_goes_out_again(shell: Shell, order: str) -> None:
    assert "order_confirmation" in shell.done("orders", "resend", order, "order_confirmation")
    assert shell.json("orders", "resend", order, "order_confirmation")["queued"] is True
    assert "no mail" in shell.refused("orders", "resend", order, "love_letter")


def test_a_person_is_exported_and_erased(shell: Shell, order: str) -> None:
    exported = json.loads(shell.done("buyers", "export", EMAIL))
    assert exported == shell.json("buyers", "export", EMAIL)
    assert exported["checkouts"][0]["order"]["order_number"] == order
    said = shell.done("buyers", "erase", EMAIL)
    assert f"Kept without the person: {order}." in said
    assert EMAIL not in said
    assert shell.done("buyers", "erase", EMAIL) == "Nothing is kept of that person.\n"
    assert shell.json("buyers", "erase", EMAIL)["checkouts"] == 0
    assert shell.json("orders", "show", order)["buyer"] == {}
