"""What mails say, and what nobody can make them say."""

import re
from email import message_from_bytes, policy

import pytest

from plantly.domain.order_history import OrderEventKind
from plantly.domain.order_mail import MailKind, mails_after
from plantly.services.mails.letters import Sender, UnusableAddress
from plantly.services.order_sheet import country_name
from tests.support.builders import shop_config
from tests.support.clock import START
from tests.support.mails import (
    NUMBER,
    PAGE,
    addressee,
    html_of,
    item,
    letter,
    parsed,
    read_html,
    row,
    sheet,
    text_of,
)

EVIL = (
    'Bad\r\nBcc: victim@example.com\u202e\u2066<script>alert(1)</script>\x00{{ 7 * 7 }}" onload="x'
)
SEEN = 'Bad Bcc: victim@example.com<script>alert(1)</script>{{ 7 * 7 }}" onload="x'
OWN_HEADERS = {
    "from",
    "to",
    "reply-to",
    "subject",
    "date",
    "message-id",
    "references",
    "auto-submitted",
    "x-auto-response-suppress",
    "content-language",
    "mime-version",
    "content-type",
}
BUYERS = tuple(kind for kind in MailKind if not kind.is_for_merchant)
MERCHANTS = tuple(kind for kind in MailKind if kind.is_for_merchant)


def test_a_confirmation_holds_all_that_was_agreed_to() -> None:
    mail = letter(MailKind.ORDER_CONFIRMATION)
    for said in (text_of(mail), read_html(mail)):
        for fact in (
            "Thank you for your order",
            NUMBER,
            "Monstera deliciosa",
            "17 cm pot",
            "$48.00",
            "$12.67",
            "WELCOME10",
            "-$6.07",
            "$54.60",
            "$5.95",
            "$60.55",
            "1 Garden Street",
            "San Francisco, CA 94107",
            "United States",
            "terms of sale",
            "help@fern.example",
        ):
            assert fact in said, fact
    assert f'href="https://fern.example{PAGE}"' in html_of(mail)
    assert f"https://fern.example{PAGE}\n" in text_of(mail)


def test_the_sum_of_the_items_is_told_only_where_something_was_taken_off() -> None:
    totals = (row("items_base_amount", 4800, "Items"), row("total", 4800, "Total"))
    assert "Items" not in text_of(letter(MailKind.ORDER_CONFIRMATION, sheet(totals=totals)))


def test_a_free_delivery_is_called_free_and_a_free_order_was_not_paid() -> None:
    totals = (row("fulfillment", 0, "Standard shipping"), row("total", 0, "Total"))
    free = letter(MailKind.ORDER_CONFIRMATION, sheet(totals=totals, total_minor=0))
    assert "Standard shipping: Free" in text_of(free)
    assert "Standard shipping Free" in read_html(free)
    assert "payment" not in text_of(free)
    canceled = letter(MailKind.ORDER_CANCELED, sheet(total_minor=0))
    assert "paid" not in text_of(canceled)
    assert "What you paid goes back" in text_of(letter(MailKind.ORDER_CANCELED))


def test_a_mail_says_from_whom_it_is_and_that_a_machine_wrote_it() -> None:
    mail = letter(MailKind.ORDER_CONFIRMATION)
    assert mail["From"] == "Fern & Co <shop@fern.example>"
    assert mail["To"] == "alex@example.com"
    assert mail["Reply-To"] == "help@fern.example"
    assert mail["Subject"] == f"Your order {NUMBER} at Fern & Co"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["Date"].datetime == START
    assert re.fullmatch(r"<[0-9a-f]{40}@fern\.example>", mail["Message-ID"])
    assert {name.lower() for name in mail} <= OWN_HEADERS
    assert [part.get_content_type() for part in mail.iter_parts()] == ["text/plain", "text/html"]


def test_every_try_to_send_one_mail_has_the_same_id_and_every_mail_of_an_order_one_thread() -> None:
    first, again = letter(MailKind.ORDER_SHIPPED), letter(MailKind.ORDER_SHIPPED)
    other = letter(MailKind.ORDER_SHIPPED, sheet(order_number="PL-0000-0000-0000-0001"))
    assert first["Message-ID"] == again["Message-ID"] != other["Message-ID"]
    assert first["References"] == letter(MailKind.ORDER_CANCELED)["References"]
    assert first["References"] not in {other["References"], first["Message-ID"]}


