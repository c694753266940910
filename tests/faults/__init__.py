"""The fault harness: senders, a ledger, things that go wrong, and a check of the graph after."""
