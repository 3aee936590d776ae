"""Words of pages and widgets, in every language that the shop speaks."""
