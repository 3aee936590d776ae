"""Which databases a test asks, where it is not each in turn."""

from typing import Final

import pytest

sqlite_is_enough: Final = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
"""For a test about what no engine has a part in; why, is said where it is used."""
