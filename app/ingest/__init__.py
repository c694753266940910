"""The write path: decodes and normalises events, and commits them to the graph in groups."""