def test_a_parcel_can_be_followed() -> None:
    mail = letter(MailKind.ORDER_SHIPPED)
    for said in (text_of(mail), read_html(mail)):
        assert "Parcel Post" in said
        assert "PP 123 456 789" in said
        assert "Monstera deliciosa (17 cm pot)" in said
        assert "Aloe" not in said
        assert "rest" not in said
    assert 'href="https://carrier.example/track/123456789"' in html_of(mail)
    assert "https://carrier.example/track/123456789\n" in text_of(mail)


def test_a_parcel_without_tracking_is_told_of_as_well() -> None:
    plain = letter(MailKind.ORDER_SHIPPED, carrier="", tracking_number="", tracking_url="")
    for said in (text_of(plain), read_html(plain)):
        assert "Follow" not in said
        assert "Monstera" in said
    only = letter(MailKind.ORDER_SHIPPED, carrier="", tracking_url="")
    assert "PP 123 456 789" in read_html(only)
    assert "Carrier" not in text_of(only)


def test_a_part_of_an_order_says_that_the_rest_follows() -> None:
    mail = letter(MailKind.ORDER_SHIPPED, fulfillment_status="partially_fulfilled")
    assert mail["Subject"].endswith("is on its way, in part")
    assert "The rest follows" in text_of(mail)


def test_who_picks_up_is_not_told_of_parcels() -> None:
    pickup = sheet(is_pickup=True, delivery="Pick up at the nursery")
    mail = letter(MailKind.ORDER_SHIPPED, pickup, carrier="", tracking_number="", tracking_url="")
    for said in (str(mail["Subject"]), text_of(mail), read_html(mail)):
        assert "ready to be picked up" in said.lower()
        assert "on its way" not in said
    confirmation = letter(MailKind.ORDER_CONFIRMATION, pickup)
    assert "Pickup Pick up at the nursery" in read_html(confirmation)


def test_a_refund_says_how_much_and_for_what() -> None:
    mail = letter(MailKind.ORDER_REFUNDED)
    assert mail["Subject"] == f"Your refund of $12.50 for order {NUMBER}"
    assert "2 x Monstera deliciosa" in text_of(mail)
    of_an_amount = letter(MailKind.ORDER_REFUNDED, lines=[])
    assert "For:" not in text_of(of_an_amount)


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        (MailKind.RETURN_REQUESTED, "Your reason: It arrived damaged."),
        (MailKind.RETURN_APPROVED, "We take back the items below."),
        (MailKind.RETURN_DECLINED, "We cannot take this back"),
        (MailKind.RETURN_RECEIVED, "Your refund is on its way"),
        (MailKind.NEW_RETURN, "Their reason: It arrived damaged."),
    ],
)
def test_a_return_is_followed_step_by_step(kind: MailKind, said: str) -> None:
    mail = letter(kind)
    for text in (text_of(mail), read_html(mail)):
        assert said in text
        assert "Monstera deliciosa (17 cm pot)" in text
    assert NUMBER in mail["Subject"]


def test_goods_that_came_back_without_a_refund_promise_none() -> None:
    assert "refund" not in text_of(letter(MailKind.RETURN_RECEIVED, refund=None))


@pytest.mark.parametrize("kind", MERCHANTS)
def test_the_merchant_learns_nothing_of_the_buyer_by_mail(kind: MailKind) -> None:
    mail = letter(kind)
    assert mail["To"] == "orders@fern.example"
    assert mail["Reply-To"] is None
    for said in (text_of(mail), html_of(mail)):
        assert f"plantly orders show {NUMBER}" in said
        for secret in ("Alex", "alex@", "Garden Street", "94107", PAGE):
            assert secret not in said


@pytest.mark.parametrize("kind", MailKind)
def test_nobody_can_write_into_a_mail_what_is_not_text(kind: MailKind) -> None:
    evil = sheet(
        shop=shop_config(name=EVIL),
        items=(item(name=EVIL, variant=EVIL),),
        totals=(row("discount", -1, EVIL), row("total", 4800, "Total")),
        delivery=EVIL,
        buyer=addressee(address=(EVIL, EVIL)),
    )
    mail = letter(kind, evil, carrier=EVIL, tracking_number=EVIL)
    raw = parsed(mail.as_bytes())
    assert {name.lower() for name in raw} <= OWN_HEADERS
    assert len(raw.keys()) == len(set(raw.keys()))
    assert not raw.defects
    assert raw["Bcc"] is None
    html = html_of(raw)
    assert "<script" not in html
    assert 'onload="' not in html
    assert "49" not in re.sub(r"<[^>]*>", "", html).replace("$49", "")
    for said in (html, text_of(raw), str(raw["Subject"]), str(raw["From"])):
        assert not set(said) & set("\u202e\u2066\x00")
    assert SEEN in text_of(raw)
    # Nothing that was typed begins a line of its own.
    assert not re.search(r"^Bcc", text_of(raw), re.MULTILINE)


