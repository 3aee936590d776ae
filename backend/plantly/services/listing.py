"""List products: a page of what matches a query, and help when nothing does."""

from dataclasses import dataclass, replace

from plantly.db import UnitOfWork
from plantly.domain.catalog import Availability, CatalogQuery, Facet, Listing, Sort
from plantly.domain.cursors import read_cursor, sign_cursor
from plantly.domain.shop import ShopConfig
from plantly.services.facets import check_chosen, check_values
from plantly.services.search_help import SearchHelp, help_for


@dataclass(frozen=True, slots=True)
class Browsed:
    """A listing, and the shop that it is of."""

    listing: Listing
    availability: tuple[Availability, ...]
    """The availability of each product of the page, at this moment."""
    shop: ShopConfig
    facets: tuple[Facet, ...]
    edition: tuple[str, str]
    """Stands for shop and catalog: while it is the same, everything but availability is."""
    next_cursor: str | None = None
    """Where the next page begins, for `list_products`. A page without products may have one."""
    help: SearchHelp | None = None
    """What to try instead, when nothing matches."""


def list_products(uow: UnitOfWork, query: CatalogQuery, cursor: str = "") -> Browsed:
    """Return a page of products: the first, or the one that a cursor leads to.

    Raises:
        InvalidInput: A filter has a value that the catalog does not know; it says which it knows.
            Or the cursor is not one of this shop in this order.
    """
    shop = uow.shop.current()
    edition = (shop.version, shop.catalog_version)
    if query.search is not None and not query.search.strip():
        query = replace(query, search=None)
    if query.facets:
        for key in query.facets.keys() - {facet.key for facet in shop.facets}:
            check_values(key, query.facets[key], ())
        check_chosen(uow, shop.facets, query.facets)
    if query.category:
        known = uow.listing.shelf_names(edition)
        unknown = [name for name in query.category if name not in known]
        if unknown:
            names = [shelf.name for shelf in uow.listing.shelves(edition)]
            check_values("category", unknown, names)
    sort, synonyms = _sort(query), shop.config.synonyms
    if cursor:
        query = replace(query, after=read_cursor(cursor, sort, shop.cursor_secret))
    listing = uow.listing.find(query, shop.facets, edition, synonyms)
    after, low = listing.next_after, shop.config.low_stock_threshold
    nothing = not listing.cards and after is None and query.after is None

    def count(other: CatalogQuery) -> tuple[int, bool]:
        return uow.listing.count(other, shop.facets, edition, synonyms)

    return Browsed(
        listing=listing,
        availability=tuple([supply.availability(low) for supply in listing.supply]),
        shop=shop.config,
        facets=shop.facets,
        edition=edition,
        next_cursor=sign_cursor(after, sort, shop.cursor_secret) if after else None,
        help=help_for(uow, query, count) if nothing else None,
    )


def _sort(query: CatalogQuery) -> Sort:
    """Return the order that a cursor belongs to: without words there is no relevance."""
    no_words = query.search is None and query.sort is Sort.RELEVANCE
    return Sort.FEATURED if no_words else query.sort
