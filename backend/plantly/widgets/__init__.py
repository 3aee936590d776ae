"""Build and load the widgets: one self-contained HTML file each, served as two resources."""

from plantly.widgets.load import (
    MCP_APP_MIME_TYPE,
    SKYBRIDGE_MIME_TYPE,
    Widget,
    WidgetResource,
    WidgetSet,
    WidgetsNotBuiltError,
    load_widgets,
)
from plantly.widgets.registry import WIDGETS, WidgetEntry

__all__ = [
    "MCP_APP_MIME_TYPE",
    "SKYBRIDGE_MIME_TYPE",
    "WIDGETS",
    "Widget",
    "WidgetEntry",
    "WidgetResource",
    "WidgetSet",
    "WidgetsNotBuiltError",
    "load_widgets",
]
