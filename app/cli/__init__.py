"""The `waypath` commands, a module each."""
