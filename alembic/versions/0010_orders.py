"""What happens to an order after the payment, and who is told of it."""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB

from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
DOCUMENT = sa.JSON().with_variant(JSONB(), "postgresql")
MOMENT = sa.DateTime(timezone=True)

FACTS = (
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
)
DISPUTE_FACTS = ("dispute_inquired", "dispute_opened", "dispute_won", "dispute_lost")

RETURN_STATUSES = ("requested", "approved", "declined", "received")
RETURN_REASONS = (
    "damaged",
    "wrong_item",
    "not_as_described",
    "arrived_late",
    "changed_mind",
    "other",
)


def upgrade() -> None:
    """Apply the change."""
    _order_events()
    _disputes()
    _charges()
    _aftercare()
    _outgoing()


def downgrade() -> None:
    """Undo the change."""
    _drop_mails()
    _drop_charges()
    _drop_disputes()
    _drop_outgoing()
    _drop_aftercare()
    _drop_order_events()


def _order_events() -> None:
    """Keep what happened to each order, and when: rows are only ever added."""
    op.create_table(
        "order_events",
        sa.Column("id", ID, nullable=False),
        sa.Column("order_id", ID, nullable=False),
        sa.Column("kind", sa.String(40), nullable=False),
        sa.Column("data", DOCUMENT, nullable=False),
        sa.Column("actor", sa.String(64), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name="fk_order_events_order_id"),
        sa.PrimaryKeyConstraint("id", name="pk_order_events"),
    )
    op.create_index("ix_order_events_order_id", "order_events", ["order_id"])


def _disputes() -> None:
    """Keep what disputes take from a payment, and the name that providers call its money by."""
    with op.batch_alter_table("payments") as table:
        table.add_column(sa.Column("payment_ref", sa.String(200), nullable=True))
        table.add_column(sa.Column("disputed_minor", ID, nullable=False, server_default="0"))
    with op.batch_alter_table("payments") as table:
        table.alter_column("disputed_minor", server_default=None)
        table.create_unique_constraint(
            op.f("uq_payments_provider_payment_ref"), ["provider", "payment_ref"]
        )
        table.create_check_constraint(
            op.f("ck_payments_disputes"), "disputed_minor <= captured_minor"
        )
    with op.batch_alter_table("webhook_inbox") as table:
        table.add_column(sa.Column("payment_ref", sa.String(200), nullable=True))
    with op.batch_alter_table("payment_facts") as table:
        table.add_column(sa.Column("dispute_ref", sa.String(200), nullable=True))
    _facts_are((*FACTS, *DISPUTE_FACTS))


def _drop_disputes() -> None:
    disputed = "FROM payment_facts WHERE dispute_ref IS NOT NULL"
    if op.get_bind().execute(sa.text(f"SELECT COUNT(*) {disputed}")).scalar():
        op.execute(f"DELETE {disputed}")
    _facts_are(FACTS)
    with op.batch_alter_table("payment_facts") as table:
        table.drop_column("dispute_ref")
    with op.batch_alter_table("webhook_inbox") as table:
        table.drop_column("payment_ref")
    with op.batch_alter_table("payments") as table:
        table.drop_constraint(op.f("ck_payments_disputes"), type_="check")
        table.drop_constraint(op.f("uq_payments_provider_payment_ref"), type_="unique")
        table.drop_column("disputed_minor")
        table.drop_column("payment_ref")


def _charges() -> None:
    """Find a payment by each of its charges: so far no provider made more than one."""
    of_a_charge = sa.text("charge_ref IS NOT NULL")
    op.add_column("payment_facts", sa.Column("charge_ref", sa.String(200), nullable=True))
    op.create_index(
        "ix_payment_facts_charge_ref",
        "payment_facts",
        ["charge_ref"],
        sqlite_where=of_a_charge,
        postgresql_where=of_a_charge,
    )


def _drop_charges() -> None:
    op.drop_index("ix_payment_facts_charge_ref", "payment_facts")
    with op.batch_alter_table("payment_facts") as table:
        table.drop_column("charge_ref")


def _facts_are(kinds: tuple[str, ...]) -> None:
    """Let facts be of these kinds only."""
    listed = ", ".join(f"'{kind}'" for kind in kinds)
    with op.batch_alter_table("payment_facts") as table:
        table.drop_constraint(op.f("ck_payment_facts_kind"), type_="check")
        table.create_check_constraint(op.f("ck_payment_facts_kind"), f"kind IN ({listed})")


def _drop_order_events() -> None:
    op.drop_table("order_events")


