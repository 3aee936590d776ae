"""The shop without an assistant: a page that acts as a strict host."""

from plantly.web.playground.router import playground_router

__all__ = ["playground_router"]
