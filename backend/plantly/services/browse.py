"""Look at the catalog: listings with filters, and products in full."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from plantly.db import UnitOfWork
from plantly.db.tables import ProductRow, VariantRow
from plantly.domain.catalog import (
    Availability,
    CatalogQuery,
    Facet,
    Listing,
    Picture,
    PublishState,
    availability,
)
from plantly.domain.errors import InvalidInput
from plantly.domain.shop import Policy, ShopConfig
from plantly.services.items import price_of

_SHOWN_VALUES = 12


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


@dataclass(frozen=True, slots=True)
class VariantDetail:
    """A variant for sale."""

    variant_id: str
    sku: str
    name: str
    price_minor: int
    compare_at_minor: int | None
    availability: Availability
    available_quantity: int
    is_default: bool


@dataclass(frozen=True, slots=True)
class ProductDetail:
    """A product with everything that a shopper may want to know."""

    slug: str
    title: str
    brand: str
    description: str
    care: str
    category: str
    currency: str
    option: str
    facets: tuple[tuple[Facet, tuple[str, ...]], ...]
    variants: tuple[VariantDetail, ...]
    pictures: tuple[Picture, ...]
    availability: Availability
    """Of all variants together, as in a listing."""

    @property
    def default(self) -> VariantDetail:
        """Return the variant that the product's own id stands for."""
        return next((v for v in self.variants if v.is_default), self.variants[0])


def list_products(uow: UnitOfWork, query: CatalogQuery) -> Browsed:
    """Return a page of products.

    Raises:
        InvalidInput: A filter has a value that the catalog does not know; it says which it knows.
    """
    shop = uow.shop.current()
    known = {facet.key: facet.values for facet in shop.facets}
    for key, chosen in query.facets.items():
        _check_values(key, chosen, known.get(key, ()))
    if query.category:
        categories = uow.catalog.category_names()
        known_names = [name for pair in categories for name in pair]
        unknown = [name for name in query.category if name not in known_names]
        if unknown:
            _check_values("category", unknown, [name for _, name in categories])
    listing = uow.listing.find(query, shop.facets, (shop.version, shop.catalog_version))
    low = shop.config.low_stock_threshold
    states = tuple(supply.availability(low) for supply in listing.supply)
    return Browsed(listing, states, shop.config, shop.facets, (shop.version, shop.catalog_version))


def get_products(uow: UnitOfWork, slugs: Sequence[str]) -> tuple[list[ProductDetail], list[str]]:
    """Return products in the order asked for, and the ids of which nothing can be bought."""
    shop = uow.shop.current()
    rows = uow.catalog.products(slugs)
    wanted = list(dict.fromkeys(slugs))
    found = {slug: _detail(row, shop.config, shop.facets) for slug, row in rows.items()}
    details = [found[slug] for slug in wanted if slug in found and found[slug].variants]
    known = {detail.slug for detail in details}
    return details, [slug for slug in wanted if slug not in known]


def get_policies(uow: UnitOfWork, topic: str | None) -> tuple[ShopConfig, tuple[Policy, ...]]:
    """Return the shop's policies, or the one about a topic.

    Raises:
        InvalidInput: The shop has no policy about the topic; it says which topics there are.
    """
    config = uow.shop.current().config
    if topic is None:
        return config, config.policies
    found = tuple(p for p in config.policies if p.topic == topic)
    if not found:
        _check_values("topic", [topic], [p.topic for p in config.policies])
    return config, found


def _check_values(field: str, chosen: Iterable[str], known: Sequence[str]) -> None:
    for value in chosen:
        if value not in known:
            shown = ", ".join(known[:_SHOWN_VALUES])
            text = f"{field} has no value {_quoted(value)}: send one of {shown}."
            raise InvalidInput(field, text)


def _quoted(value: str, longest: int = 40) -> str:
    printable = "".join(c for c in value if c.isprintable())
    return repr(printable if len(printable) <= longest else printable[:longest] + "...")


def _detail(row: ProductRow, shop: ShopConfig, facets: Sequence[Facet]) -> ProductDetail:
    every = [_variant(v, shop) for v in row.variants if v.state is PublishState.ACTIVE]
    variants = tuple(variant for variant in every if variant is not None)
    units = sum(variant.available_quantity for variant in variants)
    return ProductDetail(
        slug=row.slug,
        title=row.title,
        brand=row.brand,
        description=row.description,
        care=row.care,
        category=row.category.name,
        currency=shop.currency,
        option=row.option_names[0] if row.option_names else "",
        facets=tuple(
            (facet, tuple(row.facet_values[facet.key]))
            for facet in facets
            if row.facet_values.get(facet.key)
        ),
        variants=variants,
        pictures=tuple(Picture(media.path, media.alt) for media in row.media),
        availability=availability(units, shop.low_stock_threshold),
    )


def _variant(row: VariantRow, shop: ShopConfig) -> VariantDetail | None:
    amount = price_of(row, shop.currency)
    if amount is None:
        return None
    left = row.stock.on_hand - row.stock.reserved
    return VariantDetail(
        variant_id=row.handle,
        sku=row.sku,
        name=row.title,
        price_minor=amount,
        compare_at_minor=next(
            (p.compare_at_minor for p in row.prices if p.currency == shop.currency), None
        ),
        availability=availability(left, shop.low_stock_threshold),
        available_quantity=left,
        is_default=row.is_default,
    )
