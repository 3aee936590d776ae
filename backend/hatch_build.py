"""Complete the wheel: the built widgets, and the migrations from outside the package."""

import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class WheelHook(BuildHookInterface[Any]):
    """Add to the wheel what a checkout has elsewhere."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Build the widgets and take in alembic/; a link to a checkout (`pip -e`) needs neither."""
        if version == "editable" or self.target_name != "wheel":
            return
        root = Path(self.root)
        build_data["force_include"][str(root / "alembic")] = "plantly/migrations"
        sys.path.insert(0, str(root / "backend"))
        try:
            from plantly.widgets.build import build_widgets  # noqa: PLC0415 - not importable before
        finally:
            sys.path.pop(0)
        build_widgets(source_dir=root / "widgets-src")
