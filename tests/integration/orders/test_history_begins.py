"""Orders of an earlier edition get a history that begins with what they are."""

from plantly.db import UnitOfWork, migrations
from plantly.services.order_desk import find_order
from plantly.services.order_refunds import RefundAsk, refund_order
from plantly.services.orders import show_order
from tests.support.invariants import check_invariants
from tests.support.order_care import OrderName, both_engines
from tests.support.rivals import elsewhere


@both_engines
def test_an_order_that_was_there_before_can_be_rebuilt(
    ordered: tuple[str, OrderName],
) -> None:
    url, name = ordered

    def refund(uow: UnitOfWork) -> None:
        refund_order(uow, name.number, RefundAsk(amount_minor=500), "k")

    elsewhere(url, refund)
    migrations.downgrade(url, "0009")
    migrations.upgrade(url)

    def kinds(uow: UnitOfWork) -> list[str]:
        check_invariants(uow)
        assert show_order(uow, name.number).view.refunds[0].amount_minor == 500
        return [row.kind for row in uow.orders.events_of(find_order(uow, name.number).id)]

    assert elsewhere(url, kinds) == ["order.placed", "order.refund_decided"]
