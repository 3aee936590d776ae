"""One transaction, and the repositories that work in it."""

from contextlib import AbstractContextManager
from datetime import datetime
from functools import cached_property

from sqlalchemy import Connection

from plantly.db.repositories.aftercare import AftercareRepository
from plantly.db.repositories.buyers import BuyerRepository
from plantly.db.repositories.carts import CartRepository
from plantly.db.repositories.catalog import CatalogRepository
from plantly.db.repositories.catalog_changes import CatalogChangeRepository
from plantly.db.repositories.catalog_desk import CatalogDesk
from plantly.db.repositories.catalog_overview import CatalogOverview
from plantly.db.repositories.catalog_reader import CatalogReader
from plantly.db.repositories.catalog_writer import CatalogWriter
from plantly.db.repositories.checkouts import CheckoutRepository
from plantly.db.repositories.discounts import DiscountRepository
from plantly.db.repositories.facets import FacetRepository
from plantly.db.repositories.imports import ImportRepository, SyncRepository
from plantly.db.repositories.limits import LimitRepository
from plantly.db.repositories.orders import OrderRepository
from plantly.db.repositories.outgoing import DeliveryRepository, EndpointRepository
from plantly.db.repositories.payments import PaymentRepository
from plantly.db.repositories.queues import InboxRepository, OutboxRepository
from plantly.db.repositories.sandbox import SandboxRepository
from plantly.db.repositories.shelf import ShelfRepository
from plantly.db.repositories.shop import ShopRepository
from plantly.db.repositories.stock import StockRepository
from plantly.db.search.index import SearchIndex
from plantly.db.search.listing import ListingSearch
from plantly.db.session import DirectSession
from plantly.domain.ids import Ids
from plantly.domain.visitor import NOBODY, Visitor


class UnitOfWork:
    """A transaction in progress. `now` is its one instant; `ids` is where its ids come from."""

    def __init__(self, connection: Connection, now: datetime, ids: Ids) -> None:
        self.connection = connection
        self.now = now
        self.ids = ids
        self.visitor: Visitor = NOBODY
        """On whose behalf this runs, for the limits; nobody's where the shop itself works."""

    @cached_property
    def session(self) -> DirectSession:
        """Return the session of this transaction; many reads never need one."""
        return DirectSession(
            bind=self.connection, expire_on_commit=False, join_transaction_mode="rollback_only"
        )

    def unsent_kept(self) -> AbstractContextManager[object]:
        """Read without sending first what is unsent, where no answer depends on it."""
        return self.session.no_autoflush

    def finish(self) -> None:
        """Send what is still unsent; the one who opened the unit commits."""
        if "session" in self.__dict__:
            self.session.flush()

    @cached_property
    def shop(self) -> ShopRepository:
        """Return the shop's configuration, secrets and leases."""
        return ShopRepository(self.connection)

    @cached_property
    def listing(self) -> ListingSearch:
        """Return the search over products."""
        return ListingSearch(self.connection)

    @cached_property
    def search_index(self) -> SearchIndex:
        """Return the writer of what products are found by."""
        return SearchIndex(self.connection)

    @cached_property
    def catalog(self) -> CatalogRepository:
        """Return products and variants."""
        return CatalogRepository(self.session)

    @cached_property
    def shelf(self) -> ShelfRepository:
        """Return variants as lines of carts and orders show them."""
        return ShelfRepository(self.connection, self._settle)

    @cached_property
    def facets(self) -> FacetRepository:
        """Return the facets of the catalog."""
        return FacetRepository(self.session)

    @cached_property
    def catalog_reader(self) -> CatalogReader:
        """Return the whole catalog as documents."""
        return CatalogReader(self.connection)

    @cached_property
    def catalog_writer(self) -> CatalogWriter:
        """Return the one writer of the catalog."""
        return CatalogWriter(self.connection, self.now, self.facets)

    @cached_property
    def catalog_changes(self) -> CatalogChangeRepository:
        """Return the history of the catalog."""
        return CatalogChangeRepository(self.session)

    @cached_property
    def imports(self) -> ImportRepository:
        """Return how far each import of a catalog came, and the pictures that came with them."""
        return ImportRepository(self.session)

    @cached_property
    def syncs(self) -> SyncRepository:
        """Return the feeds that are imported again and again."""
        return SyncRepository(self.session)

    @cached_property
    def catalog_desk(self) -> CatalogDesk:
        """Return single things of the catalog, to be changed by hand."""
        return CatalogDesk(self.session)

    @cached_property
    def catalog_overview(self) -> CatalogOverview:
        """Return the catalog of any state, to be looked over."""
        return CatalogOverview(self.connection)

    @cached_property
    def stock(self) -> StockRepository:
        """Return the units of variants and their holds."""
        return StockRepository(self.session)

    @cached_property
    def discounts(self) -> DiscountRepository:
        """Return the uses of limited discounts."""
        return DiscountRepository(self.session)

    @cached_property
    def carts(self) -> CartRepository:
        """Return carts and the first answers of repeated requests."""
        return CartRepository(self.session)

    @cached_property
    def checkouts(self) -> CheckoutRepository:
        """Return checkout sessions."""
        return CheckoutRepository(self.session)

    @cached_property
    def orders(self) -> OrderRepository:
        """Return orders."""
        return OrderRepository(self.session)

    @cached_property
    def aftercare(self) -> AftercareRepository:
        """Return parcels, lines of refunds, and returns."""
        return AftercareRepository(self.session)

    @cached_property
    def buyers(self) -> BuyerRepository:
        """Return the people who buy."""
        return BuyerRepository(self.session)

    @cached_property
    def payments(self) -> PaymentRepository:
        """Return payments, facts and refunds."""
        return PaymentRepository(self.session)

    @cached_property
    def limits(self) -> LimitRepository:
        """Return how often something was done."""
        return LimitRepository(self.connection)

    @cached_property
    def inbox(self) -> InboxRepository:
        """Return the webhook events that were received."""
        return InboxRepository(self.session)

    @cached_property
    def outbox(self) -> OutboxRepository:
        """Return what must still happen."""
        return OutboxRepository(self.session)

    @cached_property
    def endpoints(self) -> EndpointRepository:
        """Return who wants to be told what happens."""
        return EndpointRepository(self.session)

    @cached_property
    def deliveries(self) -> DeliveryRepository:
        """Return what they are told."""
        return DeliveryRepository(self.session)

    @cached_property
    def sandbox(self) -> SandboxRepository:
        """Return the sandbox provider's own ledger."""
        return SandboxRepository(self.session)

    def _settle(self) -> None:
        """Send what is unsent, as every read through the session does."""
        session = self.__dict__.get("session")
        if session is not None and session.autoflush:
            session.flush()
