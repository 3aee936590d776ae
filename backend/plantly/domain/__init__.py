"""The rules of the shop, in plain Python: no database, no network, no framework."""
