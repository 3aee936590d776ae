"""Build the widgets into the wheel."""

import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class WidgetBuildHook(BuildHookInterface[Any]):
    """Turn widgets-src into the bundles that the wheel carries."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Build the bundles, unless the build only points at a checkout (`pip install -e`)."""
        del build_data
        if version == "editable" or self.target_name != "wheel":
            return
        root = Path(self.root)
        sys.path.insert(0, str(root / "backend"))
        try:
            from plantly.widgets.build import build_widgets  # noqa: PLC0415 - not importable before
        finally:
            sys.path.pop(0)
        build_widgets(root / "widgets-src", root / "backend" / "plantly" / "widgets" / "dist")
