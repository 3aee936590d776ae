"""Rules that are about certain products, and whether a product is one of them."""

from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Protocol


class Sold(Protocol):
    """What a rule can ask of a product."""

    @property
    def product_slug(self) -> str:
        """Return the handle of the product."""
        ...

    @property
    def category(self) -> str:
        """Return the handle of its category."""
        ...

    @property
    def tags(self) -> AbstractSet[str]:
        """Return its tags."""
        ...


@dataclass(frozen=True, slots=True)
class Targets:
    """The products that a rule is about: those that any of the three lists names, in any case."""

    products: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        """Say whether the rule is about certain products, not about all of them."""
        return bool(self.products or self.categories or self.tags)

    def hold(self, sold: Sold) -> bool:
        """Say whether the rule is about a product; one without targets is about every product."""
        return not self or (
            _named(self.products, {sold.product_slug})
            or _named(self.categories, {sold.category})
            or _named(self.tags, sold.tags)
        )


EVERYTHING = Targets()
"""The targets of a rule that is about every product."""


def _named(names: tuple[str, ...], among: AbstractSet[str]) -> bool:
    return bool(names) and not {n.casefold() for n in names}.isdisjoint(n.casefold() for n in among)
