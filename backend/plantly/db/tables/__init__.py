"""Every table, so that importing this package makes the metadata whole."""

from plantly.db.tables.cart import CartLineRow, CartRow, IdempotencyRow, SavedLineRow
from plantly.db.tables.catalog import (
    CatalogChangeRow,
    CategoryRow,
    FacetRow,
    MediaRow,
    PriceRow,
    ProductFacetRow,
    ProductRow,
    StockRow,
    VariantRow,
)
from plantly.db.tables.checkout import (
    BuyerRow,
    CheckoutLineRow,
    CheckoutRow,
    OrderLineRow,
    OrderRow,
    StockHoldRow,
)
from plantly.db.tables.discounts import DiscountCountRow, DiscountUseRow
from plantly.db.tables.imports import CatalogImportRow, CatalogSyncRow, FetchedPictureRow
from plantly.db.tables.limits import PaymentOriginRow, RateLimitRow
from plantly.db.tables.orders import (
    FulfillmentLineRow,
    FulfillmentRow,
    OrderEventRow,
    RefundLineRow,
    ReturnLineRow,
    ReturnRow,
)
from plantly.db.tables.outgoing import WebhookDeliveryRow, WebhookEndpointRow
from plantly.db.tables.payment import (
    InboxRow,
    OutboxRow,
    PaymentFactRow,
    PaymentRow,
    RefundRow,
)
from plantly.db.tables.sandbox import SandboxCallRow, SandboxEventRow, SandboxPaymentRow
from plantly.db.tables.search import (
    CatalogCountRow,
    ProductFilterRow,
    SearchFragmentRow,
    SearchWordRow,
)
from plantly.db.tables.shop import LeaseRow, SecretRow, ShopRow

__all__ = [
    "BuyerRow",
    "CartLineRow",
    "CartRow",
    "CatalogChangeRow",
    "CatalogCountRow",
    "CatalogImportRow",
    "CatalogSyncRow",
    "CategoryRow",
    "CheckoutLineRow",
    "CheckoutRow",
    "DiscountCountRow",
    "DiscountUseRow",
    "FacetRow",
    "FetchedPictureRow",
    "FulfillmentLineRow",
    "FulfillmentRow",
    "IdempotencyRow",
    "InboxRow",
    "LeaseRow",
    "MediaRow",
    "OrderEventRow",
    "OrderLineRow",
    "OrderRow",
    "OutboxRow",
    "PaymentFactRow",
    "PaymentOriginRow",
    "PaymentRow",
    "PriceRow",
    "ProductFacetRow",
    "ProductFilterRow",
    "ProductRow",
    "RateLimitRow",
    "RefundLineRow",
    "RefundRow",
    "ReturnLineRow",
    "ReturnRow",
    "SandboxCallRow",
    "SandboxEventRow",
    "SandboxPaymentRow",
    "SavedLineRow",
    "SearchFragmentRow",
    "SearchWordRow",
    "SecretRow",
    "ShopRow",
    "StockHoldRow",
    "StockRow",
    "VariantRow",
    "WebhookDeliveryRow",
    "WebhookEndpointRow",
]
