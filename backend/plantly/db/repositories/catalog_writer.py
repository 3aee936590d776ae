"""The one writer of the catalog: many products at once, by slug and SKU."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from operator import attrgetter

from sqlalchemy import Connection

from plantly.db.repositories.catalog_writing.bulk import bulk_of
from plantly.db.repositories.catalog_writing.categories import Categories
from plantly.db.repositories.catalog_writing.plan import Item
from plantly.db.repositories.catalog_writing.pruning import archive_unseen
from plantly.db.repositories.catalog_writing.refresh import Listings
from plantly.db.repositories.catalog_writing.rounds import Rounds
from plantly.db.repositories.facets import FacetRepository
from plantly.domain.catalog import Facet, FacetKind
from plantly.domain.catalog_document import CatalogHead, ProductDocument
from plantly.domain.catalog_writing import MOST_AT_ONCE, BatchResult, WriteRules
from plantly.domain.errors import InvalidInput
from plantly.domain.groundwork import Groundwork

_VARIANTS_AT_ONCE = 5000


class CatalogWriter:
    """Writes the catalog; writing the same again changes nothing."""

    def __init__(self, connection: Connection, now: datetime, facets: FacetRepository) -> None:
        self._connection = connection
        self._now = now
        self._defined = facets
        self._categories = Categories(connection, bulk_of(connection))
        self._listings = Listings(connection, self._categories)

    def write_head(self, head: CatalogHead) -> None:
        """Insert or update facets and categories; both stand first, in their order.

        Raises:
            InvalidInput: A facet becomes one of another kind, which its values could not have.
        """
        self._define(head.facets)
        for category_id in self._categories.write(head.categories):
            # Products are found by the name of their category.
            for product_ids in self._listings.in_category(category_id):
                self._listings.refresh(product_ids, self._now)

    def write_products(
        self,
        products: Sequence[ProductDocument],
        first_position: int,
        rules: WriteRules,
        groundwork: Groundwork | None = None,
    ) -> BatchResult:
        """Insert or update products with everything that belongs to them.

        A product is found by its slug, else by the SKU of any of its variants. What is wrong with
        one keeps nothing but itself from being written. `groundwork` is about these products.
        """
        rounds = Rounds(self._connection, self._categories, rules, self._now)
        rounds.build_on(groundwork)
        result = BatchResult()
        for part in _parts(products):
            result = result.plus(rounds.write(part, first_position))
        problems = sorted(result.problems, key=attrgetter("index"))
        return BatchResult(
            result.created, result.updated, result.unchanged, tuple(problems), result.moved
        )

    def archive_unseen(self, run_id: int, actor: str) -> int:
        """Archive the published products that an import has not seen; return how many."""
        return archive_unseen(self._connection, run_id, actor, self._now)

    def refresh_listing(self, product_ids: Iterable[int]) -> None:
        """Derive again what listings and searches keep of products, from their rows."""
        self._listings.refresh(product_ids, self._now)

    def refresh_prices(self, now: datetime) -> int:
        """Derive the prices of listings again whose dated price has begun or ended.

        Returns how many; there may be more until it returns none.
        """
        due = self._listings.due(now)
        self._listings.refresh(due, now, words=False)
        return len(due)

    def prices_are_due(self, now: datetime) -> bool:
        """Say whether `refresh_prices` has anything to do."""
        return bool(self._listings.due(now))

    def _define(self, facets: Sequence[Facet]) -> None:
        kinds = {facet.key: facet.kind for facet in self._defined.defined()}
        other = [facet for facet in facets if kinds.get(facet.key, facet.kind) is not facet.kind]
        for facet in other:
            misfit = self._defined.misfit(facet)
            if misfit is not None:
                text = f"The facet {facet.key!r} cannot be of another kind: it has {misfit!r}."
                raise InvalidInput("facets", text)
        self._defined.define(facets)
        for facet in other:
            if facet.kind is FacetKind.RANGE:
                self._defined.give_numbers(facet.key)


def _parts(products: Iterable[ProductDocument]) -> Iterator[list[Item]]:
    """Divide products into parts that are small to hold, however many variants they have."""
    part: list[Item] = []
    variants = 0
    for index, document in enumerate(products):
        variants += len(document.variants)
        if part and (len(part) == MOST_AT_ONCE or variants > _VARIANTS_AT_ONCE):
            yield part
            part, variants = [], len(document.variants)
        part.append(Item(index, document))
    if part:
        yield part
