"""Carts, discounts, currencies, terms and what orders keep of them."""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB

from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
DOCUMENT = sa.JSON().with_variant(JSONB(), "postgresql")
MOMENT = sa.DateTime(timezone=True)
AGREED = (
    ("breakdown", DOCUMENT),
    ("terms_version", sa.String(16)),
    ("terms_accepted_at", MOMENT),
)
TYPED = (("district", 120), ("gift_note", 300))


def upgrade() -> None:
    """Apply the change."""
    _carts()
    _checkouts()
    _payments()
    _discounts()


def downgrade() -> None:
    """Undo the change."""
    _undo_discounts()
    _undo_payments()
    _undo_checkouts()
    _undo_carts()


def _checkouts() -> None:
    """Keep what was agreed to besides the total, and what else a buyer may type."""
    for keeper in ("checkout_sessions", "orders"):
        for name, kind in AGREED:
            op.add_column(keeper, sa.Column(name, kind, nullable=True))
    for name, width in TYPED:
        column = sa.Column(name, sa.String(width), nullable=False, server_default="")
        op.add_column("buyers", column)
    with op.batch_alter_table("buyers") as table:
        for name, _ in TYPED:
            table.alter_column(name, server_default=None)


def _undo_checkouts() -> None:
    with op.batch_alter_table("buyers") as table:
        for name, _ in TYPED:
            table.drop_column(name)
    for name in ("orders", "checkout_sessions"):
        with op.batch_alter_table(name) as table:
            for column, _ in AGREED:
                table.drop_column(column)


