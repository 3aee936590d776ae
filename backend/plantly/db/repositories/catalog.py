"""Products and variants, read with all that a caller needs of them."""

from collections.abc import Iterable, Mapping, Sequence

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session, contains_eager, joinedload, selectinload

from plantly.db.tables import CategoryRow, FacetRow, ProductRow, VariantRow
from plantly.domain.catalog import Facet, PublishState

_WHOLE = (
    joinedload(ProductRow.category),
    selectinload(ProductRow.media),
    selectinload(ProductRow.variants).options(
        selectinload(VariantRow.prices), joinedload(VariantRow.stock)
    ),
)


class CatalogRepository:
    """Reads the published catalog."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def products(self, slugs: Iterable[str]) -> dict[str, ProductRow]:
        """Return published products by slug, with category, media, variants, prices and stock."""
        rows = self._session.scalars(
            select(ProductRow)
            .where(ProductRow.slug.in_(list(slugs)), ProductRow.state == PublishState.ACTIVE)
            .options(*_WHOLE)
        )
        return {row.slug: row for row in rows}

    def variants(self, handles: Iterable[str]) -> dict[str, VariantRow]:
        """Return sellable variants by handle, with product, price and stock."""
        rows = self._session.scalars(_sellable().where(VariantRow.handle.in_(list(handles))))
        return {row.handle: row for row in rows}

    def default_variants(self, slugs: Iterable[str]) -> dict[str, VariantRow]:
        """Return the default variant of each product, by the product's slug."""
        rows = self._session.scalars(
            _sellable().where(ProductRow.slug.in_(list(slugs)), VariantRow.is_default)
        )
        return {row.product.slug: row for row in rows}

    def variants_by_id(self, ids: Iterable[int]) -> Mapping[int, VariantRow]:
        """Return variants by row id, published or not."""
        rows = self._session.scalars(_with_parts().where(VariantRow.id.in_(list(ids))))
        return {row.id: row for row in rows}

    def facets(self) -> tuple[Facet, ...]:
        """Return the facets of the catalog as they are now, with the values that products have."""
        rows = self._session.scalars(select(FacetRow).order_by(FacetRow.position))
        return tuple(Facet(row.key, row.title, tuple(row.allowed_values)) for row in rows)

    def category_names(self) -> Sequence[tuple[str, str]]:
        """Return slug and name of every category, in the order of the shelves."""
        rows = self._session.execute(
            select(CategoryRow.slug, CategoryRow.name).order_by(CategoryRow.position)
        )
        return [(slug, name) for slug, name in rows]

    def count(self) -> int:
        """Return the number of products, whatever their state."""
        return self._session.scalars(select(func.count()).select_from(ProductRow)).one()


def _with_parts() -> Select[VariantRow]:
    return (
        select(VariantRow)
        .join(VariantRow.product)
        .options(
            contains_eager(VariantRow.product),
            selectinload(VariantRow.prices),
            joinedload(VariantRow.stock),
        )
    )


def _sellable() -> Select[VariantRow]:
    return _with_parts().where(
        VariantRow.state == PublishState.ACTIVE, ProductRow.state == PublishState.ACTIVE
    )
