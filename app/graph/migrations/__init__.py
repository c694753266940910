"""Schema migrations: their definitions, their state in a graph, and the runner."""
