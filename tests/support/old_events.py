"""The age of events that the tests of the retention delete."""

# Few other tests store events of that age. The tests are `alone`, for these.
DAYS = 338_000
OLD = "1001-01-01T00:00:00Z"
RECENT = "2026-05-01T00:00:00Z"
