"""The one writer of the catalog: many products at once, by slug and SKU."""

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from operator import attrgetter

from sqlalchemy import Connection

from plantly.db.repositories.catalog_writing.bulk import bulk_of
from plantly.db.repositories.catalog_writing.categories import Categories
from plantly.db.repositories.catalog_writing.plan import Item
from plantly.db.repositories.catalog_writing.rounds import Rounds, rounds_of
from plantly.db.repositories.facets import FacetRepository
from plantly.domain.catalog_document import CatalogHead, ProductDocument
from plantly.domain.catalog_writing import BatchResult, WriteRules

_AT_ONCE = 500
_VARIANTS_AT_ONCE = 2500


class CatalogWriter:
    """Writes the catalog; writing the same again changes nothing."""

    def __init__(self, connection: Connection, now: datetime, facets: FacetRepository) -> None:
        self._connection = connection
        self._now = now
        self._defined = facets
        self._bulk = bulk_of(connection)
        self._categories = Categories(connection, self._bulk)

    def write_head(self, head: CatalogHead) -> None:
        """Insert or update facets and categories; both stand first, in their order."""
        self._defined.define(head.facets)
        self._categories.write(head.categories)

    def write_products(
        self, products: Sequence[ProductDocument], first_position: int, rules: WriteRules
    ) -> BatchResult:
        """Insert or update products with everything that belongs to them.

        A product is found by its slug, else by the SKU of any of its variants. What is wrong with
        one keeps nothing but itself from being written.
        """
        rounds = Rounds(self._connection, self._categories, rules, self._now)
        result = BatchResult()
        for part in _parts(products):
            waiting = deque(rounds_of(part))
            while waiting:
                written, later = rounds.write(waiting.popleft(), first_position)
                result = result.plus(written)
                if later:
                    waiting.appendleft(later)
        problems = sorted(result.problems, key=attrgetter("index"))
        return BatchResult(
            result.created, result.updated, result.unchanged, tuple(problems), result.moved
        )


def _parts(products: Iterable[ProductDocument]) -> Iterator[list[Item]]:
    """Divide products into parts that are small to hold, however many variants they have."""
    part: list[Item] = []
    variants = 0
    for index, document in enumerate(products):
        variants += len(document.variants)
        if part and (len(part) == _AT_ONCE or variants > _VARIANTS_AT_ONCE):
            yield part
            part, variants = [], len(document.variants)
        part.append(Item(index, document))
    if part:
        yield part
