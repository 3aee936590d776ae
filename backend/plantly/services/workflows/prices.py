"""Let listings follow prices that have dates. Carts and checkouts look at the dates themselves."""

from plantly.db import Database, UnitOfWork


async def turn_prices(db: Database) -> None:
    """Derive the prices of listings again that have begun or ended, some in each transaction."""
    while await db.read(lambda uow: uow.catalog_writer.prices_are_due(uow.now)):
        await db.write(_turn)


def _turn(uow: UnitOfWork) -> None:
    uow.catalog_writer.refresh_prices(uow.now)
    uow.shop.catalog_changed(uow.ids.token("c_"))
