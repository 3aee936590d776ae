"""The demo shop Plantly: its catalog, its configuration and its pictures."""
