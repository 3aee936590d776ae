"""Which products of a batch can be written together, and which wait for an earlier one."""

from collections.abc import Iterator, Sequence

from plantly.db.repositories.catalog_writing.plan import Item, Names
from plantly.domain.catalog_document import ProductDocument

_Key = str | int


def rounds_of(items: Sequence[Item], names: Names) -> list[list[Item]]:
    """Divide products so that what one round writes is what the next one finds.

    Products that have a name in common, or one with the same product of the shop, or with others
    that have, are written one after the other; all the rest at once.
    """
    groups = _Groups()
    firsts: list[_Key] = []
    for item in items:
        keys: list[_Key] = [*_names(item.document), *names.all_owners(item.document)]
        groups.join(keys)
        firsts.append(keys[0])
    rounds: list[list[Item]] = []
    written: dict[_Key, int] = {}
    for item, first in zip(items, firsts, strict=True):
        group = groups.of(first)
        number = written.get(group, 0)
        written[group] = number + 1
        if number == len(rounds):
            rounds.append([])
        rounds[number].append(item)
    return rounds


def _names(document: ProductDocument) -> Iterator[str]:
    yield f"slug {document.slug}"
    for variant in document.variants:
        yield f"sku {variant.sku}"
        if variant.id is not None:
            yield f"id {variant.id}"


class _Groups:
    """Keys that belong together, directly or through others."""

    def __init__(self) -> None:
        self._above: dict[_Key, _Key] = {}

    def of(self, key: _Key) -> _Key:
        """Return the key that stands for the group."""
        above = self._above
        while (up := above.setdefault(key, key)) != key:
            # Shorter for whoever comes next.
            above[key] = key = above[up]
        return key

    def join(self, keys: Sequence[_Key]) -> None:
        """Let keys belong together."""
        first = self.of(keys[0])
        for key in keys[1:]:
            self._above[self.of(key)] = first
