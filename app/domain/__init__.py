"""Rules without I/O: identifiers, blocklist, timestamps, ids, pagination, validation."""
