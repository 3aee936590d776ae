"""Options, dated prices, stock beyond the units at hand, kinds of facets, and a history."""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
DOCUMENT = sa.JSON().with_variant(JSONB(), "postgresql")
MOMENT = sa.DateTime(timezone=True)
ACTIVE = sa.text("state = 'active'")
LISTINGS = {
    "listing": ["position", "id"],
    "price": ["list_price_minor", "id"],
    "title": ["sort_title", "id"],
    "sold": ["units_sold", "id"],
    "category_listing": ["category_id", "position", "id"],
    "category_price": ["category_id", "list_price_minor", "id"],
}


def upgrade() -> None:
    """Apply the change."""
    widen_facets()
    widen_products()
    widen_variants()
    widen_stock()
    op.create_table(
        "catalog_changes",
        sa.Column("id", ID, nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("actor", sa.String(length=100), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("slug", sa.String(length=100), nullable=False),
        sa.Column("sku", sa.String(length=64), nullable=True),
        sa.Column("before", DOCUMENT, nullable=False),
        sa.Column("after", DOCUMENT, nullable=False),
        sa.CheckConstraint(
            "kind IN ('price', 'stock', 'state')", name=op.f("ck_catalog_changes_kind")
        ),
        sa.PrimaryKeyConstraint("id", name="pk_catalog_changes"),
    )
    op.create_index("ix_catalog_changes_slug", "catalog_changes", ["slug", "id"])
    op.create_index("ix_catalog_changes_sku", "catalog_changes", ["sku", "id"])


def widen_facets() -> None:
    """Give facets a kind and a unit, and numbers to the values of ranges."""
    with op.batch_alter_table("categories") as table:
        table.alter_column("name", type_=sa.String(200), existing_nullable=False)
    with op.batch_alter_table("facets") as table:
        table.add_column(sa.Column("kind", sa.String(32), nullable=False, server_default="enum"))
        table.add_column(sa.Column("unit", sa.String(32), nullable=False, server_default=""))
        table.create_check_constraint(op.f("ck_facets_kind"), "kind IN ('enum', 'bool', 'range')")
    with op.batch_alter_table("facets") as table:
        table.alter_column("kind", server_default=None)
        table.alter_column("unit", server_default=None)
    op.add_column("product_facets", sa.Column("number", ID, nullable=True))
    op.create_index(
        "ix_product_facets_number",
        "product_facets",
        ["facet_key", "number", "product_id"],
        sqlite_where=sa.text("number IS NOT NULL"),
        postgresql_where=sa.text("number IS NOT NULL"),
    )
    with op.batch_alter_table("media") as table:
        table.alter_column("path", type_=sa.String(2000), existing_nullable=False)


def widen_products() -> None:
    """Give products up to three options, and an index for each order of a listing."""
    op.drop_index("ix_products_listing", "products")
    op.drop_index("ix_products_price", "products")
    for name, kind, default in (
        ("option_names", DOCUMENT, "[]"),
        ("undeliverable", DOCUMENT, "[]"),
        ("units_sold", sa.Integer(), "0"),
    ):
        op.add_column("products", sa.Column(name, kind, nullable=False, server_default=default))
    op.add_column("products", sa.Column("seen_in", ID, nullable=True))
    op.add_column("products", sa.Column("price_turns_at", MOMENT, nullable=True))
    array = "json_array" if op.get_bind().dialect.name == "sqlite" else "jsonb_build_array"
    op.execute(f"UPDATE products SET option_names = {array}(option_name)")  # noqa: S608 - no input
    with op.batch_alter_table("products") as table:
        table.drop_column("option_name")
        table.alter_column("title", type_=sa.String(300), existing_nullable=False)
        table.alter_column("picture_path", type_=sa.String(2000), existing_nullable=True)
        for name in ("option_names", "undeliverable", "units_sold"):
            table.alter_column(name, server_default=None)
    for name, columns in LISTINGS.items():
        op.create_index(
            f"ix_products_{name}",
            "products",
            columns,
            sqlite_where=ACTIVE,
            postgresql_where=ACTIVE,
        )
    op.create_index(
        "ix_products_price_turns",
        "products",
        ["price_turns_at"],
        sqlite_where=sa.text("price_turns_at IS NOT NULL"),
        postgresql_where=sa.text("price_turns_at IS NOT NULL"),
    )


def widen_variants() -> None:
    """Give variants a value for each option and a GTIN, and prices dates."""
    op.add_column(
        "variants", sa.Column("option_values", DOCUMENT, nullable=False, server_default="[]")
    )
    op.add_column("variants", sa.Column("gtin", sa.String(14), nullable=False, server_default=""))
    array = "json_array" if op.get_bind().dialect.name == "sqlite" else "jsonb_build_array"
    op.execute(f"UPDATE variants SET option_values = {array}(option_value)")  # noqa: S608 - no input
    with op.batch_alter_table("variants") as table:
        table.drop_column("option_value")
        table.alter_column("title", type_=sa.String(300), existing_nullable=False)
        table.alter_column("option_values", server_default=None)
        table.alter_column("gtin", server_default=None)
    with op.batch_alter_table("prices") as table:
        table.add_column(sa.Column("starts_at", MOMENT, nullable=True))
        table.add_column(sa.Column("ends_at", MOMENT, nullable=True))
        table.create_check_constraint(
            op.f("ck_prices_dates"),
            "compare_at_minor IS NOT NULL OR (starts_at IS NULL AND ends_at IS NULL)",
        )
        table.create_check_constraint(op.f("ck_prices_dates_in_order"), "starts_at < ends_at")


def widen_stock() -> None:
    """Let stock be sold beyond the units at hand."""
    with op.batch_alter_table("stock") as table:
        table.drop_constraint(op.f("ck_stock_on_hand"), type_="check")
        table.drop_constraint(op.f("ck_stock_not_oversold"), type_="check")
        table.add_column(sa.Column("policy", sa.String(32), nullable=False, server_default="deny"))
        table.add_column(
            sa.Column("backorder_limit", sa.Integer(), nullable=False, server_default="0")
        )
        table.add_column(sa.Column("available_at", MOMENT, nullable=True))
    with op.batch_alter_table("stock") as table:
        table.alter_column("policy", server_default=None)
        table.alter_column("backorder_limit", server_default=None)
        table.create_check_constraint(
            op.f("ck_stock_policy"), "policy IN ('deny', 'backorder', 'preorder', 'untracked')"
        )
        table.create_check_constraint(op.f("ck_stock_backorder_limit"), "backorder_limit >= 0")
        table.create_check_constraint(
            op.f("ck_stock_not_oversold"), "reserved <= on_hand + backorder_limit"
        )


def downgrade() -> None:
    """Undo the change. What only the new shape can say is lost."""
    op.drop_table("catalog_changes")
    op.execute("UPDATE stock SET on_hand = 0 WHERE on_hand < 0")
    op.execute("UPDATE stock SET reserved = on_hand WHERE reserved > on_hand")
    with op.batch_alter_table("stock") as table:
        for name in ("policy", "backorder_limit", "not_oversold"):
            table.drop_constraint(op.f(f"ck_stock_{name}"), type_="check")
        for name in ("policy", "backorder_limit", "available_at"):
            table.drop_column(name)
        table.create_check_constraint(op.f("ck_stock_on_hand"), "on_hand >= 0")
        table.create_check_constraint(op.f("ck_stock_not_oversold"), "reserved <= on_hand")
    with op.batch_alter_table("prices") as table:
        table.drop_constraint(op.f("ck_prices_dates"), type_="check")
        table.drop_constraint(op.f("ck_prices_dates_in_order"), type_="check")
        table.drop_column("starts_at")
        table.drop_column("ends_at")
    first = (
        "coalesce(json_extract({0}, '$[0]'), '')"
        if op.get_bind().dialect.name == "sqlite"
        else "coalesce({0} ->> 0, '')"
    )
    op.add_column(
        "variants", sa.Column("option_value", sa.String(64), nullable=False, server_default="")
    )
    value = first.format("option_values")
    op.execute(f"UPDATE variants SET option_value = substr({value}, 1, 64)")  # noqa: S608 - no input
    with op.batch_alter_table("variants") as table:
        table.alter_column("option_value", server_default=None)
        table.drop_column("option_values")
        table.drop_column("gtin")
    narrow_products(first.format("option_names"))


def narrow_products(first_option: str) -> None:
    """Take products and facets back to their old shape."""
    for name in (*LISTINGS, "price_turns"):
        op.drop_index(f"ix_products_{name}", "products")
    op.add_column(
        "products", sa.Column("option_name", sa.String(64), nullable=False, server_default="")
    )
    op.execute(f"UPDATE products SET option_name = substr({first_option}, 1, 64)")  # noqa: S608 - no input
    with op.batch_alter_table("products") as table:
        table.alter_column("option_name", server_default=None)
        for name in ("option_names", "undeliverable", "units_sold", "seen_in", "price_turns_at"):
            table.drop_column(name)
    op.create_index("ix_products_listing", "products", ["state", "position", "id"])
    op.create_index("ix_products_price", "products", ["state", "list_price_minor", "id"])
    op.drop_index("ix_product_facets_number", "product_facets")
    with op.batch_alter_table("product_facets") as table:
        table.drop_column("number")
    with op.batch_alter_table("facets") as table:
        table.drop_constraint(op.f("ck_facets_kind"), type_="check")
        table.drop_column("kind")
        table.drop_column("unit")