def _aftercare() -> None:
    """Keep parcels, what refunds were for, and what comes back."""
    op.create_table(
        "fulfillments",
        sa.Column("id", ID, nullable=False),
        sa.Column("order_id", ID, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("idempotency_key", sa.String(64), nullable=False),
        sa.Column("carrier", sa.String(60), nullable=False),
        sa.Column("tracking_number", sa.String(100), nullable=False),
        sa.Column("tracking_url", sa.String(2000), nullable=False),
        sa.Column("sent_at", MOMENT, nullable=False),
        sa.Column("delivered_at", MOMENT, nullable=True),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name="fk_fulfillments_order_id"),
        sa.PrimaryKeyConstraint("id", name="pk_fulfillments"),
        sa.UniqueConstraint("order_id", "number", name="uq_fulfillments_order_id_number"),
        sa.UniqueConstraint(
            "order_id", "idempotency_key", name="uq_fulfillments_order_id_idempotency_key"
        ),
    )
    _lines_of("fulfillment")
    op.create_table(
        "refund_lines",
        sa.Column("refund_id", ID, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("amount_minor", ID, nullable=False),
        sa.Column("dropped", sa.Integer(), nullable=False),
        sa.Column("restock", sa.Boolean(), nullable=False),
        sa.Column("restocked", sa.Integer(), nullable=False),
        sa.CheckConstraint("quantity >= 1", name=op.f("ck_refund_lines_quantity")),
        sa.CheckConstraint("amount_minor >= 0", name=op.f("ck_refund_lines_amount")),
        sa.CheckConstraint(
            "dropped >= 0 AND dropped <= quantity", name=op.f("ck_refund_lines_dropped")
        ),
        sa.CheckConstraint(
            "restocked >= 0 AND restocked <= quantity", name=op.f("ck_refund_lines_restocked")
        ),
        sa.ForeignKeyConstraint(["refund_id"], ["refunds.id"], name="fk_refund_lines_refund_id"),
        sa.PrimaryKeyConstraint("refund_id", "position", name="pk_refund_lines"),
    )
    _returns()
    op.add_column(
        "buyers", sa.Column("return_notes", DOCUMENT, nullable=False, server_default="{}")
    )
    with op.batch_alter_table("buyers") as table:
        table.alter_column("return_notes", server_default=None)


def _returns() -> None:
    op.create_table(
        "returns",
        sa.Column("id", ID, nullable=False),
        sa.Column("order_id", ID, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("status", _one_of("status", RETURN_STATUSES), nullable=False),
        sa.Column("reason", _one_of("reason", RETURN_REASONS), nullable=False),
        sa.Column("refund_id", ID, nullable=True),
        sa.Column("restocked", sa.Boolean(), nullable=False),
        sa.Column("requested_at", MOMENT, nullable=False),
        sa.Column("changed_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name="fk_returns_order_id"),
        sa.ForeignKeyConstraint(["refund_id"], ["refunds.id"], name="fk_returns_refund_id"),
        sa.PrimaryKeyConstraint("id", name="pk_returns"),
        sa.UniqueConstraint("order_id", "number", name="uq_returns_order_id_number"),
    )
    _lines_of("return")


def _lines_of(what: str) -> None:
    """Make the table of units that a parcel or a return holds."""
    table = f"{what}_lines"
    op.create_table(
        table,
        sa.Column(f"{what}_id", ID, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.CheckConstraint("quantity >= 1", name=op.f(f"ck_{table}_quantity")),
        sa.ForeignKeyConstraint([f"{what}_id"], [f"{what}s.id"], name=f"fk_{table}_{what}_id"),
        sa.PrimaryKeyConstraint(f"{what}_id", "position", name=f"pk_{table}"),
    )


def _one_of(name: str, values: tuple[str, ...]) -> sa.Enum:
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=32)


def _drop_aftercare() -> None:
    with op.batch_alter_table("buyers") as table:
        table.drop_column("return_notes")
    for name in ("return_lines", "returns", "refund_lines", "fulfillment_lines", "fulfillments"):
        op.drop_table(name)


def _drop_mails() -> None:
    """Forget the mails that wait: earlier editions would try them in vain, and give them up."""
    op.execute("DELETE FROM outbox WHERE topic = 'send_mail'")


def _outgoing() -> None:
    """Keep who wants to be told, and what each of them is told."""
    op.create_table(
        "webhook_endpoints",
        sa.Column("id", ID, nullable=False),
        sa.Column("public_id", sa.String(64), nullable=False),
        sa.Column("url", sa.String(2000), nullable=False),
        sa.Column("events", DOCUMENT, nullable=False),
        sa.Column("secret", sa.String(100), nullable=False),
        sa.Column("older_secret", sa.String(100)),
        sa.Column("older_until", MOMENT),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("failing_since", MOMENT),
        sa.Column("disabled_at", MOMENT),
        sa.Column("disabled_reason", sa.String(32)),
        sa.PrimaryKeyConstraint("id", name="pk_webhook_endpoints"),
        sa.UniqueConstraint("public_id", name="uq_webhook_endpoints_public_id"),
        sa.UniqueConstraint("url", name="uq_webhook_endpoints_url"),
    )
    op.create_table(
        "webhook_deliveries",
        sa.Column("id", ID, nullable=False),
        sa.Column("endpoint_id", ID, nullable=False),
        sa.Column("event_id", sa.String(64), nullable=False),
        sa.Column("type", sa.String(64), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_at", MOMENT),
        sa.Column("leased_until", MOMENT),
        sa.Column("last_status", sa.Integer()),
        sa.Column("last_failure", sa.String(32)),
        sa.Column("done_at", MOMENT),
        sa.Column("dead_at", MOMENT),
        sa.ForeignKeyConstraint(
            ["endpoint_id"],
            ["webhook_endpoints.id"],
            name="fk_webhook_deliveries_endpoint_id",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_webhook_deliveries"),
        sa.UniqueConstraint(
            "endpoint_id", "event_id", name="uq_webhook_deliveries_endpoint_id_event_id"
        ),
    )
    op.create_index("ix_webhook_deliveries_due", "webhook_deliveries", ["endpoint_id", "next_at"])
    op.create_index("ix_webhook_deliveries_event_id", "webhook_deliveries", ["event_id"])
    op.create_index("ix_webhook_deliveries_created_at", "webhook_deliveries", ["created_at"])


def _drop_outgoing() -> None:
    op.drop_table("webhook_deliveries")
    op.drop_table("webhook_endpoints")
