"""Public pages of the shop: products, policies, and what this server is."""

from plantly.web.pages.router import pages_router

__all__ = ["pages_router"]
