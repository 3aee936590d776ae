"""The parts of the writer of the catalog: what there is, what shall be, and the rows between."""
