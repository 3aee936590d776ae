"""The products of a catalog in portions, each as much as one transaction should write."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import BinaryIO

from plantly.domain.catalog_document import CatalogHead
from plantly.domain.groundwork import Groundwork
from plantly.services.formats.reading import Item, Problem, ReadContext, ReadProduct, read_products
from plantly.services.formats.unpacking import unpacked

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
    position: int = 0
    """How many bytes of the packed file have been read."""
    ended: bool = False
    groundwork: Groundwork | None = None
    """What was worked out of the products, where somebody had the time."""

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


@dataclass(frozen=True, slots=True)
class HowToRead:
    """What is to be known to read a file: its format, the shop, and the size of portions."""

    format: str
    context: ReadContext
    most: int
    is_new: bool = False
    """Nothing is in the shop yet: a process that reads for another one lays the groundwork."""


def portions_of(file: BinaryIO, how: HowToRead) -> Iterator[Portion]:
    """Read a file from its beginning. The last portion, and no other one, has `ended`.

    Raises:
        InvalidInput: The file cannot be read any further.
    """
    items = read_products(unpacked(file), how.format, how.context)
    ended = False
    while not ended:
        portion = _next_portion(items, how.most)
        portion.position = file.tell()
        ended = portion.ended
        yield portion


def _next_portion(items: Iterator[Item], most: int) -> Portion:
    portion = Portion(most)
    for item in items:
        portion.take(item)
        if portion.is_full():
            return portion
    portion.ended = True
    return portion
