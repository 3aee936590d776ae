"""The catalog: the one source of names, prices and stock."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from plantly.db.base import Id, Table, one_of
from plantly.domain.catalog import PublishState


class CategoryRow(Table):
    """A shelf of the shop."""

    __tablename__ = "categories"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    slug: Mapped[str] = mapped_column(String(100), unique=True)
    name: Mapped[str] = mapped_column(String(100))
    position: Mapped[int]


class FacetRow(Table):
    """A filter that the merchant defined, with its values in their order."""

    __tablename__ = "facets"

    key: Mapped[str] = mapped_column(String(64), primary_key=True)
    title: Mapped[str] = mapped_column(String(100))
    allowed_values: Mapped[list[str]]
    position: Mapped[int]


class ProductRow(Table):
    """A product; what can be bought are its variants."""

    __tablename__ = "products"
    __table_args__ = (
        Index("ix_products_listing", "state", "position", "id"),
        Index("ix_products_price", "state", "list_price_minor", "id"),
        CheckConstraint("list_price_minor >= 0", name="list_price"),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    slug: Mapped[str] = mapped_column(String(100), unique=True)
    title: Mapped[str] = mapped_column(String(200))
    brand: Mapped[str] = mapped_column(String(100))
    description: Mapped[str]
    care: Mapped[str]
    tags: Mapped[list[str]]
    category_id: Mapped[int] = mapped_column(ForeignKey("categories.id"), index=True)
    option_name: Mapped[str] = mapped_column(String(64))
    state: Mapped[PublishState] = mapped_column(one_of(PublishState, "state"))
    position: Mapped[int]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]

    # Derived from the rows below by `CatalogWriter`, so that a listing reads one row a product and
    # sorts by an index. The variant's own price decides in carts and checkouts.
    search_text: Mapped[str]
    sort_title: Mapped[str] = mapped_column(
        String(200).with_variant(String(200, collation="C"), "postgresql")
    )
    list_price_minor: Mapped[int] = mapped_column(Id)
    price_from: Mapped[bool]
    facet_values: Mapped[dict[str, Any]]
    picture_path: Mapped[str | None] = mapped_column(String(300))
    picture_alt: Mapped[str | None] = mapped_column(String(300))

    category: Mapped[CategoryRow] = relationship(lazy="raise")
    variants: Mapped[list["VariantRow"]] = relationship(
        lazy="raise", back_populates="product", order_by="VariantRow.position"
    )
    media: Mapped[list["MediaRow"]] = relationship(lazy="raise", order_by="MediaRow.position")


class ProductFacetRow(Table):
    """One value of one facet of a product."""

    __tablename__ = "product_facets"
    __table_args__ = (Index("ix_product_facets_value", "facet_key", "value", "product_id"),)

    product_id: Mapped[int] = mapped_column(
        ForeignKey("products.id", ondelete="CASCADE"), primary_key=True
    )
    facet_key: Mapped[str] = mapped_column(ForeignKey("facets.key"), primary_key=True)
    value: Mapped[str] = mapped_column(String(100), primary_key=True)


class MediaRow(Table):
    """A picture of a product, below the shop's media address."""

    __tablename__ = "media"
    __table_args__ = (UniqueConstraint("product_id", "position"),)

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    product_id: Mapped[int] = mapped_column(ForeignKey("products.id", ondelete="CASCADE"))
    position: Mapped[int]
    path: Mapped[str] = mapped_column(String(300))
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
    title: Mapped[str] = mapped_column(String(120))
    option_value: Mapped[str] = mapped_column(String(64))
    is_default: Mapped[bool]
    position: Mapped[int]
    weight_g: Mapped[int]
    state: Mapped[PublishState] = mapped_column(one_of(PublishState, "state"))

    product: Mapped[ProductRow] = relationship(lazy="raise", back_populates="variants")
    prices: Mapped[list["PriceRow"]] = relationship(lazy="raise")
    stock: Mapped["StockRow"] = relationship(lazy="raise")


class PriceRow(Table):
    """The price of a variant in one currency: set by the merchant, never converted."""

    __tablename__ = "prices"
    __table_args__ = (
        CheckConstraint("amount_minor >= 0", name="amount"),
        CheckConstraint("compare_at_minor > amount_minor", name="compare_at"),
    )

    variant_id: Mapped[int] = mapped_column(
        ForeignKey("variants.id", ondelete="CASCADE"), primary_key=True
    )
    currency: Mapped[str] = mapped_column(String(3), primary_key=True)
    amount_minor: Mapped[int] = mapped_column(Id)
    compare_at_minor: Mapped[int | None] = mapped_column(Id)


class StockRow(Table):
    """Units of a variant. Only one conditional UPDATE at a time changes them."""

    __tablename__ = "stock"
    __table_args__ = (
        CheckConstraint("on_hand >= 0", name="on_hand"),
        CheckConstraint("reserved >= 0", name="reserved"),
        CheckConstraint("reserved <= on_hand", name="not_oversold"),
    )

    variant_id: Mapped[int] = mapped_column(
        ForeignKey("variants.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    on_hand: Mapped[int]
    reserved: Mapped[int]
