"""Paying, and seeing that it was paid, over both bridges."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Frame, Locator, expect

from tests.support.browser import Watched
from tests.support.eventually import eventually, stop_time
from tests.support.fake_shop import ORDER_NUMBER, fixture
from tests.support.widget_host import WidgetHost

Play = Callable[..., Frame]

both_bridges = pytest.mark.parametrize("bridge", ["apps", "openai"])

ITEMS = {"items": [{"product_id": "aloe-vera", "quantity": 1}]}


@pytest.fixture
def bridge() -> str:
    """Name the bridge of the tests that run over one only."""
    return "apps"


@pytest.fixture
def checkout(play: Play, watched: Watched, bridge: str) -> Frame:
    """Give a checkout widget that has just come up; time moves only by hand."""
    watched.page.clock.install()
    frame = play("start_checkout", ITEMS, bridge=bridge)
    # The heading is there before the data.
    expect(frame.get_by_role("button", name="Continue to payment")).to_be_visible()
    return frame


def answers(watched: Watched) -> Locator:
    """Find the answers to questions of the widget in the log of the host."""
    return watched.page.locator('[data-way="out"][data-what="answer"]', has_text="get_checkout")


def session(host: WidgetHost) -> str:
    (session_id,) = host.shop.sessions
    return session_id


@both_bridges
def test_the_page_is_opened_by_the_host_and_named_in_the_playground(
    checkout: Frame, host: WidgetHost, watched: Watched
) -> None:
    with watched.context.expect_page() as opened:
        checkout.get_by_role("button", name="Continue to payment").click()
    expect(opened.value.get_by_role("heading", name=session(host))).to_be_visible()
    expect(watched.page.get_by_role("link")).to_have_attribute(
        "href", f"{host.url}/checkout/{session(host)}?lang=en-US"
    )
    expect(checkout.get_by_role("heading", name="Waiting for your payment")).to_be_visible()
    expect(checkout.get_by_role("button", name="Reopen the payment page")).to_be_visible()


@both_bridges
def test_payment_is_noticed_and_the_model_is_told_once(
    checkout: Frame, host: WidgetHost, watched: Watched, bridge: str
) -> None:
    host.shop.pay(session(host))
    watched.page.clock.run_for(3500)
    expect(checkout.get_by_role("heading", name="Thank you for your order")).to_be_visible()
    expect(checkout.locator("main").get_by_text(ORDER_NUMBER)).to_be_visible()
    expect(checkout.get_by_role("button", name="Follow the order")).to_be_visible()
    expect(checkout.get_by_role("button")).to_have_count(1)
    asked = len(host.shop.named("get_checkout"))
    watched.page.clock.run_for(60_000)
    if bridge == "apps":
        told = watched.page.locator('[data-what="ui/update-model-context"]')
        expect(told).to_have_count(1)
        expect(told).to_contain_text(ORDER_NUMBER)
    else:
        told = watched.page.locator('[data-what="window.openai.setWidgetState"]')
        expect(told.last).to_contain_text(ORDER_NUMBER)
    assert len(host.shop.named("get_checkout")) == asked


def test_it_asks_less_often_when_nothing_happens(
    checkout: Frame, host: WidgetHost, watched: Watched
) -> None:
    stop_time(watched.page)
    questions = watched.page.locator('[data-way="in"][data-what="tools/call"]')
    seconds = 0
    for asked in range(1, 9):
        while questions.count() < asked and seconds < 200:
            watched.page.clock.run_for(1000)
            seconds += 1
        # It plans the next question with the answer to the last one.
        expect(answers(watched)).to_have_count(asked)
    # Every three seconds would be 24 of them.
    assert 35 <= seconds < 200


def test_it_does_not_ask_while_nobody_looks(
    checkout: Frame, host: WidgetHost, watched: Watched
) -> None:
    hide = """hidden => {
        Object.defineProperty(document, 'hidden', { value: hidden, configurable: true });
        document.dispatchEvent(new Event('visibilitychange'));
    }"""
    stop_time(watched.page)
    checkout.evaluate(hide, arg=True)
    asked = len(host.shop.named("get_checkout"))
    watched.page.clock.run_for(30_000)
    host.shop.pay(session(host))
    checkout.evaluate(hide, arg=False)
    watched.page.clock.run_for(3500)
    expect(checkout.get_by_role("heading", name="Thank you for your order")).to_be_visible()
    # Between the two there was no question.
    assert len(host.shop.named("get_checkout")) == asked + 1


def test_a_declined_payment_is_said_with_the_way_on(
    checkout: Frame, host: WidgetHost, watched: Watched
) -> None:
    host.shop.decline(session(host))
    watched.page.clock.run_for(3500)
    expect(checkout.get_by_role("heading", name="Payment did not go through")).to_be_visible()
    expect(checkout.locator("main").get_by_text("The card was declined.")).to_be_visible()
    with watched.context.expect_page():
        checkout.get_by_role("button", name="Try again").click()


def test_a_payment_in_progress_can_still_be_finished(
    checkout: Frame, host: WidgetHost, watched: Watched
) -> None:
    host.shop.sessions[session(host)]["status"] = "complete_in_progress"
    watched.page.clock.run_for(3500)
    expect(checkout.get_by_role("heading", name="Confirming your payment")).to_be_visible()
    expect(checkout.get_by_role("button", name="Reopen the payment page")).to_be_visible()


@pytest.mark.parametrize(
    ("status", "title"), [("canceled", "Checkout canceled"), ("expired", "Checkout expired")]
)
def test_a_checkout_that_is_over_can_be_begun_again(
    checkout: Frame, host: WidgetHost, watched: Watched, status: str, title: str
) -> None:
    host.shop.sessions[session(host)]["status"] = status
    watched.page.clock.run_for(3500)
    expect(checkout.get_by_role("heading", name=title)).to_be_visible()
    checkout.get_by_role("button", name="Start again").click()
    expect(checkout.get_by_role("button", name="Continue to payment")).to_be_visible()
    assert host.shop.named("start_checkout") == [ITEMS, ITEMS]


def test_a_lost_connection_is_said_and_mended(
    checkout: Frame, host: WidgetHost, watched: Watched
) -> None:
    host.shop.refuse("get_checkout", "internal", "The shop is busy.")
    watched.page.clock.run_for(3500)
    expect(checkout.locator("main").get_by_text("The shop is busy.")).to_be_visible()
    watched.page.clock.run_for(4500)
    expect(checkout.locator("main").get_by_text("The shop is busy.")).to_have_count(0)


def test_a_host_that_opens_no_link_leaves_the_address_to_copy(
    checkout: Frame, host: WidgetHost, watched: Watched
) -> None:
    host.shop.sessions[session(host)]["checkout_url"] = "javascript:alert(1)"
    watched.page.clock.run_for(3500)
    expect(checkout.get_by_text("127.0.0.1")).to_have_count(0)
    checkout.get_by_role("button", name="Continue to payment").click()
    expect(checkout.get_by_label("The page could not be opened")).to_have_value(
        "javascript:alert(1)"
    )
    expect(watched.page.get_by_role("link")).to_have_count(0)


@both_bridges
def test_a_reloaded_checkout_shows_where_it_stands(
    checkout: Frame, host: WidgetHost, watched: Watched, bridge: str
) -> None:
    host.shop.pay(session(host))
    host.shop.sessions[session(host)]["estimated"] = False
    watched.page.get_by_role("button", name="Reload").click()
    again = watched.page.frame_locator("#frame")
    watched.page.locator('[data-way="note"]').first.wait_for()
    for _ in range(8):
        watched.page.clock.run_for(500)
    expect(again.get_by_role("heading", name="Thank you for your order")).to_be_visible()
    assert len(host.shop.named("start_checkout")) == 1


def test_the_last_minutes_are_counted_calmly(
    bare: Play, host: WidgetHost, watched: Watched
) -> None:
    watched.page.clock.install(time="2026-11-21T09:53:00Z")
    result = fixture("checkout", host.url)["result"]
    frame = bare("checkout", answerAfter=0, result=result, answers={"get_checkout": result})
    watched.page.clock.run_for(200)
    expect(frame.get_by_role("button", name="Continue to payment")).to_be_visible()
    left = frame.locator("main").get_by_text("left to pay")
    expect(left).to_have_count(0)
    watched.page.clock.run_for(125_000)
    expect(left).to_have_text("5 minutes left to pay")
    watched.page.clock.run_for(240_000)
    expect(left).to_have_text("1 minute left to pay")


def test_a_paid_order_can_be_followed(bare: Play, host: WidgetHost, watched: Watched) -> None:
    result = fixture("checkout", host.url)["result"]
    order = {"order_number": ORDER_NUMBER, "status": "confirmed"}
    result["structuredContent"] |= {"status": "completed", "order": order}
    frame = bare("checkout", answerAfter=0, result=result, context={"locale": "es"})
    expect(frame.get_by_role("heading", name="Gracias por tu pedido")).to_be_visible()
    frame.get_by_role("button", name="Seguir el pedido").click()
    said = "received.filter((m) => m.method === 'ui/message').map((m) => m.params.content[0].text)"
    eventually(lambda: watched.page.evaluate(said), [f"¿Dónde está mi pedido {ORDER_NUMBER}?"])


def test_what_concerns_one_line_stands_at_that_line(bare: Play, host: WidgetHost) -> None:
    result = fixture("checkout", host.url)["result"]
    message = {"type": "warning", "code": "price_changed", "content": "Monstera: a new price."}
    result["structuredContent"]["messages"] = [message | {"param": "items[1]"}]
    frame = bare("checkout", answerAfter=0, result=result)
    line = frame.get_by_role("listitem").filter(has_text="Monstera")
    expect(line.get_by_text("Monstera: a new price.")).to_be_visible()
    expect(frame.locator(".notice")).to_have_count(0)
