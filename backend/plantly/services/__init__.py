"""What the shop can do: one function an intention, each inside one unit of work."""
