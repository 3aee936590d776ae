"""The tables of the shop. Long because it is one list of columns."""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB

from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
DOCUMENT = sa.JSON().with_variant(JSONB(), "postgresql")
MOMENT = sa.DateTime(timezone=True)
SORTED = sa.String(200).with_variant(sa.String(200, collation="C"), "postgresql")


def upgrade() -> None:
    """Apply the change."""
    op.create_table(
        "carts",
        sa.Column("id", ID, nullable=False),
        sa.Column("public_id", sa.String(length=64), nullable=False),
        sa.Column("hint_hash", sa.String(length=64), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("discount_codes", DOCUMENT, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("updated_at", MOMENT, nullable=False),
        sa.Column("closed_at", MOMENT, nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_carts"),
        sa.UniqueConstraint("public_id", name="uq_carts_public_id"),
    )
    op.create_index(
        "uq_carts_open_hint",
        "carts",
        ["hint_hash"],
        unique=True,
        sqlite_where=sa.text("closed_at IS NULL"),
        postgresql_where=sa.text("closed_at IS NULL"),
    )

    op.create_table(
        "categories",
        sa.Column("id", ID, nullable=False),
        sa.Column("slug", sa.String(length=100), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_categories"),
        sa.UniqueConstraint("slug", name="uq_categories_slug"),
    )
    op.create_table(
        "facets",
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("title", sa.String(length=100), nullable=False),
        sa.Column("allowed_values", DOCUMENT, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("key", name="pk_facets"),
    )
    op.create_table(
        "idempotency_records",
        sa.Column("scope", sa.String(length=32), nullable=False),
        sa.Column("key", sa.String(length=128), nullable=False),
        sa.Column("request_hash", sa.String(length=64), nullable=False),
        sa.Column("response", DOCUMENT, nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("scope", "key", name="pk_idempotency_records"),
    )
    op.create_index(
        "ix_idempotency_records_expires_at", "idempotency_records", ["expires_at"], unique=False
    )

    op.create_table(
        "install_secrets",
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("value", sa.String(length=200), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_install_secrets"),
    )
    op.create_table(
        "leases",
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("owner", sa.String(length=64), nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_leases"),
    )
    op.create_table(
        "outbox",
        sa.Column("id", ID, nullable=False),
        sa.Column("topic", sa.String(length=64), nullable=False),
        sa.Column("dedupe_key", sa.String(length=128), nullable=False),
        sa.Column("payload", DOCUMENT, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("available_at", MOMENT, nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("done_at", MOMENT, nullable=True),
        sa.Column("dead_at", MOMENT, nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_outbox"),
        sa.UniqueConstraint("dedupe_key", name="uq_outbox_dedupe_key"),
    )
    op.create_index("ix_outbox_due", "outbox", ["done_at", "available_at"], unique=False)

    op.create_table(
        "sandbox_payments",
        sa.Column("id", ID, nullable=False),
        sa.Column("public_id", sa.String(length=64), nullable=False),
        sa.Column("page_token", sa.String(length=64), nullable=False),
        sa.Column("idempotency_key", sa.String(length=64), nullable=False),
        sa.Column("request_hash", sa.String(length=64), nullable=False),
        sa.Column("reference", sa.String(length=64), nullable=False),
        sa.Column("amount_minor", ID, nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("status", sa.String(length=32), nullable=False),
        sa.Column("captured_minor", ID, nullable=False),
        sa.Column("refunds", DOCUMENT, nullable=False),
        sa.Column("description", sa.String(length=200), nullable=False),
        sa.Column("return_url", sa.String(length=2000), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("capture_at", MOMENT, nullable=True),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_sandbox_payments"),
        sa.UniqueConstraint("idempotency_key", name="uq_sandbox_payments_idempotency_key"),
        sa.UniqueConstraint("page_token", name="uq_sandbox_payments_page_token"),
        sa.UniqueConstraint("public_id", name="uq_sandbox_payments_public_id"),
    )
    op.create_table(
        "shop",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("version", sa.String(length=64), nullable=False),
        sa.Column("catalog_version", sa.String(length=64), nullable=False),
        sa.Column("config", DOCUMENT, nullable=False),
        sa.Column("facets", DOCUMENT, nullable=False),
        sa.Column("applied_at", MOMENT, nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_shop_only_one")),
        sa.PrimaryKeyConstraint("id", name="pk_shop"),
    )
    op.create_table(
        "webhook_inbox",
        sa.Column("id", ID, nullable=False),
        sa.Column("provider", sa.String(length=32), nullable=False),
        sa.Column("event_id", sa.String(length=200), nullable=False),
        sa.Column("type", sa.String(length=100), nullable=False),
        sa.Column("reference", sa.String(length=64), nullable=True),
        sa.Column("facts", DOCUMENT, nullable=False),
        sa.Column("received_at", MOMENT, nullable=False),
        sa.Column("handled_at", MOMENT, nullable=True),
        sa.Column("outcome", sa.String(length=32), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_webhook_inbox"),
        sa.UniqueConstraint("provider", "event_id", name="uq_webhook_inbox_provider_event_id"),
    )
    op.create_index("ix_webhook_inbox_handled_at", "webhook_inbox", ["handled_at"], unique=False)

    op.create_table(
        "checkout_sessions",
        sa.Column("id", ID, nullable=False),
        sa.Column("public_id", sa.String(length=64), nullable=False),
        sa.Column("page_token", sa.String(length=64), nullable=False),
        sa.Column("cart_id", ID, nullable=True),
        sa.Column("start_key", sa.String(length=64), nullable=True),
        sa.Column("hint_hash", sa.String(length=64), nullable=True),
        sa.Column("browser_hash", sa.String(length=64), nullable=True),
        sa.Column(
            "status",
            sa.Enum(
                "incomplete",
                "not_ready_for_payment",
                "ready_for_payment",
                "complete_in_progress",
                "completed",
                "canceled",
                "expired",
                name="status",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("discount_codes", DOCUMENT, nullable=False),
        sa.Column("option_id", sa.String(length=64), nullable=True),
        sa.Column("country", sa.String(length=2), nullable=True),
        sa.Column("region", sa.String(length=64), nullable=True),
        sa.Column("totals", DOCUMENT, nullable=True),
        sa.Column("total_minor", ID, nullable=True),
        sa.Column("notice", sa.String(length=64), nullable=True),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("updated_at", MOMENT, nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.Column("completed_at", MOMENT, nullable=True),
        sa.ForeignKeyConstraint(["cart_id"], ["carts.id"], name="fk_checkout_sessions_cart_id"),
        sa.PrimaryKeyConstraint("id", name="pk_checkout_sessions"),
        sa.UniqueConstraint("page_token", name="uq_checkout_sessions_page_token"),
        sa.UniqueConstraint("public_id", name="uq_checkout_sessions_public_id"),
    )
    op.create_index("ix_checkout_sessions_cart_id", "checkout_sessions", ["cart_id"], unique=False)
    op.create_index(
        "ix_checkout_sessions_expiry", "checkout_sessions", ["status", "expires_at"], unique=False
    )
    op.create_index(
        "uq_checkout_sessions_start",
        "checkout_sessions",
        ["start_key"],
        unique=True,
        sqlite_where=sa.text("status NOT IN ('completed', 'canceled', 'expired')"),
        postgresql_where=sa.text("status NOT IN ('completed', 'canceled', 'expired')"),
    )

    op.create_table(
        "products",
        sa.Column("id", ID, nullable=False),
        sa.Column("slug", sa.String(length=100), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("brand", sa.String(length=100), nullable=False),
        sa.Column("description", sa.String(), nullable=False),
        sa.Column("care", sa.String(), nullable=False),
        sa.Column("tags", DOCUMENT, nullable=False),
        sa.Column("category_id", ID, nullable=False),
        sa.Column("option_name", sa.String(length=64), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "draft",
                "active",
                "archived",
                name="state",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("updated_at", MOMENT, nullable=False),
        sa.Column("search_text", sa.String(), nullable=False),
        sa.Column("sort_title", SORTED, nullable=False),
        sa.Column("list_price_minor", ID, nullable=False),
        sa.Column("price_from", sa.Boolean(), nullable=False),
        sa.Column("facet_values", DOCUMENT, nullable=False),
        sa.Column("picture_path", sa.String(length=300), nullable=True),
        sa.Column("picture_alt", sa.String(length=300), nullable=True),
        sa.CheckConstraint("list_price_minor >= 0", name=op.f("ck_products_list_price")),
        sa.ForeignKeyConstraint(["category_id"], ["categories.id"], name="fk_products_category_id"),
        sa.PrimaryKeyConstraint("id", name="pk_products"),
        sa.UniqueConstraint("slug", name="uq_products_slug"),
    )
    op.create_index("ix_products_category_id", "products", ["category_id"], unique=False)
    op.create_index("ix_products_listing", "products", ["state", "position", "id"], unique=False)
    op.create_index(
        "ix_products_price", "products", ["state", "list_price_minor", "id"], unique=False
    )

    op.create_table(
        "sandbox_events",
        sa.Column("id", ID, nullable=False),
        sa.Column("payment_id", ID, nullable=False),
        sa.Column("public_id", sa.String(length=64), nullable=False),
        sa.Column("body", sa.String(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_at", MOMENT, nullable=False),
        sa.Column("delivered_at", MOMENT, nullable=True),
        sa.ForeignKeyConstraint(
            ["payment_id"], ["sandbox_payments.id"], name="fk_sandbox_events_payment_id"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_sandbox_events"),
        sa.UniqueConstraint("public_id", name="uq_sandbox_events_public_id"),
    )
    op.create_index(
        "ix_sandbox_events_delivered_at", "sandbox_events", ["delivered_at"], unique=False
    )

    op.create_table(
        "buyers",
        sa.Column("id", ID, nullable=False),
        sa.Column("checkout_id", ID, nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("line1", sa.String(length=120), nullable=False),
        sa.Column("line2", sa.String(length=120), nullable=False),
        sa.Column("city", sa.String(length=120), nullable=False),
        sa.Column("region", sa.String(length=120), nullable=False),
        sa.Column("postal_code", sa.String(length=120), nullable=False),
        sa.Column("country", sa.String(length=2), nullable=False),
        sa.Column("phone", sa.String(length=120), nullable=False),
        sa.ForeignKeyConstraint(
            ["checkout_id"],
            ["checkout_sessions.id"],
            name="fk_buyers_checkout_id",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_buyers"),
        sa.UniqueConstraint("checkout_id", name="uq_buyers_checkout_id"),
    )
    op.create_table(
        "media",
        sa.Column("id", ID, nullable=False),
        sa.Column("product_id", ID, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("path", sa.String(length=300), nullable=False),
        sa.Column("alt", sa.String(length=300), nullable=False),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("height", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["product_id"], ["products.id"], name="fk_media_product_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_media"),
        sa.UniqueConstraint("product_id", "position", name="uq_media_product_id_position"),
    )
    op.create_table(
        "payments",
        sa.Column("id", ID, nullable=False),
        sa.Column("reference", sa.String(length=64), nullable=False),
        sa.Column("checkout_id", ID, nullable=False),
        sa.Column("provider", sa.String(length=32), nullable=False),
        sa.Column("idempotency_key", sa.String(length=64), nullable=False),
        sa.Column("session_ref", sa.String(length=200), nullable=True),
        sa.Column("redirect_url", sa.String(length=2000), nullable=True),
        sa.Column("quote_hash", sa.String(length=64), nullable=False),
        sa.Column("amount_minor", ID, nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column(
            "status",
            sa.Enum(
                "created",
                "pending",
                "authorized",
                "captured",
                "declined",
                "failed",
                "canceled",
                "expired",
                name="status",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("captured_minor", ID, nullable=False),
        sa.Column("refunded_minor", ID, nullable=False),
        sa.Column("needs_attention", sa.Boolean(), nullable=False),
        sa.Column("poll_count", sa.Integer(), nullable=False),
        sa.Column("next_poll_at", MOMENT, nullable=True),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.CheckConstraint("amount_minor > 0", name=op.f("ck_payments_amount")),
        sa.CheckConstraint("refunded_minor <= captured_minor", name=op.f("ck_payments_refunds")),
        sa.ForeignKeyConstraint(
            ["checkout_id"], ["checkout_sessions.id"], name="fk_payments_checkout_id"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_payments"),
        sa.UniqueConstraint("idempotency_key", name="uq_payments_idempotency_key"),
        sa.UniqueConstraint("provider", "session_ref", name="uq_payments_provider_session_ref"),
        sa.UniqueConstraint("reference", name="uq_payments_reference"),
    )
    op.create_index("ix_payments_checkout_id", "payments", ["checkout_id"], unique=False)
    op.create_index("ix_payments_poll", "payments", ["next_poll_at"], unique=False)

    op.create_table(
        "product_facets",
        sa.Column("product_id", ID, nullable=False),
        sa.Column("facet_key", sa.String(length=64), nullable=False),
        sa.Column("value", sa.String(length=100), nullable=False),
        sa.ForeignKeyConstraint(["facet_key"], ["facets.key"], name="fk_product_facets_facet_key"),
        sa.ForeignKeyConstraint(
            ["product_id"], ["products.id"], name="fk_product_facets_product_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("product_id", "facet_key", "value", name="pk_product_facets"),
    )
    op.create_index(
        "ix_product_facets_value",
        "product_facets",
        ["facet_key", "value", "product_id"],
        unique=False,
    )

    op.create_table(
        "variants",
        sa.Column("id", ID, nullable=False),
        sa.Column("product_id", ID, nullable=False),
        sa.Column("handle", sa.String(length=120), nullable=False),
        sa.Column("sku", sa.String(length=64), nullable=False),
        sa.Column("title", sa.String(length=120), nullable=False),
        sa.Column("option_value", sa.String(length=64), nullable=False),
        sa.Column("is_default", sa.Boolean(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("weight_g", sa.Integer(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "draft",
                "active",
                "archived",
                name="state",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(["product_id"], ["products.id"], name="fk_variants_product_id"),
        sa.PrimaryKeyConstraint("id", name="pk_variants"),
        sa.UniqueConstraint("handle", name="uq_variants_handle"),
        sa.UniqueConstraint("sku", name="uq_variants_sku"),
    )
    op.create_index("ix_variants_product_id", "variants", ["product_id"], unique=False)
    op.create_index(
        "uq_variants_default",
        "variants",
        ["product_id"],
        unique=True,
        sqlite_where=sa.text("is_default"),
        postgresql_where=sa.text("is_default"),
    )

    op.create_table(
        "cart_lines",
        sa.Column("cart_id", ID, nullable=False),
        sa.Column("variant_id", ID, nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("seen_amount_minor", ID, nullable=False),
        sa.Column("seen_currency", sa.String(length=3), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.CheckConstraint("quantity >= 1", name=op.f("ck_cart_lines_quantity")),
        sa.ForeignKeyConstraint(
            ["cart_id"], ["carts.id"], name="fk_cart_lines_cart_id", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["variant_id"], ["variants.id"], name="fk_cart_lines_variant_id"),
        sa.PrimaryKeyConstraint("cart_id", "variant_id", name="pk_cart_lines"),
    )
    op.create_table(
        "checkout_lines",
        sa.Column("checkout_id", ID, nullable=False),
        sa.Column("variant_id", ID, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("seen_amount_minor", ID, nullable=True),
        sa.Column("unit_amount_minor", ID, nullable=True),
        sa.CheckConstraint("quantity >= 1", name=op.f("ck_checkout_lines_quantity")),
        sa.ForeignKeyConstraint(
            ["checkout_id"],
            ["checkout_sessions.id"],
            name="fk_checkout_lines_checkout_id",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["variant_id"], ["variants.id"], name="fk_checkout_lines_variant_id"
        ),
        sa.PrimaryKeyConstraint("checkout_id", "variant_id", name="pk_checkout_lines"),
    )
    op.create_table(
        "orders",
        sa.Column("id", ID, nullable=False),
        sa.Column("order_number", sa.String(length=40), nullable=False),
        sa.Column("checkout_id", ID, nullable=False),
        sa.Column("payment_id", ID, nullable=False),
        sa.Column(
            "status",
            sa.Enum(
                "confirmed",
                "processing",
                "shipped",
                "delivered",
                "canceled",
                "refunded",
                name="status",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("total_minor", ID, nullable=False),
        sa.Column("totals", DOCUMENT, nullable=False),
        sa.Column("fulfillment_title", sa.String(length=120), nullable=False),
        sa.Column("fulfillment_status", sa.String(length=32), nullable=False),
        sa.Column("placed_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(
            ["checkout_id"], ["checkout_sessions.id"], name="fk_orders_checkout_id"
        ),
        sa.ForeignKeyConstraint(["payment_id"], ["payments.id"], name="fk_orders_payment_id"),
        sa.PrimaryKeyConstraint("id", name="pk_orders"),
        sa.UniqueConstraint("checkout_id", name="uq_orders_checkout_id"),
        sa.UniqueConstraint("order_number", name="uq_orders_order_number"),
        sa.UniqueConstraint("payment_id", name="uq_orders_payment_id"),
    )
    op.create_index("ix_orders_placed_at", "orders", ["placed_at"], unique=False)

    op.create_table(
        "payment_facts",
        sa.Column("id", ID, nullable=False),
        sa.Column("payment_id", ID, nullable=False),
        sa.Column("fact_key", sa.String(length=200), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "pending",
                "authorized",
                "captured",
                "declined",
                "failed",
                "canceled",
                "expired",
                "refund_pending",
                "refund_succeeded",
                "refund_failed",
                name="kind",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("amount_minor", ID, nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("refund_ref", sa.String(length=200), nullable=True),
        sa.Column("source", sa.String(length=16), nullable=False),
        sa.Column("recorded_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(
            ["payment_id"], ["payments.id"], name="fk_payment_facts_payment_id"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_payment_facts"),
        sa.UniqueConstraint("payment_id", "fact_key", name="uq_payment_facts_payment_id_fact_key"),
    )
    op.create_table(
        "prices",
        sa.Column("variant_id", ID, nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("amount_minor", ID, nullable=False),
        sa.Column("compare_at_minor", ID, nullable=True),
        sa.CheckConstraint("amount_minor >= 0", name=op.f("ck_prices_amount")),
        sa.CheckConstraint("compare_at_minor > amount_minor", name=op.f("ck_prices_compare_at")),
        sa.ForeignKeyConstraint(
            ["variant_id"], ["variants.id"], name="fk_prices_variant_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("variant_id", "currency", name="pk_prices"),
    )
    op.create_table(
        "refunds",
        sa.Column("id", ID, nullable=False),
        sa.Column("payment_id", ID, nullable=False),
        sa.Column("idempotency_key", sa.String(length=64), nullable=False),
        sa.Column("amount_minor", ID, nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("reason", sa.String(length=64), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("refund_ref", sa.String(length=200), nullable=True),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.CheckConstraint("amount_minor > 0", name=op.f("ck_refunds_amount")),
        sa.ForeignKeyConstraint(["payment_id"], ["payments.id"], name="fk_refunds_payment_id"),
        sa.PrimaryKeyConstraint("id", name="pk_refunds"),
        sa.UniqueConstraint("idempotency_key", name="uq_refunds_idempotency_key"),
    )
    op.create_index("ix_refunds_payment_id", "refunds", ["payment_id"], unique=False)

    op.create_table(
        "stock",
        sa.Column("variant_id", ID, autoincrement=False, nullable=False),
        sa.Column("on_hand", sa.Integer(), nullable=False),
        sa.Column("reserved", sa.Integer(), nullable=False),
        sa.CheckConstraint("on_hand >= 0", name=op.f("ck_stock_on_hand")),
        sa.CheckConstraint("reserved <= on_hand", name=op.f("ck_stock_not_oversold")),
        sa.CheckConstraint("reserved >= 0", name=op.f("ck_stock_reserved")),
        sa.ForeignKeyConstraint(
            ["variant_id"], ["variants.id"], name="fk_stock_variant_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("variant_id", name="pk_stock"),
    )
    op.create_table(
        "stock_holds",
        sa.Column("id", ID, nullable=False),
        sa.Column("payment_id", ID, nullable=False),
        sa.Column("variant_id", ID, nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.CheckConstraint(
            "state IN ('active', 'claimed', 'released')", name=op.f("ck_stock_holds_state")
        ),
        sa.CheckConstraint("quantity >= 1", name=op.f("ck_stock_holds_quantity")),
        sa.ForeignKeyConstraint(["payment_id"], ["payments.id"], name="fk_stock_holds_payment_id"),
        sa.ForeignKeyConstraint(["variant_id"], ["variants.id"], name="fk_stock_holds_variant_id"),
        sa.PrimaryKeyConstraint("id", name="pk_stock_holds"),
        sa.UniqueConstraint(
            "payment_id", "variant_id", name="uq_stock_holds_payment_id_variant_id"
        ),
    )
    op.create_index("ix_stock_holds_variant_id", "stock_holds", ["variant_id"], unique=False)

    op.create_table(
        "order_lines",
        sa.Column("order_id", ID, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("variant_id", ID, nullable=False),
        sa.Column("product_slug", sa.String(length=100), nullable=False),
        sa.Column("variant_handle", sa.String(length=120), nullable=False),
        sa.Column("sku", sa.String(length=64), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("variant_title", sa.String(length=120), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("unit_amount_minor", ID, nullable=False),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name="fk_order_lines_order_id"),
        sa.ForeignKeyConstraint(["variant_id"], ["variants.id"], name="fk_order_lines_variant_id"),
        sa.PrimaryKeyConstraint("order_id", "position", name="pk_order_lines"),
    )


def downgrade() -> None:
    """Take the change back."""
    op.drop_table("order_lines")
    op.drop_index("ix_stock_holds_variant_id", table_name="stock_holds")

    op.drop_table("stock_holds")
    op.drop_table("stock")
    op.drop_index("ix_refunds_payment_id", table_name="refunds")

    op.drop_table("refunds")
    op.drop_table("prices")
    op.drop_table("payment_facts")
    op.drop_index("ix_orders_placed_at", table_name="orders")

    op.drop_table("orders")
    op.drop_table("checkout_lines")
    op.drop_table("cart_lines")
    op.drop_index("uq_variants_default", table_name="variants")
    op.drop_index("ix_variants_product_id", table_name="variants")

    op.drop_table("variants")
    op.drop_index("ix_product_facets_value", table_name="product_facets")

    op.drop_table("product_facets")
    op.drop_index("ix_payments_poll", table_name="payments")
    op.drop_index("ix_payments_checkout_id", table_name="payments")

    op.drop_table("payments")
    op.drop_table("media")
    op.drop_table("buyers")
    op.drop_index("ix_sandbox_events_delivered_at", table_name="sandbox_events")

    op.drop_table("sandbox_events")
    op.drop_index("ix_products_price", table_name="products")
    op.drop_index("ix_products_listing", table_name="products")
    op.drop_index("ix_products_category_id", table_name="products")

    op.drop_table("products")
    op.drop_index("uq_checkout_sessions_start", table_name="checkout_sessions")
    op.drop_index("ix_checkout_sessions_expiry", table_name="checkout_sessions")
    op.drop_index("ix_checkout_sessions_cart_id", table_name="checkout_sessions")

    op.drop_table("checkout_sessions")
    op.drop_index("ix_webhook_inbox_handled_at", table_name="webhook_inbox")

    op.drop_table("webhook_inbox")
    op.drop_table("shop")
    op.drop_table("sandbox_payments")
    op.drop_index("ix_outbox_due", table_name="outbox")

    op.drop_table("outbox")
    op.drop_table("leases")
    op.drop_table("install_secrets")
    op.drop_index("ix_idempotency_records_expires_at", table_name="idempotency_records")

    op.drop_table("idempotency_records")
    op.drop_table("facets")
    op.drop_table("categories")
    op.drop_index("uq_carts_open_hint", table_name="carts")

    op.drop_table("carts")
