"""Everything that we call and that is not a payment provider."""
