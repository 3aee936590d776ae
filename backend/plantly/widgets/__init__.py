"""Build and load the widgets: one self-contained HTML file each, served as two resources."""

from plantly.widgets.dress import Dress, dress_of
from plantly.widgets.load import (
    MCP_APP_MIME_TYPE,
    SKYBRIDGE_MIME_TYPE,
    EmbedPolicy,
    Widget,
    WidgetExtras,
    WidgetResource,
    WidgetSet,
    WidgetsNotBuiltError,
    load_widgets,
)
from plantly.widgets.registry import CONVERSION, WIDGETS, WidgetEntry

__all__ = [
    "CONVERSION",
    "MCP_APP_MIME_TYPE",
    "SKYBRIDGE_MIME_TYPE",
    "WIDGETS",
    "Dress",
    "EmbedPolicy",
    "Widget",
    "WidgetEntry",
    "WidgetExtras",
    "WidgetResource",
    "WidgetSet",
    "WidgetsNotBuiltError",
    "dress_of",
    "load_widgets",
]
