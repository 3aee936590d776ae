"""The web edge: every page and route that people and providers reach without an assistant."""
