"""The write path: events are decoded, normalised and committed to the graph in groups."""
