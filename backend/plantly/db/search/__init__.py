"""Finding products: listings with filters, facet counts and pages."""