def test_a_mail_asks_for_nothing_from_elsewhere() -> None:
    for kind in MailKind:
        html = html_of(letter(kind))
        assert "<img" not in html
        assert "url(" not in html
        assert "<link" not in html
        assert "@import" not in html
        found = set(re.findall(r'href="([^":]+):', html))
        assert found <= {"https", "mailto"}


def test_a_list_of_mails_shows_a_sentence_beside_the_subject() -> None:
    html = html_of(letter(MailKind.ORDER_CONFIRMATION))
    preview = re.search(r'<div style="display:none[^>]*>([^&<]*)', html)
    assert preview is not None
    assert preview[1] == "Thank you! It is confirmed: $60.55."


def test_lines_stay_short_enough_for_every_server() -> None:
    long = sheet(items=tuple(item(name="Leaf " * 60, sku=f"S{i}") for i in range(40)))
    raw = letter(MailKind.ORDER_CONFIRMATION, long).as_bytes()
    assert max(len(line) for line in raw.split(b"\r\n")) <= 998
    assert raw.isascii()
    assert message_from_bytes(raw, policy=policy.default)["Subject"].startswith("Your order")


def test_an_address_beyond_ascii_is_kept_as_it_is() -> None:
    mail = letter(
        MailKind.ORDER_CONFIRMATION, sheet(buyer=addressee(email="j\u00fcrgen@m\u00fcll.example"))
    )
    assert "j\u00fcrgen@m\u00fcll.example".encode() in mail.as_bytes()


@pytest.mark.parametrize(
    "email",
    ["x@exam>ple.com", "x@example.com, victim@example.com", "x@example.com\r\nBcc: y@z.com", "x"],
)
def test_a_mail_goes_to_nobody_else(email: str) -> None:
    with pytest.raises(UnusableAddress):
        letter(MailKind.ORDER_CONFIRMATION, sheet(buyer=addressee(email=email)))


@pytest.mark.parametrize("contact", ["Fern & Co <help@fern.example>", "help@blümchen.example"])
def test_a_contact_that_no_header_can_hold_keeps_no_mail_back(contact: str) -> None:
    mail = letter(MailKind.ORDER_CONFIRMATION, sheet(shop=shop_config(support_email=contact)))
    assert mail["Reply-To"] is None
    assert contact in text_of(mail)


def test_a_shop_without_contact_names_none() -> None:
    mail = letter(MailKind.ORDER_CONFIRMATION, sheet(shop=shop_config(support_email="")))
    assert mail["Reply-To"] is None
    assert "Questions" not in text_of(mail)
    assert "Questions" not in html_of(mail)


def test_an_order_without_terms_or_delivery_says_nothing_of_them() -> None:
    mail = letter(MailKind.ORDER_CONFIRMATION, sheet(terms_version=None, delivery="", buyer=None))
    for said in (text_of(mail), read_html(mail)):
        assert "terms" not in said
        assert "Delivery" not in said


def test_an_item_is_called_by_its_sku_when_the_order_does_not_have_it() -> None:
    mail = letter(MailKind.ORDER_SHIPPED, lines=[{"sku": "GONE-1", "quantity": 1}])
    assert "1 x GONE-1" in text_of(mail)
    aloe = letter(MailKind.ORDER_SHIPPED, lines=[{"sku": "ALO-12", "quantity": 1}])
    assert "1 x Aloe vera\n" in text_of(aloe)


def test_a_new_order_counts_its_units() -> None:
    one = sheet(items=(item(quantity=1),), delivery="")
    assert "1 item, without delivery." in html_of(letter(MailKind.NEW_ORDER, one))
    assert "3 items, Standard shipping." in html_of(letter(MailKind.NEW_ORDER))


def test_most_of_what_happens_to_an_order_is_worth_no_mail() -> None:
    quiet = [kind for kind in OrderEventKind if not mails_after(kind)]
    assert OrderEventKind.REFUND_DECIDED in quiet
    assert mails_after("order.invented") == ()
    told = {mail for kind in OrderEventKind for mail in mails_after(kind)}
    assert told == set(MailKind)


def test_countries_have_names() -> None:
    assert (country_name("AT"), country_name("??")) == ("Austria", "??")


def test_a_sender_belongs_to_a_domain() -> None:
    assert Sender("shop@fern.example", None, "https://fern.example").domain == "fern.example"