def _carts() -> None:
    """Let carts have an owner, and lines that are saved for later."""
    op.drop_index("uq_carts_open_hint", table_name="carts")
    for name in ("owner_hash", "merged_into"):
        op.add_column("carts", sa.Column(name, sa.String(64), nullable=True))
    guest = "closed_at IS NULL AND owner_hash IS NULL"
    _open_cart_index("uq_carts_open_hint", "hint_hash", guest)
    _open_cart_index("uq_carts_open_owner", "owner_hash", "closed_at IS NULL")
    op.create_index("ix_carts_updated_at", "carts", ["updated_at"])
    op.create_table(
        "saved_lines",
        sa.Column("cart_id", ID, nullable=False),
        sa.Column("variant_id", ID, nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("seen_amount_minor", ID, nullable=False),
        sa.Column("seen_currency", sa.String(3), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.CheckConstraint("quantity >= 1", name=op.f("ck_saved_lines_quantity")),
        sa.ForeignKeyConstraint(
            ["cart_id"], ["carts.id"], name="fk_saved_lines_cart_id", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["variant_id"], ["variants.id"], name="fk_saved_lines_variant_id"),
        sa.PrimaryKeyConstraint("cart_id", "variant_id", name="pk_saved_lines"),
    )


def _undo_carts() -> None:
    op.drop_table("saved_lines")
    for name in ("ix_carts_updated_at", "uq_carts_open_owner", "uq_carts_open_hint"):
        op.drop_index(name, table_name="carts")
    # A conversation has one open cart: what belongs to an account is no longer found by it.
    op.execute("UPDATE carts SET hint_hash = NULL WHERE owner_hash IS NOT NULL")
    with op.batch_alter_table("carts") as table:
        for name in ("merged_into", "owner_hash"):
            table.drop_column(name)
    _open_cart_index("uq_carts_open_hint", "hint_hash", "closed_at IS NULL")


def _open_cart_index(name: str, column: str, where: str) -> None:
    condition = sa.text(where)
    op.create_index(
        name,
        "carts",
        [column],
        unique=True,
        sqlite_where=condition,
        postgresql_where=condition,
    )


def _payments() -> None:
    """Keep authorizations, what was decided to go back, and why a person has to look."""
    with op.batch_alter_table("payments") as table:
        table.drop_constraint(op.f("ck_payments_amount"), type_="check")
        table.add_column(sa.Column("authorized_minor", ID, nullable=False, server_default="0"))
        table.add_column(sa.Column("refund_decided_minor", ID, nullable=False, server_default="0"))
        table.add_column(sa.Column("attention_reason", sa.String(64), nullable=True))
    op.execute(
        "UPDATE payments SET refund_decided_minor = captured_minor WHERE captured_minor < ("
        "SELECT COALESCE(SUM(r.amount_minor), 0) FROM refunds r "
        "WHERE r.payment_id = payments.id AND r.status <> 'failed')"
    )
    op.execute(
        "UPDATE payments SET refund_decided_minor = ("
        "SELECT COALESCE(SUM(r.amount_minor), 0) FROM refunds r "
        "WHERE r.payment_id = payments.id AND r.status <> 'failed') "
        "WHERE refund_decided_minor = 0"
    )
    op.execute(
        "UPDATE payments SET refund_decided_minor = refunded_minor "
        "WHERE refund_decided_minor < refunded_minor"
    )
    op.execute("UPDATE payments SET attention_reason = 'earlier' WHERE needs_attention")
    with op.batch_alter_table("payments") as table:
        table.alter_column("authorized_minor", server_default=None)
        table.alter_column("refund_decided_minor", server_default=None)
        table.create_check_constraint(
            op.f("ck_payments_amount"),
            "amount_minor > 0 OR (amount_minor = 0 AND provider = 'none')",
        )
        table.create_check_constraint(
            op.f("ck_payments_refunds_decided"), "refund_decided_minor <= captured_minor"
        )
    op.create_index(
        "ix_payments_attention",
        "payments",
        ["id"],
        sqlite_where=sa.text("attention_reason IS NOT NULL"),
        postgresql_where=sa.text("attention_reason IS NOT NULL"),
    )


def _undo_payments() -> None:
    op.drop_index("ix_payments_attention", "payments")
    with op.batch_alter_table("payments") as table:
        table.drop_constraint(op.f("ck_payments_refunds_decided"), type_="check")
        table.drop_constraint(op.f("ck_payments_amount"), type_="check")
        # Orders that cost nothing stay: an older edition only never makes one.
        table.create_check_constraint(op.f("ck_payments_amount"), "amount_minor >= 0")
        for name in ("authorized_minor", "refund_decided_minor", "attention_reason"):
            table.drop_column(name)


def _discounts() -> None:
    """Count the uses of discounts that are limited."""
    op.create_table(
        "discount_uses",
        sa.Column("id", ID, nullable=False),
        sa.Column("payment_id", ID, nullable=False),
        sa.Column("discount_key", sa.String(200), nullable=False),
        sa.Column("buyer_key", sa.String(64), nullable=True),
        sa.Column("state", sa.String(32), nullable=False),
        sa.CheckConstraint(
            "state IN ('active', 'claimed', 'released')", name=op.f("ck_discount_uses_state")
        ),
        sa.ForeignKeyConstraint(
            ["payment_id"], ["payments.id"], name=op.f("fk_discount_uses_payment_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_discount_uses")),
        sa.UniqueConstraint(
            "payment_id", "discount_key", name=op.f("uq_discount_uses_payment_id_discount_key")
        ),
    )
    op.create_index("ix_discount_uses_discount_key", "discount_uses", ["discount_key", "state"])
    op.create_table(
        "discount_counts",
        sa.Column("discount_key", sa.String(200), nullable=False),
        sa.Column("buyer_key", sa.String(64), nullable=False),
        sa.Column("used", sa.Integer(), nullable=False),
        sa.CheckConstraint("used >= 0", name=op.f("ck_discount_counts_used")),
        sa.PrimaryKeyConstraint("discount_key", "buyer_key", name=op.f("pk_discount_counts")),
    )


def _undo_discounts() -> None:
    op.drop_table("discount_counts")
    op.drop_table("discount_uses")
