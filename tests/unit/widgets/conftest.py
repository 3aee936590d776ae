"""What the tests of the widgets share: bundles built once from this checkout."""

from pathlib import Path

import pytest

from plantly.widgets.build import BuiltWidget, build_widgets


@pytest.fixture(scope="session")
def dist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("dist")


@pytest.fixture(scope="session")
def built(dist: Path) -> list[BuiltWidget]:
    return build_widgets(dist)
