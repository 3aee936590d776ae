"""The shop without an assistant: a page that acts as a strict host."""

from plantly.web.playground.live import LiveWidgets
from plantly.web.playground.router import playground_router

__all__ = ["LiveWidgets", "playground_router"]
