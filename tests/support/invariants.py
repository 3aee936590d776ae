"""What is true of every shop at every moment, whatever happened to it.

One checker, run over the database of every integration test when it ends, and by hand or by other
programs over any database:

    python -m tests.support.invariants sqlite:////path/to/shop.sqlite3 [--settled]

With `--settled` nothing may be on its way any more: every charge at the sandbox is an order's, or
was given back.
"""

import asyncio
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Final

from sqlalchemy import Engine, event, inspect, text

from plantly.db import UnitOfWork, open_database
from plantly.db.base import Table
from tests.support.checks import catalog, discounts, history, money, orders, provider, stock
from tests.support.checks.rows import one_look

WRITTEN_ONCE: Final = (
    "payment_facts",
    "order_lines",
    "order_events",
    "fulfillment_lines",
    "refund_lines",
    "return_lines",
    "catalog_changes",
)
"""Tables whose rows are only ever added."""

BOUGHT_WITH: Final = (
    *("checkout_sessions", "payments", "payment_facts", "orders", "order_lines", "order_events"),
    *("fulfillments", "refunds", "refund_lines", "returns", "stock_holds", "webhook_inbox"),
    *("discount_uses", "discount_counts", "idempotency_records"),
    *("sandbox_payments", "sandbox_events"),
)
"""Tables that are empty until somebody wants to pay."""

ALWAYS: Final = (*stock.CHECKS, *catalog.CHECKS, *history.WITHOUT_ORDERS)
ONCE_BOUGHT: Final = (
    *orders.CHECKS,
    *history.CHECKS,
    *money.CHECKS,
    *discounts.CHECKS,
    *provider.CHECKS,
)
"""What finds no row to look at while the tables above are empty."""

WHEN_SETTLED: Final = (*stock.WHEN_SETTLED, *provider.WHEN_SETTLED)


class InvariantBrokenError(AssertionError):
    """The shop is in a state that must never be."""


def findings(uow: UnitOfWork, *, settled: bool = False) -> list[str]:
    """Give a sentence for everything that is wrong; nothing for a database without the tables."""
    there = set(inspect(uow.connection).get_table_names())
    if not Table.metadata.tables.keys() <= there:
        return []
    # Most tests buy nothing, and three quarters of the questions are about what was bought.
    bought = ONCE_BOUGHT if _somebody_bought(uow) else ()
    checks = (*ALWAYS, *bought, *(WHEN_SETTLED if settled else ()))
    with one_look():
        return [sentence for check in checks for sentence in check(uow)]


def _somebody_bought(uow: UnitOfWork) -> bool:
    some = (f"EXISTS (SELECT 1 FROM {table})" for table in BOUGHT_WITH)  # noqa: S608 - ours
    return bool(uow.connection.scalar(text(f"SELECT {' OR '.join(some)}")))


def check_invariants(uow: UnitOfWork) -> None:
    """Check all of them.

    Raises:
        InvariantBrokenError: It names every broken one.

    """
    broken = findings(uow)
    if broken:
        raise InvariantBrokenError("The shop is broken:\n- " + "\n- ".join(broken))


@contextmanager
def nothing_is_rewritten() -> Iterator[None]:
    """Watch every statement of this process while entered.

    Raises:
        InvariantBrokenError: A row was changed in a table that only grows.

    """
    seen: list[str] = []

    def watch(_c: object, _cursor: object, statement: str, *_: object) -> None:
        words = statement.replace('"', "").split(None, 3)
        if words[:1] == ["UPDATE"] and words[1] in WRITTEN_ONCE:
            seen.append(statement)
        if words[:2] == ["DELETE", "FROM"] and words[2] in WRITTEN_ONCE:
            seen.append(statement)

    event.listen(Engine, "before_cursor_execute", watch)
    try:
        yield
    finally:
        event.remove(Engine, "before_cursor_execute", watch)
    if seen:
        raise InvariantBrokenError(f"Rows that are written once were changed: {seen}")


async def _look(url: str, *, settled: bool) -> list[str]:
    database = open_database(url)
    try:
        return await database.read(lambda uow: findings(uow, settled=settled))
    finally:
        await database.close()


def main(arguments: Sequence[str]) -> int:
    """Print what is wrong with the shop at a database URL; 0 when nothing is."""
    urls = [argument for argument in arguments if not argument.startswith("--")]
    if len(urls) != 1:
        sys.stderr.write("usage: python -m tests.support.invariants URL [--settled]\n")
        return 2
    broken = asyncio.run(_look(urls[0], settled="--settled" in arguments))
    sys.stdout.writelines(f"{sentence}\n" for sentence in broken)
    return 1 if broken else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
