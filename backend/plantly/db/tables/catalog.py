"""The catalog: the one source of names, prices and stock."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from plantly.db.base import Id, Table, one_of
from plantly.domain.catalog import ChangeKind, FacetKind, PublishState, StockPolicy


def _listing_index(name: str, *columns: str) -> Index:
    return Index(
        f"ix_products_{name}",
        *columns,
        sqlite_where=text("state = 'active'"),
        postgresql_where=text("state = 'active'"),
    )


class CategoryRow(Table):
    """A shelf of the shop."""

    __tablename__ = "categories"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    slug: Mapped[str] = mapped_column(String(100), unique=True)
    name: Mapped[str] = mapped_column(String(200))
    position: Mapped[int]


class FacetRow(Table):
    """A filter that the merchant defined, with its values in their order."""

    __tablename__ = "facets"

    key: Mapped[str] = mapped_column(String(64), primary_key=True)
    title: Mapped[str] = mapped_column(String(100))
    kind: Mapped[FacetKind] = mapped_column(one_of(FacetKind, "kind"))
    unit: Mapped[str] = mapped_column(String(32))
    allowed_values: Mapped[list[str]]
    """Of an enumeration that the merchant closed; an empty list takes any value."""
    position: Mapped[int]


class ProductRow(Table):
    """A product; what can be bought are its variants."""

    __tablename__ = "products"
    __table_args__ = (
        # One for each order that a listing can have, over what shoppers see.
        _listing_index("listing", "position", "id"),
        _listing_index("price", "list_price_minor", "id"),
        _listing_index("title", "sort_title", "id"),
        _listing_index("sold", "units_sold", "id"),
        _listing_index("category_listing", "category_id", "position", "id"),
        _listing_index("category_price", "category_id", "list_price_minor", "id"),
        Index(
            "ix_products_price_turns",
            "price_turns_at",
            sqlite_where=text("price_turns_at IS NOT NULL"),
            postgresql_where=text("price_turns_at IS NOT NULL"),
        ),
        CheckConstraint("list_price_minor >= 0", name="list_price"),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    slug: Mapped[str] = mapped_column(String(100), unique=True)
    title: Mapped[str] = mapped_column(String(300))
    brand: Mapped[str] = mapped_column(String(100))
    description: Mapped[str]
    care: Mapped[str]
    tags: Mapped[list[str]]
    category_id: Mapped[int] = mapped_column(ForeignKey("categories.id"), index=True)
    option_names: Mapped[list[str]]
    """Up to three, in the merchant's words: `Size`, `Color`."""
    undeliverable: Mapped[list[str]]
    """Countries (ISO 3166 alpha-2) that it cannot be sent to."""
    state: Mapped[PublishState] = mapped_column(one_of(PublishState, "state"))
    position: Mapped[int]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    units_sold: Mapped[int]
    """Counted when an order is placed, for the order `best_selling`."""
    seen_in: Mapped[int | None] = mapped_column(Id)
    """The import that had this product last; `--prune` archives what the latest had not."""

    # Derived from the rows below by `CatalogWriter`, so that a listing reads one row a product and
    # sorts by an index. The variant's own price decides in carts and checkouts.
    sort_title: Mapped[str] = mapped_column(
        String(200).with_variant(String(200, collation="C"), "postgresql")
    )
    list_price_minor: Mapped[int] = mapped_column(Id)
    price_from: Mapped[bool]
    price_turns_at: Mapped[datetime | None]
    """When a dated price begins or ends next, and the two columns above must be derived again."""
    facet_values: Mapped[dict[str, Any]]
    picture_path: Mapped[str | None] = mapped_column(String(2000))
    picture_alt: Mapped[str | None] = mapped_column(String(300))

    category: Mapped[CategoryRow] = relationship(lazy="raise")
    variants: Mapped[list["VariantRow"]] = relationship(
        lazy="raise", back_populates="product", order_by="VariantRow.position"
    )
    media: Mapped[list["MediaRow"]] = relationship(lazy="raise", order_by="MediaRow.position")


class ProductFacetRow(Table):
    """One value of one facet of a product; of a range also as a number, in thousandths."""

    __tablename__ = "product_facets"
    __table_args__ = (
        Index("ix_product_facets_value", "facet_key", "value", "product_id"),
        Index(
            "ix_product_facets_number",
            "facet_key",
            "number",
            "product_id",
            sqlite_where=text("number IS NOT NULL"),
            postgresql_where=text("number IS NOT NULL"),
        ),
    )

    product_id: Mapped[int] = mapped_column(
        ForeignKey("products.id", ondelete="CASCADE"), primary_key=True
    )
    facet_key: Mapped[str] = mapped_column(ForeignKey("facets.key"), primary_key=True)
    value: Mapped[str] = mapped_column(String(100), primary_key=True)
    number: Mapped[int | None] = mapped_column(Id)


