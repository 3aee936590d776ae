"""The domain is plain: frozen values and functions, and nothing but the standard library."""

import dataclasses
import pkgutil
import sys
from importlib import import_module
from types import ModuleType

import pytest

from plantly import domain

MODULES = [
    import_module(f"{domain.__name__}.{found.name}")
    for found in pkgutil.iter_modules(domain.__path__)
]


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.__name__)
def test_every_value_is_frozen(module: ModuleType) -> None:
    values = [
        member
        for member in vars(module).values()
        if isinstance(member, type) and dataclasses.is_dataclass(member)
    ]
    for value in values:
        assert value.__dataclass_params__.frozen, value  # type: ignore[attr-defined]
        assert not hasattr(value, "__dict__") or "__slots__" in vars(value), value


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.__name__)
def test_nothing_outside_the_standard_library_is_needed(module: ModuleType) -> None:
    origins = {
        getattr(member, "__module__", None) or getattr(member, "__name__", "")
        for member in vars(module).values()
    }
    names = {str(origin).partition(".")[0] for origin in origins}
    assert names <= {*sys.stdlib_module_names, "plantly", "builtins", ""}
