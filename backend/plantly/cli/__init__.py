"""The command `plantly`: an edge that turns arguments into service calls."""

from plantly.cli.application import application, main

__all__ = ["application", "main"]