class MediaRow(Table):
    """A picture of a product: a file below the shop's media address, or an http(s) address."""

    __tablename__ = "media"
    __table_args__ = (UniqueConstraint("product_id", "position"),)

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    product_id: Mapped[int] = mapped_column(ForeignKey("products.id", ondelete="CASCADE"))
    position: Mapped[int]
    path: Mapped[str] = mapped_column(String(2000))
    alt: Mapped[str] = mapped_column(String(300))
    width: Mapped[int]
    height: Mapped[int]


class VariantRow(Table):
    """What is sold: one option of a product, such as a pot size."""

    __tablename__ = "variants"
    __table_args__ = (
        Index(
            "uq_variants_default",
            "product_id",
            unique=True,
            sqlite_where=text("is_default"),
            postgresql_where=text("is_default"),
        ),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    product_id: Mapped[int] = mapped_column(ForeignKey("products.id"), index=True)
    handle: Mapped[str] = mapped_column(String(120), unique=True)
    sku: Mapped[str] = mapped_column(String(64), unique=True)
    title: Mapped[str] = mapped_column(String(300))
    option_values: Mapped[list[str]]
    """One for each option name of the product, in their order."""
    gtin: Mapped[str] = mapped_column(String(14))
    is_default: Mapped[bool]
    position: Mapped[int]
    weight_g: Mapped[int]
    state: Mapped[PublishState] = mapped_column(one_of(PublishState, "state"))

    product: Mapped[ProductRow] = relationship(lazy="raise", back_populates="variants")
    prices: Mapped[list["PriceRow"]] = relationship(lazy="raise")
    stock: Mapped["StockRow"] = relationship(lazy="raise")


class PriceRow(Table):
    """The price of a variant in one currency: set by the merchant, never converted.

    With dates, `amount_minor` holds from `starts_at` until before `ends_at`; before and after it is
    `compare_at_minor`.
    """

    __tablename__ = "prices"
    __table_args__ = (
        CheckConstraint("amount_minor >= 0", name="amount"),
        CheckConstraint("compare_at_minor > amount_minor", name="compare_at"),
        CheckConstraint(
            "compare_at_minor IS NOT NULL OR (starts_at IS NULL AND ends_at IS NULL)", name="dates"
        ),
        CheckConstraint("starts_at < ends_at", name="dates_in_order"),
    )

    variant_id: Mapped[int] = mapped_column(
        ForeignKey("variants.id", ondelete="CASCADE"), primary_key=True
    )
    currency: Mapped[str] = mapped_column(String(3), primary_key=True)
    amount_minor: Mapped[int] = mapped_column(Id)
    compare_at_minor: Mapped[int | None] = mapped_column(Id)
    starts_at: Mapped[datetime | None]
    ends_at: Mapped[datetime | None]


class StockRow(Table):
    """Units of a variant. Only one conditional UPDATE at a time changes them.

    `on_hand` falls below zero by what is owed to those who bought ahead of the goods.
    """

    __tablename__ = "stock"
    __table_args__ = (
        CheckConstraint("reserved >= 0", name="reserved"),
        CheckConstraint("backorder_limit >= 0", name="backorder_limit"),
        CheckConstraint("reserved <= on_hand + backorder_limit", name="not_oversold"),
    )

    variant_id: Mapped[int] = mapped_column(
        ForeignKey("variants.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    on_hand: Mapped[int]
    reserved: Mapped[int]
    policy: Mapped[StockPolicy] = mapped_column(one_of(StockPolicy, "policy"))
    backorder_limit: Mapped[int]
    """How many are sold beyond those at hand."""
    available_at: Mapped[datetime | None]
    """When pre- or backordered units are expected."""


class CatalogChangeRow(Table):
    """One change of a price, a stock or a publish state: who, when, before and after.

    It names product and variant by what people call them, and stays when they are gone.
    """

    __tablename__ = "catalog_changes"
    __table_args__ = (
        Index("ix_catalog_changes_slug", "slug", "id"),
        Index("ix_catalog_changes_sku", "sku", "id"),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    at: Mapped[datetime]
    actor: Mapped[str] = mapped_column(String(100))
    kind: Mapped[ChangeKind] = mapped_column(one_of(ChangeKind, "kind"))
    slug: Mapped[str] = mapped_column(String(100))
    sku: Mapped[str | None] = mapped_column(String(64))
    before: Mapped[dict[str, Any]]
    after: Mapped[dict[str, Any]]
