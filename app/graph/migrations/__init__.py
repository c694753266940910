"""The steps of the graph's schema, and what applies them."""
