"""Read a catalog in portions, each as much as one transaction should write."""

import asyncio
from collections.abc import AsyncGenerator, Iterator
from dataclasses import dataclass, field

import anyio.to_thread

from plantly.domain.catalog_document import CatalogHead
from plantly.services.formats.reading import Item, Problem, ReadProduct

_VARIANTS_EACH = 3
"""For so many of each product, a portion has room."""
_MAX_PROBLEMS = 1000


@dataclass(slots=True)
class Portion:
    """What a piece of the file holds: `most` products, or less."""

    most: int
    head: CatalogHead | None = None
    products: list[ReadProduct] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    variants: int = 0
    ended: bool = False

    def take(self, item: Item) -> None:
        """Take one more."""
        if isinstance(item, Problem):
            self.problems.append(item)
        elif isinstance(item, CatalogHead):
            self.head = item
        else:
            self.products.append(item)
            self.problems += item.notes
            self.variants += len(item.product.variants)

    def is_full(self) -> bool:
        """Say whether that is enough for one transaction."""
        return (
            len(self.products) >= self.most
            or self.variants >= self.most * _VARIANTS_EACH
            or len(self.problems) >= _MAX_PROBLEMS
        )


async def read_ahead(items: Iterator[Item], most: int) -> AsyncGenerator[Portion]:
    """Read off the loop, a portion ahead of whoever writes: both wait for others half the time."""
    coming = _reading(items, most)
    try:
        ended = False
        while not ended:
            portion = await coming
            ended = portion.ended
            if not ended:
                coming = _reading(items, most)
            yield portion
    finally:
        # The thread cannot be broken off; nobody else reads the file before it is done.
        await asyncio.gather(coming, return_exceptions=True)


def _reading(items: Iterator[Item], most: int) -> asyncio.Future[Portion]:
    return asyncio.ensure_future(anyio.to_thread.run_sync(next_portion, items, most))


def next_portion(items: Iterator[Item], most: int) -> Portion:
    """Read on until there is enough for one transaction."""
    portion = Portion(most)
    for item in items:
        portion.take(item)
        if portion.is_full():
            return portion
    portion.ended = True
    return portion
