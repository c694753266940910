"""The `waypath` commands, one module for each."""
